#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/dynamic_message.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpcpp/channel.h"

namespace waymark::api_test {

/// Asks reflection v1 in one stream; one response per request. Fails the test when the stream
/// fails.
std::vector<grpc::reflection::v1::ServerReflectionResponse> Reflect(
    const std::shared_ptr<grpc::Channel>& channel,
    const std::vector<grpc::reflection::v1::ServerReflectionRequest>& requests);

/// A server's API as its reflection describes it: nothing is taken from the protos that this
/// program was built with. Thread-safe.
class Schema {
 public:
  using MethodDescriptor = google::protobuf::MethodDescriptor;

  /// Reads it the way grpcurl does: lists the services, then asks for the file of each.
  explicit Schema(const std::shared_ptr<grpc::Channel>& channel);

  /// Full names, as listed.
  const std::vector<std::string>& services() const { return services_; }

  /// Null when the server's files do not hold it.
  const google::protobuf::ServiceDescriptor* Service(const std::string& full_name) const;

  /// Every RPC of Waymark's own services.
  std::vector<const MethodDescriptor*> Methods() const;

  /// The RPC called "Service.Method" or, given a request's full name, the one that takes it; null
  /// when there is none.
  const MethodDescriptor* Method(absl::string_view name) const;
  const MethodDescriptor* MethodTaking(absl::string_view request_type) const;

  /// An empty message of that type. Must not outlive the schema.
  std::unique_ptr<google::protobuf::Message> New(const google::protobuf::Descriptor* type) const;

 private:
  std::vector<std::string> services_;
  google::protobuf::SimpleDescriptorDatabase files_;
  google::protobuf::DescriptorPool pool_{&files_};
  mutable google::protobuf::DynamicMessageFactory factory_;
};

}  // namespace waymark::api_test
