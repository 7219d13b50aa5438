#pragma once

#include "grpcpp/server_context.h"
#include "libs/rpc/call.h"
#include "services/feedback/store.h"
#include "waymark/feedback/v1/source_service.grpc.pb.h"

namespace waymark::feedback {

/// The gRPC edge of the registry of sources. Thread-safe.
class SourceServiceImpl final : public v1::SourceService::Service {
 public:
  /// `store` must outlive it.
  SourceServiceImpl(const rpc::Environment& environment, Store* store);

  grpc::Status ListSources(grpc::ServerContext* context, const v1::ListSourcesRequest* request,
                           v1::ListSourcesResponse* response) override;

 private:
  rpc::Shell shell_;
  Store* const store_;
};

}  // namespace waymark::feedback
