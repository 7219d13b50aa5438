#include "tests/api/server.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/synchronization/notification.h"
#include "google/protobuf/text_format.h"
#include "grpcpp/generic/generic_stub.h"

namespace waymark::api_test {
namespace {

using ::google::protobuf::Message;
using ::google::protobuf::MethodDescriptor;

constexpr int kTenants = 100;

}  // namespace

Server* ApiTest::server_ = nullptr;

Server::Server() {
  const std::string tenants = folder_.path() + "/tenants";
  std::ofstream file(tenants);
  for (int i = 0; i < kTenants; ++i) file << "tenant-" << i << "\n";
  file.close();
  process_ = std::make_unique<testing::Process>(
      std::vector<std::string>{testing::BinaryPath("waymark-standalone"), "--data", data(),
                               "--listen", "127.0.0.1:0", "--tenants", tenants});
  const std::string line = process_->WaitForLine("listening");
  EXPECT_NE(line, "") << "waymark-standalone did not start: " << process_->err();
  channel_ =
      grpc::CreateChannel(line.substr(line.rfind(' ') + 1), grpc::InsecureChannelCredentials());
  schema_ = std::make_unique<Schema>(channel_);
}

std::string Server::NewTenant() {
  EXPECT_LT(tenants_used_, kTenants);
  return absl::StrCat("tenant-", tenants_used_++);
}

grpc::Status Call(const Server& server, const MethodDescriptor& method, const Metadata& metadata,
                  const Message& request, Message* response, absl::Duration timeout) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  grpc::TemplatedGenericStub<Message, Message> stub(server.channel());
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, absl::StrCat("/", method.service()->full_name(), "/", method.name()),
                 grpc::StubOptions(), &request, response, [&](grpc::Status answered) {
                   status = std::move(answered);
                   done.Notify();
                 });
  done.WaitForNotification();
  return status;
}

grpc::Status Client::Try(const Message& request, Message* response, absl::Duration timeout) const {
  const MethodDescriptor* method =
      server_->schema().MethodTaking(request.GetDescriptor()->full_name());
  if (method == nullptr) return grpc::Status(grpc::UNKNOWN, "no RPC takes this request");
  return Call(*server_, *method, {{"waymark-tenant", tenant_}}, request, response, timeout);
}

Reply Client::Send(absl::string_view name, absl::string_view request_text,
                   absl::Duration timeout) const {
  const MethodDescriptor* method = server_->schema().Method(name);
  if (method == nullptr) {
    return {grpc::Status(grpc::UNKNOWN, absl::StrCat("there is no RPC ", name)), nullptr};
  }
  const auto request = server_->schema().New(method->input_type());
  const std::string text = absl::StrReplaceAll(request_text, {{"$0", parent_}});
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, request.get())) << text;
  Reply reply;
  reply.body = server_->schema().New(method->output_type());
  reply.status =
      Call(*server_, *method, {{"waymark-tenant", tenant_}}, *request, reply.body.get(), timeout);
  return reply;
}

}  // namespace waymark::api_test
