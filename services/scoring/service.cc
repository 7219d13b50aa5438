#include "services/scoring/service.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/paging.h"
#include "services/scoring/analysis.h"
#include "services/scoring/customer_metric.h"

namespace waymark::scoring {
namespace {

using rpc::CallContext;
using rpc::Violations;

constexpr absl::Duration kCacheTime = absl::Hours(24);
constexpr int32_t kStandardPage = 50;
constexpr int32_t kLargestPage = 500;
constexpr int kMaxVersions = 20;
constexpr char kMapPattern[] = "tenants/*/journeyMaps/*";

int64_t MicrosOf(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000 + time.nanos() / 1000;
}

void SetTimes(const common::v1::TimeRange& range, int64_t* from_micros, int64_t* to_micros) {
  if (range.has_start_time()) *from_micros = MicrosOf(range.start_time());
  if (range.has_end_time()) *to_micros = MicrosOf(range.end_time());
}

Selection SelectionOf(const common::v1::SignalFilter& filter) {
  Selection selection;
  selection.sources.assign(filter.sources().begin(), filter.sources().end());
  SetTimes(filter.time_range(), &selection.from_micros, &selection.to_micros);
  for (const common::v1::AttributeCondition& condition : filter.attributes()) {
    selection.attributes.emplace_back(
        condition.key(),
        std::vector<std::string>(condition.values().begin(), condition.values().end()));
  }
  return selection;
}

MetricQuery QueryOf(const v1::ComputeMetricRequest& request) {
  MetricQuery query;
  query.kind = request.metric() == v1::METRIC_NPS    ? MetricQuery::Kind::kNps
               : request.metric() == v1::METRIC_CSAT ? MetricQuery::Kind::kCsat
                                                     : MetricQuery::Kind::kCes;
  query.question = request.question();
  query.versions.assign(request.versions().begin(), request.versions().end());
  query.selection = SelectionOf(request.filter());
  if (request.top_boxes() > 0) query.top_boxes = request.top_boxes();
  query.ces = request.ces_convention() == v1::CES_CONVENTION_TOP_SHARE
                  ? stats::CesConvention::kEasyShare
              : request.ces_convention() == v1::CES_CONVENTION_NET ? stats::CesConvention::kNetEasy
                                                                   : stats::CesConvention::kMean;
  query.weighted = request.weighted();
  if (request.confidence() > 0) query.confidence = request.confidence();
  return query;
}

void CheckTimes(const std::string& field, const common::v1::TimeRange& range,
                Violations& violations) {
  violations.CheckTime(field + ".start_time", range.start_time());
  violations.CheckTime(field + ".end_time", range.end_time());
}

void CheckMetric(const v1::ComputeMetricRequest& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  if (request.metric() == v1::METRIC_UNSPECIFIED || !v1::Metric_IsValid(request.metric())) {
    violations.Add("metric", absl::StrCat(request.metric()), "must be METRIC_NPS, _CSAT or _CES");
  }
  if (request.confidence() < 0 || request.confidence() >= 1) {
    violations.Add("confidence", absl::StrCat(request.confidence()),
                   "must be above 0 and below 1, e.g. 0.95");
  }
  if (request.top_boxes() < 0) {
    violations.Add("top_boxes", absl::StrCat(request.top_boxes()), "must be 1 or more");
  }
  if (request.weighted() && request.metric() != v1::METRIC_NPS) {
    violations.Add("weighted", "true", "is for METRIC_NPS only");
  }
  if (request.versions_size() > kMaxVersions) {
    violations.Add("versions", absl::StrCat(request.versions_size(), " ids"),
                   absl::StrCat("must be at most ", kMaxVersions));
  }
  CheckTimes("filter.time_range", request.filter().time_range(), violations);
}

void CheckReport(const v1::GetScoreReportRequest& request, Violations& violations) {
  violations.CheckName("name", request.name(), kMapPattern);
  CheckTimes("time_range", request.time_range(), violations);
}

void CheckPriorities(const v1::ListPrioritiesRequest& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), kMapPattern);
}

template <typename Request>
void CheckTenant(const Request& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
}

// Cuts the page that `request` asks for out of `items`; a token holds the index to go on from.
template <typename Request, typename Items>
absl::StatusOr<std::string> CutPage(const Request& request, Items* items) {
  WM_ASSIGN_OR_RETURN(const std::string position, rpc::DecodePageToken(request));
  int begin = 0;
  if (!position.empty() && !absl::SimpleAtoi(position, &begin)) begin = 0;
  const int size = rpc::PageSize(request.page_size(), kStandardPage, kLargestPage);
  begin = std::min(begin, items->size());
  const int end = std::min(begin + size, items->size());
  std::string next;
  if (end < items->size()) next = rpc::EncodePageToken(request, absl::StrCat(end));
  items->DeleteSubrange(end, items->size() - end);
  items->DeleteSubrange(0, begin);
  return next;
}

}  // namespace

