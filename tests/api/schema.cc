#include "tests/api/schema.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"

namespace waymark::api_test {

using ::grpc::reflection::v1::ServerReflection;
using ::grpc::reflection::v1::ServerReflectionRequest;
using ::grpc::reflection::v1::ServerReflectionResponse;

std::vector<ServerReflectionResponse> Reflect(
    const std::shared_ptr<grpc::Channel>& channel,
    const std::vector<ServerReflectionRequest>& requests) {
  const auto stub = ServerReflection::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto stream = stub->ServerReflectionInfo(&context);
  std::vector<ServerReflectionResponse> responses(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_TRUE(stream->Write(requests[i]) && stream->Read(&responses[i]));
  }
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return responses;
}

Schema::Schema(const std::shared_ptr<grpc::Channel>& channel) {
  ServerReflectionRequest list;
  list.set_list_services("*");
  std::vector<ServerReflectionRequest> of_each;
  const std::vector<ServerReflectionResponse> listed = Reflect(channel, {list});
  for (const auto& service : listed[0].list_services_response().service()) {
    services_.push_back(service.name());
    of_each.emplace_back().set_file_containing_symbol(service.name());
  }
  std::set<std::string> seen;
  for (const ServerReflectionResponse& response : Reflect(channel, of_each)) {
    for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      EXPECT_TRUE(file.ParseFromString(bytes));
      const bool added = !seen.insert(file.name()).second || files_.Add(file);
      EXPECT_TRUE(added) << file.name();
    }
  }
}

const google::protobuf::ServiceDescriptor* Schema::Service(const std::string& full_name) const {
  return pool_.FindServiceByName(full_name);
}

std::vector<const Schema::MethodDescriptor*> Schema::Methods() const {
  std::vector<const MethodDescriptor*> methods;
  for (const std::string& name : services_) {
    if (!absl::StartsWith(name, "waymark.")) continue;
    const auto* service = Service(name);
    for (int i = 0; service != nullptr && i < service->method_count(); ++i) {
      methods.push_back(service->method(i));
    }
  }
  return methods;
}

const Schema::MethodDescriptor* Schema::Method(absl::string_view name) const {
  for (const MethodDescriptor* method : Methods()) {
    if (absl::EndsWith(method->full_name(), absl::StrCat(".", name))) return method;
  }
  return nullptr;
}

const Schema::MethodDescriptor* Schema::MethodTaking(absl::string_view request_type) const {
  for (const MethodDescriptor* method : Methods()) {
    if (method->input_type()->full_name() == std::string(request_type)) return method;
  }
  return nullptr;
}

std::unique_ptr<google::protobuf::Message> Schema::New(
    const google::protobuf::Descriptor* type) const {
  return std::unique_ptr<google::protobuf::Message>(factory_.GetPrototype(type)->New());
}

}  // namespace waymark::api_test
