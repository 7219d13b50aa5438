#pragma once

#include <string>

#include "libs/cache/cache.h"
#include "libs/feed/consumer.h"
#include "libs/rpc/call.h"
#include "libs/rpc/environment.h"
#include "services/scoring/peers.h"
#include "services/scoring/projection.h"
#include "waymark/scoring/v1/scoring_service.grpc.pb.h"

namespace waymark::scoring {

/// The gRPC edge of scoring: waits for the feed, then answers from the evidence, costly answers
/// through the cache. Thread-safe.
class ScoringService final : public v1::ScoringService::Service {
 public:
  /// All must outlive the service; `consumer` feeds `projection`.
  ScoringService(const Projection* projection, feed::Consumer* consumer, Journey* journey,
                 cache::Cache* cache, const rpc::Environment& environment);

  grpc::Status ComputeMetric(grpc::ServerContext* context, const v1::ComputeMetricRequest* request,
                             v1::MetricResult* response) override;
  grpc::Status GetScoreReport(grpc::ServerContext* context,
                              const v1::GetScoreReportRequest* request,
                              v1::ScoreReport* response) override;
  grpc::Status ListPriorities(grpc::ServerContext* context,
                              const v1::ListPrioritiesRequest* request,
                              v1::ListPrioritiesResponse* response) override;
  grpc::Status ListInsights(grpc::ServerContext* context, const v1::ListInsightsRequest* request,
                            v1::ListInsightsResponse* response) override;
  grpc::Status GetProjection(grpc::ServerContext* context, const v1::GetProjectionRequest* request,
                             common::v1::Projection* response) override;

 private:
  using Call = rpc::CallContext;

  absl::StatusOr<v1::MetricResult> Metric(const Call& call,
                                          const v1::ComputeMetricRequest& request);
  absl::StatusOr<v1::ScoreReport> Report(const Call& call,
                                         const v1::GetScoreReportRequest& request);
  absl::StatusOr<v1::ListPrioritiesResponse> Priorities(const Call& call,
                                                        const v1::ListPrioritiesRequest& request);
  absl::StatusOr<v1::ListInsightsResponse> Insights(const Call& call,
                                                    const v1::ListInsightsRequest& request);
  absl::StatusOr<common::v1::Projection> Describe(const Call& call,
                                                  const v1::GetProjectionRequest& request);

  /// Every priority of a map, without paging.
  absl::StatusOr<v1::ListPrioritiesResponse> RankAll(const Call& call, const std::string& map_name,
                                                     const JourneyMapState& map);
  /// Every insight of a tenant, without paging.
  absl::StatusOr<v1::ListInsightsResponse> FindAll(const Call& call, const std::string& parent);

  /// Waits until everything up to `position` is applied.
  absl::Status WaitForFeed(const Call& call, const std::string& position);
  /// `compute()`, or what the cache holds of it: `kind` names the computation and its format,
  /// `parameters` what it depends on besides the tenant's evidence.
  template <typename Response, typename Compute>
  absl::StatusOr<Response> Cached(const Call& call, const char* kind, const std::string& parameters,
                                  Compute&& compute);

  const Projection* const projection_;
  feed::Consumer* const consumer_;
  Journey* const journey_;
  cache::Loader loader_;
  metrics::Registry* const metrics_;
  rpc::Shell shell_;
};

}  // namespace waymark::scoring