ScoringService::ScoringService(const Projection* projection, feed::Consumer* consumer,
                               Journey* journey, cache::Cache* cache,
                               const rpc::Environment& environment)
    : projection_(projection),
      consumer_(consumer),
      journey_(journey),
      loader_(cache),
      metrics_(environment.metrics),
      shell_(v1::ScoringService::service_full_name(), environment) {}

absl::Status ScoringService::WaitForFeed(const CallContext& call, const std::string& position) {
  const absl::Time until = feed::WaitUntil(call.deadline);
  WM_RETURN_IF_ERROR(consumer_->WaitUntilCaughtUp(until));
  return consumer_->WaitFor(position, until);
}

template <typename Response, typename Compute>
absl::StatusOr<Response> ScoringService::Cached(const CallContext& call, const char* kind,
                                                const std::string& parameters, Compute&& compute) {
  uint64_t version = 0;
  projection_->Of(call.tenant).Read([&](const EvidenceData& data) { version = data.version; });
  bool computed = false;
  WM_ASSIGN_OR_RETURN(
      const std::string answer,
      loader_.GetOrCompute(
          cache::MakeKey(call.tenant, absl::StrCat(absl::Hex(version)), kind, parameters),
          kCacheTime,
          [&]() -> absl::StatusOr<std::string> {
            computed = true;
            WM_ASSIGN_OR_RETURN(const Response response, compute());
            return response.SerializeAsString();
          },
          call.deadline));
  metrics_
      ->Counter("waymark_scoring_results_total", "Costly scoring answers.",
                {{"kind", kind}, {"cache", computed ? "miss" : "hit"}})
      .Increment();
  Response response;
  if (!response.ParseFromString(answer)) {
    return absl::DataLossError(absl::StrCat("the cache holds no answer of kind ", kind));
  }
  return response;
}

absl::StatusOr<v1::MetricResult> ScoringService::Metric(const CallContext& call,
                                                        const v1::ComputeMetricRequest& request) {
  WM_RETURN_IF_ERROR(WaitForFeed(call, request.min_position()));
  absl::StatusOr<MetricAnswer> answer = absl::InternalError("not computed");
  std::string position;
  projection_->Of(call.tenant).Read([&](const EvidenceData& data) {
    answer = scoring::ComputeMetric(data, QueryOf(request));
    position = data.position;
  });
  if (!answer.ok()) return answer.status();
  v1::MetricResult result = ToProto(*answer);
  result.set_metric(request.metric());
  result.set_position(position);
  return result;
}

absl::StatusOr<v1::ScoreReport> ScoringService::Report(const CallContext& call,
                                                       const v1::GetScoreReportRequest& request) {
  WM_RETURN_IF_ERROR(WaitForFeed(call, request.min_position()));
  WM_ASSIGN_OR_RETURN(const JourneyMapState map, journey_->GetMap(call, request.name()));
  int64_t from_micros = Selection().from_micros, to_micros = Selection().to_micros;
  SetTimes(request.time_range(), &from_micros, &to_micros);
  const std::string parameters =
      absl::StrCat(request.name(), "/", map.version, "/", from_micros, "/", to_micros);
  return Cached<v1::ScoreReport>(
      call, "report/1", parameters, [&]() -> absl::StatusOr<v1::ScoreReport> {
        v1::ScoreReport report;
        projection_->Of(call.tenant).Read([&](const EvidenceData& data) {
          report = ToProto(ScoreMap(data, map.model, from_micros, to_micros));
          report.set_position(data.position);
        });
        report.set_journey_map(request.name());
        report.set_journey_map_revision(map.revision);
        return report;
      });
}

absl::StatusOr<v1::ListPrioritiesResponse> ScoringService::RankAll(const CallContext& call,
                                                                   const std::string& map_name,
                                                                   const JourneyMapState& map) {
  const Evidence& evidence = projection_->Of(call.tenant);
  v1::ListPrioritiesResponse response;
  evidence.Read([&](const EvidenceData& data) { response.set_position(data.position); });
  WM_ASSIGN_OR_RETURN(const std::vector<HandoffCounts> handoffs,
                      journey_->Handoffs(call, map.model.sources, response.position()));
  evidence.Read([&](const EvidenceData& data) {
    const Selection all;
    const auto opportunities = RankOpportunities(
        ScoreMap(data, map.model, all.from_micros, all.to_micros), FindLossyHandoffs(handoffs),
        FindSufferingSegments(data, {.sources = map.model.sources}), FindContradictions(data));
    for (const Opportunity& opportunity : opportunities) {
      *response.add_priorities() = ToProto(opportunity, map_name);
    }
  });
  return response;
}

