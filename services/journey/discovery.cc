#include "services/journey/discovery.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "libs/base/status_macros.h"
#include "libs/columns/funnel.h"
#include "libs/columns/graph.h"
#include "libs/columns/handoff.h"
#include "libs/columns/variants.h"
#include "libs/columns/view.h"

namespace waymark::journey {
namespace {

constexpr int kDefaultVariants = 20;

int64_t MicrosOf(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000 + time.nanos() / 1000;
}

void SetSeconds(double seconds, google::protobuf::Duration* duration) {
  const int64_t micros = std::llround(seconds * 1e6);
  duration->set_seconds(micros / 1'000'000);
  duration->set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1000));
}

columns::CaseBy CaseByOf(const v1::CaseBy& case_by) {
  if (case_by.session()) return {.kind = columns::CaseBy::Kind::kSession};
  if (case_by.has_attribute()) {
    return {.kind = columns::CaseBy::Kind::kAttribute, .attribute = case_by.attribute()};
  }
  return {.kind = columns::CaseBy::Kind::kCustomer};
}

columns::EventFilter FilterOf(const common::v1::SignalFilter& filter) {
  columns::EventFilter events;
  events.sources.assign(filter.sources().begin(), filter.sources().end());
  const common::v1::TimeRange& range = filter.time_range();
  if (range.has_start_time()) events.from_micros = MicrosOf(range.start_time());
  if (range.has_end_time()) events.to_micros = MicrosOf(range.end_time());
  for (const common::v1::AttributeCondition& condition : filter.attributes()) {
    for (const std::string& value : condition.values()) {
      events.attributes.emplace_back(condition.key(), value);
    }
  }
  return events;
}

template <typename Request>
columns::View ViewOf(const Interactions& interactions, const Request& request) {
  return columns::View(
      interactions, {.case_by = CaseByOf(request.case_by()), .filter = FilterOf(request.filter())});
}

/// What all requests have in common.
template <typename Request>
void Canonicalize(Request* request) {
  request->clear_parent();
  request->clear_min_position();
  auto& sources = *request->mutable_filter()->mutable_sources();
  std::sort(sources.begin(), sources.end());
  if (!request->case_by().session() && !request->case_by().has_attribute()) {
    request->clear_case_by();
  }
}

/// Where cases go most often from places where they change channel.
class NextActivities {
 public:
  explicit NextActivities(const columns::View& view) : view_(view) {
    for (size_t c = 0; c < view.cases(); ++c) {
      for (size_t i = view.case_begin()[c]; i + 1 < view.case_begin()[c + 1]; ++i) {
        if (view.channels()[i] == view.channels()[i + 1]) continue;
        ++counts_[{view.steps()[i], view.channels()[i], view.channels()[i + 1]}]
                 [view.steps()[i + 1]];
      }
    }
  }

  /// The activity with which most cases go from `step` on channel `from` to channel `to`; of
  /// several the first by name. "" when none goes.
  std::string MostFrequent(const std::string& step, const std::string& from,
                           const std::string& to) const {
    const auto it = counts_.find({view_.step_names().Find(step), view_.channel_names().Find(from),
                                  view_.channel_names().Find(to)});
    if (it == counts_.end()) return "";
    std::pair<int64_t, std::string> best;
    for (const auto& [next, count] : it->second) {
      const std::pair<int64_t, std::string> candidate = {-count, view_.step_names().Name(next)};
      if (best.second.empty() || candidate < best) best = candidate;
    }
    return best.second;
  }

 private:
  /// Step, its channel, the next channel.
  using Move = std::tuple<columns::Id, columns::Id, columns::Id>;

  const columns::View& view_;
  absl::flat_hash_map<Move, absl::flat_hash_map<columns::Id, int64_t>> counts_;
};

bool IsHandoff(const columns::Place& place) {
  return !place.onward.empty() && !place.channel.empty() && !place.onward[0].channel.empty() &&
         place.onward[0].channel != place.channel;
}

double LostShare(const v1::Handoff& handoff) {
  return static_cast<double>(handoff.lost()) / static_cast<double>(handoff.reached());
}

}  // namespace

absl::StatusOr<v1::DiscoverGraphResponse> Discover(const Interactions& interactions,
                                                   const v1::DiscoverGraphRequest& request) {
  columns::Graph graph = columns::DirectlyFollows(ViewOf(interactions, request));
  std::sort(graph.nodes.begin(), graph.nodes.end(),
            [](const auto& a, const auto& b) { return a.step < b.step; });
  std::sort(graph.edges.begin(), graph.edges.end(), [](const auto& a, const auto& b) {
    return std::tie(a.from, a.to) < std::tie(b.from, b.to);
  });
  v1::DiscoverGraphResponse response;
  v1::DiscoveredGraph& discovered = *response.mutable_graph();
  discovered.set_cases(graph.cases);
  discovered.set_events(graph.events);
  for (const columns::Node& node : graph.nodes) {
    v1::ActivityNode& added = *discovered.add_nodes();
    added.set_activity(node.step);
    added.set_count(node.occurrences);
    added.set_starts(node.starts);
    added.set_ends(node.ends);
  }
  for (const columns::Edge& edge : graph.edges) {
    v1::GraphEdge& added = *discovered.add_edges();
    added.set_from(edge.from);
    added.set_to(edge.to);
    added.set_count(edge.count);
    SetSeconds(edge.mean_seconds, added.mutable_mean_duration());
  }
  return response;
}

