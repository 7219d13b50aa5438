#pragma once

#include "libs/cache/cache.h"
#include "libs/feed/consumer.h"
#include "libs/rpc/call.h"
#include "libs/rpc/environment.h"
#include "services/journey/projection.h"
#include "waymark/journey/v1/discovery_service.grpc.pb.h"

namespace waymark::journey {

/// The gRPC edge of discovery: waits for the feed, then answers from the projection, through the
/// cache. Thread-safe.
class DiscoveryService final : public v1::DiscoveryService::Service {
 public:
  /// `projection`, which `consumer` feeds, and `cache` must outlive the service.
  DiscoveryService(const Projection* projection, feed::Consumer* consumer, cache::Cache* cache,
                   const rpc::Environment& environment);

  grpc::Status DiscoverGraph(grpc::ServerContext* context, const v1::DiscoverGraphRequest* request,
                             v1::DiscoverGraphResponse* response) override;
  grpc::Status DiscoverVariants(grpc::ServerContext* context,
                                const v1::DiscoverVariantsRequest* request,
                                v1::DiscoverVariantsResponse* response) override;
  grpc::Status ComputeFunnel(grpc::ServerContext* context, const v1::ComputeFunnelRequest* request,
                             v1::ComputeFunnelResponse* response) override;
  grpc::Status DiscoverHandoffs(grpc::ServerContext* context,
                                const v1::DiscoverHandoffsRequest* request,
                                v1::DiscoverHandoffsResponse* response) override;
  grpc::Status GetProjection(grpc::ServerContext* context, const v1::GetProjectionRequest* request,
                             common::v1::Projection* response) override;

 private:
  /// Answers by Discover, or from the cache. `kind` names the computation and the format of its
  /// answer: change it when either changes.
  template <typename Request, typename Response>
  absl::Status Answer(const rpc::CallContext& call, const Request& request, const char* kind,
                      Response* response);
  absl::StatusOr<common::v1::Projection> Describe(const rpc::CallContext& call,
                                                  const v1::GetProjectionRequest& request);

  const Projection* const projection_;
  feed::Consumer* const consumer_;
  cache::Loader loader_;
  metrics::Registry* const metrics_;
  rpc::Shell shell_;
};

}  // namespace waymark::journey