absl::StatusOr<v1::ListPrioritiesResponse> ScoringService::Priorities(
    const CallContext& call, const v1::ListPrioritiesRequest& request) {
  WM_RETURN_IF_ERROR(WaitForFeed(call, request.min_position()));
  WM_ASSIGN_OR_RETURN(const JourneyMapState map, journey_->GetMap(call, request.parent()));
  WM_ASSIGN_OR_RETURN(v1::ListPrioritiesResponse response,
                      Cached<v1::ListPrioritiesResponse>(
                          call, "priorities/1", absl::StrCat(request.parent(), "/", map.version),
                          [&] { return RankAll(call, request.parent(), map); }));
  WM_ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                      CutPage(request, response.mutable_priorities()));
  return response;
}

absl::StatusOr<v1::ListInsightsResponse> ScoringService::FindAll(const CallContext& call,
                                                                 const std::string& parent) {
  const Evidence& evidence = projection_->Of(call.tenant);
  v1::ListInsightsResponse response;
  evidence.Read([&](const EvidenceData& data) { response.set_position(data.position); });
  WM_ASSIGN_OR_RETURN(const std::vector<HandoffCounts> handoffs,
                      journey_->Handoffs(call, {}, response.position()));
  evidence.Read([&](const EvidenceData& data) {
    for (v1::Insight& insight :
         ToInsights(FindContradictions(data), FindSufferingSegments(data, {}),
                    FindLossyHandoffs(handoffs), parent)) {
      *response.add_insights() = std::move(insight);
    }
  });
  return response;
}

absl::StatusOr<v1::ListInsightsResponse> ScoringService::Insights(
    const CallContext& call, const v1::ListInsightsRequest& request) {
  WM_RETURN_IF_ERROR(WaitForFeed(call, request.min_position()));
  WM_ASSIGN_OR_RETURN(v1::ListInsightsResponse response,
                      Cached<v1::ListInsightsResponse>(
                          call, "insights/1", "", [&] { return FindAll(call, request.parent()); }));
  WM_ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                      CutPage(request, response.mutable_insights()));
  return response;
}

absl::StatusOr<common::v1::Projection> ScoringService::Describe(
    const CallContext& call, const v1::GetProjectionRequest& request) {
  WM_RETURN_IF_ERROR(WaitForFeed(call, request.min_position()));
  const feed::ConsumerProgress progress = consumer_->progress();
  common::v1::Projection described;
  described.set_position(progress.position);
  described.set_changes(progress.changes);
  projection_->Of(call.tenant).Read([&](const EvidenceData& data) {
    described.set_signals(data.signals);
  });
  const int64_t lag_micros = absl::ToInt64Microseconds(progress.lag);
  described.mutable_lag()->set_seconds(lag_micros / 1'000'000);
  described.mutable_lag()->set_nanos(static_cast<int32_t>(lag_micros % 1'000'000 * 1000));
  return described;
}

grpc::Status ScoringService::ComputeMetric(grpc::ServerContext* context,
                                           const v1::ComputeMetricRequest* request,
                                           v1::MetricResult* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckMetric},
      [&](const CallContext& call, const auto& request) { return Metric(call, request); });
}

grpc::Status ScoringService::GetScoreReport(grpc::ServerContext* context,
                                            const v1::GetScoreReportRequest* request,
                                            v1::ScoreReport* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckReport},
      [&](const CallContext& call, const auto& request) { return Report(call, request); });
}

grpc::Status ScoringService::ListPriorities(grpc::ServerContext* context,
                                            const v1::ListPrioritiesRequest* request,
                                            v1::ListPrioritiesResponse* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckPriorities},
      [&](const CallContext& call, const auto& request) { return Priorities(call, request); });
}

grpc::Status ScoringService::ListInsights(grpc::ServerContext* context,
                                          const v1::ListInsightsRequest* request,
                                          v1::ListInsightsResponse* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckTenant<v1::ListInsightsRequest>},
      [&](const CallContext& call, const auto& request) { return Insights(call, request); });
}

grpc::Status ScoringService::GetProjection(grpc::ServerContext* context,
                                           const v1::GetProjectionRequest* request,
                                           common::v1::Projection* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckTenant<v1::GetProjectionRequest>},
      [&](const CallContext& call, const auto& request) { return Describe(call, request); });
}

}  // namespace waymark::scoring
