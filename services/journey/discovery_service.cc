#include "services/journey/discovery_service.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "libs/base/status_macros.h"
#include "services/journey/discovery.h"
#include "services/journey/validation.h"

namespace waymark::journey {
namespace {

using google::protobuf::util::TimeUtil;
using rpc::CallContext;
using rpc::Violations;

constexpr absl::Duration kCacheTime = absl::Hours(24);
/// What all requests for discovery have in common.
template <typename Request>
void CheckCommon(const Request& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  for (const Problem& problem : Check(request.filter())) {
    violations.Add(problem.field, problem.value, problem.what_to_do);
  }
  const common::v1::TimeRange& times = request.filter().time_range();
  violations.CheckTime("filter.time_range.start_time", times.start_time());
  violations.CheckTime("filter.time_range.end_time", times.end_time());
  if (request.case_by().has_attribute()) {
    violations.CheckSet("case_by.attribute", request.case_by().attribute());
  }
}

void CheckVariants(const v1::DiscoverVariantsRequest& request, Violations& violations) {
  CheckCommon(request, violations);
  if (request.limit() < 0 || request.limit() > 1000) {
    violations.Add("limit", std::to_string(request.limit()), "must be 1 to 1,000, or 0 for 20");
  }
}

void CheckFunnel(const v1::ComputeFunnelRequest& request, Violations& violations) {
  CheckCommon(request, violations);
  if (request.activities_size() < 2 || request.activities_size() > 32) {
    violations.Add("activities", absl::StrCat(request.activities_size(), " activities"),
                   "must be 2 to 32");
  }
  for (int i = 0; i < request.activities_size(); ++i) {
    if (!request.activities(i).empty()) continue;
    violations.Add(absl::StrCat("activities[", i, "]"), "", "must not be empty");
  }
  if (request.window().seconds() < 0 || request.window().nanos() < 0 ||
      request.window().seconds() > TimeUtil::kDurationMaxSeconds) {
    violations.Add("window", absl::StrCat(request.window().seconds(), " s"),
                   "must be a duration of 0 to 10,000 years");
  }
  if (!v1::ComputeFunnelRequest::WindowStart_IsValid(request.window_start())) {
    violations.Add("window_start", absl::StrCat(request.window_start()),
                   "must be WINDOW_START_FIRST or WINDOW_START_ANY");
  }
}

}  // namespace

DiscoveryService::DiscoveryService(const Projection* projection, feed::Consumer* consumer,
                                   cache::Cache* cache, const rpc::Environment& environment)
    : projection_(projection),
      consumer_(consumer),
      loader_(cache),
      metrics_(environment.metrics),
      shell_(v1::DiscoveryService::service_full_name(), environment) {}

template <typename Request, typename Response>
absl::Status DiscoveryService::Answer(const CallContext& call, const Request& request,
                                      const char* kind, Response* response) {
  WM_RETURN_IF_ERROR(consumer_->WaitUntilCaughtUp(feed::WaitUntil(call.deadline)));
  WM_RETURN_IF_ERROR(consumer_->WaitFor(request.min_position(), feed::WaitUntil(call.deadline)));
  const auto& sources = request.filter().sources();
  WM_ASSIGN_OR_RETURN(const Projection::State state,
                      projection_->Capture(call.tenant, {sources.begin(), sources.end()}));

  const Request canonical = Canonical(request);
  bool computed = false;
  WM_ASSIGN_OR_RETURN(
      const std::string answer,
      loader_.GetOrCompute(
          cache::MakeKey(call.tenant, state.version, kind, canonical.SerializeAsString()),
          kCacheTime,
          [&]() -> absl::StatusOr<std::string> {
            computed = true;
            WM_ASSIGN_OR_RETURN(const Response response, Discover(state.interactions, canonical));
            return response.SerializeAsString();
          },
          call.deadline));
  metrics_
      ->Counter("waymark_discovery_results_total", "Discovered journeys answered.",
                {{"kind", kind}, {"cache", computed ? "miss" : "hit"}})
      .Increment();
  if (!response->ParseFromString(answer)) {
    return absl::DataLossError(absl::StrCat("the cache holds no answer of kind ", kind));
  }
  response->set_position(state.position);
  return absl::OkStatus();
}

absl::StatusOr<common::v1::Projection> DiscoveryService::Describe(
    const CallContext& call, const v1::GetProjectionRequest& request) {
  WM_RETURN_IF_ERROR(consumer_->WaitFor(request.min_position(), feed::WaitUntil(call.deadline)));
  const Projection::Counts counts = projection_->CountsOf(call.tenant);
  common::v1::Projection described;
  described.set_position(counts.position);
  described.set_changes(counts.changes);
  described.set_signals(counts.signals);
  const int64_t lag_micros = absl::ToInt64Microseconds(consumer_->progress().lag);
  described.mutable_lag()->set_seconds(lag_micros / 1'000'000);
  described.mutable_lag()->set_nanos(static_cast<int32_t>(lag_micros % 1'000'000 * 1000));
  return described;
}

grpc::Status DiscoveryService::DiscoverGraph(grpc::ServerContext* context,
                                             const v1::DiscoverGraphRequest* request,
                                             v1::DiscoverGraphResponse* response) {
  return rpc::Unary(shell_, context, request, response,
                    {.validate = CheckCommon<v1::DiscoverGraphRequest>},
                    [&](const CallContext& call, const auto& request, auto* response) {
                      return Answer(call, request, "graph/1", response);
                    });
}

grpc::Status DiscoveryService::DiscoverVariants(grpc::ServerContext* context,
                                                const v1::DiscoverVariantsRequest* request,
                                                v1::DiscoverVariantsResponse* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = CheckVariants},
                    [&](const CallContext& call, const auto& request, auto* response) {
                      return Answer(call, request, "variants/1", response);
                    });
}

grpc::Status DiscoveryService::ComputeFunnel(grpc::ServerContext* context,
                                             const v1::ComputeFunnelRequest* request,
                                             v1::ComputeFunnelResponse* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = CheckFunnel},
                    [&](const CallContext& call, const auto& request, auto* response) {
                      return Answer(call, request, "funnel/1", response);
                    });
}

grpc::Status DiscoveryService::DiscoverHandoffs(grpc::ServerContext* context,
                                                const v1::DiscoverHandoffsRequest* request,
                                                v1::DiscoverHandoffsResponse* response) {
  return rpc::Unary(shell_, context, request, response,
                    {.validate = CheckCommon<v1::DiscoverHandoffsRequest>},
                    [&](const CallContext& call, const auto& request, auto* response) {
                      return Answer(call, request, "handoffs/1", response);
                    });
}

grpc::Status DiscoveryService::GetProjection(grpc::ServerContext* context,
                                             const v1::GetProjectionRequest* request,
                                             common::v1::Projection* response) {
  const auto check = [](const v1::GetProjectionRequest& request, Violations& violations) {
    violations.CheckName("parent", request.parent(), "tenants/*");
  };
  return rpc::Unary(
      shell_, context, request, response, {.validate = check},
      [&](const CallContext& call, const auto& request) { return Describe(call, request); });
}

}  // namespace waymark::journey