absl::StatusOr<v1::DiscoverVariantsResponse> Discover(const Interactions& interactions,
                                                      const v1::DiscoverVariantsRequest& request) {
  const columns::View view = ViewOf(interactions, request);
  const columns::Variants variants =
      columns::CountVariants(view, request.limit() == 0 ? kDefaultVariants : request.limit());
  const columns::CaseDurations durations = columns::MeasureDurations(view);
  v1::DiscoverVariantsResponse response;
  response.set_cases(variants.cases);
  response.set_variant_count(variants.distinct);
  SetSeconds(durations.mean_seconds, response.mutable_mean_duration());
  SetSeconds(durations.median_seconds, response.mutable_median_duration());
  for (const columns::Variant& variant : variants.top) {
    v1::Variant& added = *response.add_variants();
    added.mutable_activities()->Assign(variant.steps.begin(), variant.steps.end());
    added.set_cases(variant.count);
    added.set_share(100 * variant.share);
  }
  return response;
}

absl::StatusOr<v1::ComputeFunnelResponse> Discover(const Interactions& interactions,
                                                   const v1::ComputeFunnelRequest& request) {
  columns::FunnelSpec spec;
  spec.steps.assign(request.activities().begin(), request.activities().end());
  if (request.has_window()) {
    spec.window_micros = request.window().seconds() * 1'000'000 + request.window().nanos() / 1000;
  }
  spec.start = request.window_start() == v1::ComputeFunnelRequest::WINDOW_START_FIRST
                   ? columns::FunnelStart::kFirst
                   : columns::FunnelStart::kAny;
  WM_ASSIGN_OR_RETURN(const columns::Funnel funnel,
                      columns::MeasureFunnel(ViewOf(interactions, request), spec));
  v1::ComputeFunnelResponse response;
  response.set_cases(funnel.cases);
  for (const columns::FunnelStep& step : funnel.steps) {
    v1::FunnelStep& added = *response.add_steps();
    added.set_activity(step.step);
    added.set_cases(step.reached);
  }
  return response;
}

absl::StatusOr<v1::DiscoverHandoffsResponse> Discover(const Interactions& interactions,
                                                      const v1::DiscoverHandoffsRequest& request) {
  const columns::View view = ViewOf(interactions, request);
  // Without goals and with nothing open, a case is lost at the place where it ends: every case that
  // reached a place has either ended there or gone on from there for good.
  const columns::Handoffs measured = columns::MeasureHandoffs(view, {});
  const NextActivities next(view);
  v1::DiscoverHandoffsResponse response;
  response.set_cases(measured.cases);
  for (const columns::Place& place : measured.places) {
    if (!IsHandoff(place)) continue;
    v1::Handoff& added = *response.add_handoffs();
    added.set_activity(place.step);
    added.set_from_channel(place.channel);
    added.set_to_channel(place.onward[0].channel);
    added.set_next_activity(next.MostFrequent(place.step, place.channel, added.to_channel()));
    added.set_reached(place.cases);
    added.set_lost(place.lost);
    added.set_continued(place.cases - place.lost);
  }
  std::stable_sort(
      response.mutable_handoffs()->begin(), response.mutable_handoffs()->end(),
      [](const v1::Handoff& a, const v1::Handoff& b) { return LostShare(a) > LostShare(b); });
  return response;
}

v1::DiscoverGraphRequest Canonical(v1::DiscoverGraphRequest request) {
  Canonicalize(&request);
  return request;
}

v1::DiscoverVariantsRequest Canonical(v1::DiscoverVariantsRequest request) {
  Canonicalize(&request);
  if (request.limit() == 0) request.set_limit(kDefaultVariants);
  return request;
}

v1::ComputeFunnelRequest Canonical(v1::ComputeFunnelRequest request) {
  Canonicalize(&request);
  if (request.window_start() == v1::ComputeFunnelRequest::WINDOW_START_UNSPECIFIED) {
    request.set_window_start(v1::ComputeFunnelRequest::WINDOW_START_ANY);
  }
  return request;
}

v1::DiscoverHandoffsRequest Canonical(v1::DiscoverHandoffsRequest request) {
  Canonicalize(&request);
  return request;
}

}  // namespace waymark::journey
