#include "libs/rpc/reflection_service.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace waymark::rpc {
namespace {

using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::FileDescriptor;
using ::grpc::reflection::v1::FileDescriptorResponse;
using ::grpc::reflection::v1::ServerReflectionRequest;
using ::grpc::reflection::v1::ServerReflectionResponse;

void NotFound(const std::string& what, ServerReflectionResponse* response) {
  response->mutable_error_response()->set_error_code(grpc::StatusCode::NOT_FOUND);
  response->mutable_error_response()->set_error_message("'" + what + "' is not known here");
}

/// One stream: what it has sent already need not be sent as a dependency again.
class Conversation {
 public:
  explicit Conversation(const std::vector<std::string>& services) : services_(services) {}

  void Answer(const ServerReflectionRequest& request, ServerReflectionResponse* response) {
    switch (request.message_request_case()) {
      case ServerReflectionRequest::kListServices:
        for (const std::string& service : services_) {
          response->mutable_list_services_response()->add_service()->set_name(service);
        }
        return;
      case ServerReflectionRequest::kFileByFilename:
        return AnswerFile(pool_.FindFileByName(request.file_by_filename()),
                          request.file_by_filename(), response);
      case ServerReflectionRequest::kFileContainingSymbol:
        return AnswerFile(pool_.FindFileContainingSymbol(request.file_containing_symbol()),
                          request.file_containing_symbol(), response);
      case ServerReflectionRequest::kFileContainingExtension:
        return AnswerExtension(request.file_containing_extension(), response);
      case ServerReflectionRequest::kAllExtensionNumbersOfType:
        return AnswerExtensionNumbers(request.all_extension_numbers_of_type(), response);
      case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
        response->mutable_error_response()->set_error_code(grpc::StatusCode::INVALID_ARGUMENT);
        response->mutable_error_response()->set_error_message("message_request is not set");
        return;
    }
  }

 private:
  void AnswerFile(const FileDescriptor* file, const std::string& asked,
                  ServerReflectionResponse* response) {
    if (file == nullptr) return NotFound(asked, response);
    sent_.erase(file);
    AddWithImports(file, response->mutable_file_descriptor_response());
  }

  void AddWithImports(const FileDescriptor* file, FileDescriptorResponse* response) {
    if (!sent_.insert(file).second) return;
    google::protobuf::FileDescriptorProto proto;
    file->CopyTo(&proto);
    response->add_file_descriptor_proto(proto.SerializeAsString());
    for (int i = 0; i < file->dependency_count(); ++i) {
      AddWithImports(file->dependency(i), response);
    }
  }

  void AnswerExtension(const grpc::reflection::v1::ExtensionRequest& request,
                       ServerReflectionResponse* response) {
    const auto* type = pool_.FindMessageTypeByName(request.containing_type());
    const FieldDescriptor* extension =
        type == nullptr ? nullptr : pool_.FindExtensionByNumber(type, request.extension_number());
    AnswerFile(extension == nullptr ? nullptr : extension->file(),
               request.containing_type() + " " + std::to_string(request.extension_number()),
               response);
  }

  void AnswerExtensionNumbers(const std::string& name, ServerReflectionResponse* response) {
    const auto* type = pool_.FindMessageTypeByName(name);
    if (type == nullptr) return NotFound(name, response);
    std::vector<const FieldDescriptor*> extensions;
    pool_.FindAllExtensions(type, &extensions);
    response->mutable_all_extension_numbers_response()->set_base_type_name(name);
    for (const FieldDescriptor* extension : extensions) {
      response->mutable_all_extension_numbers_response()->add_extension_number(extension->number());
    }
  }

  const DescriptorPool& pool_ = *DescriptorPool::generated_pool();
  const std::vector<std::string>& services_;
  absl::flat_hash_set<const FileDescriptor*> sent_;
};

}  // namespace

ReflectionService::ReflectionService(std::vector<std::string> services)
    : services_(std::move(services)) {
  std::sort(services_.begin(), services_.end());
}

grpc::Status ReflectionService::ServerReflectionInfo(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<ServerReflectionResponse, ServerReflectionRequest>* stream) {
  Conversation conversation(services_);
  ServerReflectionRequest request;
  while (stream->Read(&request)) {
    ServerReflectionResponse response;
    response.set_valid_host(request.host());
    *response.mutable_original_request() = request;
    conversation.Answer(request, &response);
    if (!stream->Write(response)) break;
  }
  return grpc::Status::OK;
}

}  // namespace waymark::rpc
