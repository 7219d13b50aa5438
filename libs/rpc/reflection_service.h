#pragma once

#include <string>
#include <vector>

#include "grpc/reflection/v1/reflection.grpc.pb.h"

namespace waymark::rpc {

/// Reflection, version 1, over the protos linked into this program. Thread-safe.
class ReflectionService : public grpc::reflection::v1::ServerReflection::Service {
 public:
  /// `services` are the full names that list_services answers.
  explicit ReflectionService(std::vector<std::string> services);

  grpc::Status ServerReflectionInfo(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<grpc::reflection::v1::ServerReflectionResponse,
                               grpc::reflection::v1::ServerReflectionRequest>* stream) override;

 private:
  std::vector<std::string> services_;
};

}  // namespace waymark::rpc
