#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/base/status_macros.h"
#include "libs/render/graph_svg.h"
#include "libs/render/text.h"
#include "services/cli/enum_text.h"
#include "services/cli/file_output.h"
#include "services/cli/signal_filter.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using common::v1::SignalFilter;
using journey::v1::ComputeFunnelRequest;
using journey::v1::DiscoveredGraph;
using journey::v1::DiscoveryService;
using journey::v1::GraphEdge;

struct DiscoverOptions {
  std::shared_ptr<SignalFilter> filter = std::make_shared<SignalFilter>();
  std::string case_by = "customer";
  /// Rows of the table; 0: all.
  int64_t limit = 30;
  std::string out;
  std::vector<std::string> activities;
  std::string window;
  bool window_from_first = false;
};

/// The fields that all requests of this service share.
template <typename Request>
Request NewRequest(const Session& session, const DiscoverOptions& options) {
  Request request;
  request.set_parent(session.Parent());
  *request.mutable_filter() = *options.filter;
  if (options.case_by == "session") {
    request.mutable_case_by()->set_session(true);
  } else if (options.case_by != "customer") {
    request.mutable_case_by()->set_attribute(options.case_by);
  }
  return request;
}

std::string CountOf(int64_t count, absl::string_view what) {
  return absl::StrCat(render::FormatCount(count), " ", what);
}

std::string SourceNames(const SignalFilter& filter) {
  return filter.sources_size() == 0 ? "all sources" : absl::StrJoin(filter.sources(), ", ");
}

absl::Status Draw(const DiscoveredGraph& graph, const DiscoverOptions& options) {
  render::GraphPicture picture;
  picture.title = "Discovered journey";
  picture.subtitle =
      absl::StrCat(SourceNames(*options.filter), ": ", CountOf(graph.cases(), "cases"), ", ",
                   CountOf(graph.events(), "events"));
  for (const auto& node : graph.nodes()) {
    picture.nodes.push_back({node.activity(), node.count()});
    if (node.starts() > 0) picture.starts.push_back({node.activity(), node.starts()});
    if (node.ends() > 0) picture.ends.push_back({node.activity(), node.ends()});
  }
  for (const GraphEdge& edge : graph.edges()) {
    picture.edges.push_back({edge.from(), edge.to(), edge.count(),
                             static_cast<double>(edge.mean_duration().seconds()) +
                                 edge.mean_duration().nanos() * 1e-9});
  }
  return WriteFile(options.out, render::RenderGraphSvg(picture));
}

// People get the most frequent edges, programs all of them.
size_t RowCount(const Session& session, const DiscoverOptions& options, size_t available) {
  if (session.format() != OutputFormat::kTable || options.limit == 0) return available;
  return std::min<size_t>(options.limit, available);
}

absl::Status Graph(Session& session, const DiscoverOptions& options) {
  WM_ASSIGN_OR_RETURN(
      const auto response,
      session.client().Call(&DiscoveryService::StubInterface::DiscoverGraph,
                            NewRequest<journey::v1::DiscoverGraphRequest>(session, options)));
  const DiscoveredGraph& graph = response.graph();
  Answer answer{
      ToJson(graph),
      {absl::StrCat(CountOf(graph.cases(), "cases, "), CountOf(graph.events(), "events, "),
                    CountOf(graph.nodes_size(), "activities, "),
                    CountOf(graph.edges_size(), "edges"))},
      Table({{"from"}, {"to"}, {"count", Column::kRight}, {"mean duration", Column::kRight}}),
      {}};
  answer.json["position"] = response.position();
  std::vector<const GraphEdge*> edges;
  for (const GraphEdge& edge : graph.edges()) edges.push_back(&edge);
  std::stable_sort(edges.begin(), edges.end(),
                   [](const GraphEdge* a, const GraphEdge* b) { return a->count() > b->count(); });
  const size_t shown = RowCount(session, options, edges.size());
  for (size_t i = 0; i < shown; ++i) {
    const GraphEdge& edge = *edges[i];
    answer.table.AddRow({TextCell(edge.from()), TextCell(edge.to()), CountCell(edge.count()),
                         DurationCell(edge.mean_duration())});
  }
  if (shown < edges.size()) {
    answer.note = {absl::StrCat("… ", edges.size() - shown, " rarer edges; --limit 0 shows all")};
  }
  if (!options.out.empty()) {
    WM_RETURN_IF_ERROR(Draw(graph, options));
    session.err() << "Drawn into " << options.out << '\n';
  }
  session.Print(answer);
  return absl::OkStatus();
}

absl::Status Variants(Session& session, const DiscoverOptions& options) {
  auto request = NewRequest<journey::v1::DiscoverVariantsRequest>(session, options);
  request.set_limit(static_cast<int32_t>(options.limit));
  WM_ASSIGN_OR_RETURN(
      const auto response,
      session.client().Call(&DiscoveryService::StubInterface::DiscoverVariants, request));
  const auto seconds = [](const google::protobuf::Duration& d) {
    return render::FormatDuration(static_cast<double>(d.seconds()));
  };
  Answer answer{ToJson(response),
                {absl::StrCat(CountOf(response.cases(), "cases in "),
                              CountOf(response.variant_count(), "variants; a case lasts "),
                              seconds(response.median_duration()), " (median), ",
                              seconds(response.mean_duration()), " (mean)")},
                Table({{"cases", Column::kRight}, {"share %", Column::kRight}, {"activities"}}),
                {}};
  for (const auto& variant : response.variants()) {
    answer.table.AddRow({CountCell(variant.cases()), NumberCell(variant.share(), 1),
                         TextCell(absl::StrJoin(variant.activities(), " → "))});
  }
  session.Print(answer);
  return absl::OkStatus();
}

absl::Status Funnel(Session& session, const DiscoverOptions& options) {
  auto request = NewRequest<ComputeFunnelRequest>(session, options);
  request.mutable_activities()->Assign(options.activities.begin(), options.activities.end());
  absl::Duration window;
  if (absl::ParseDuration(options.window, &window)) {
    request.mutable_window()->set_seconds(absl::ToInt64Seconds(window));
  }
  request.set_window_start(options.window_from_first ? ComputeFunnelRequest::WINDOW_START_FIRST
                                                     : ComputeFunnelRequest::WINDOW_START_ANY);
  WM_ASSIGN_OR_RETURN(
      const auto response,
      session.client().Call(&DiscoveryService::StubInterface::ComputeFunnel, request));
  Answer answer{ToJson(response),
                {CountOf(response.cases(), "cases")},
                Table({{"step"},
                       {"cases", Column::kRight},
                       {"of first %", Column::kRight},
                       {"of previous %", Column::kRight}}),
                {}};
  const auto share = [](int64_t part, int64_t whole) {
    return whole == 0 ? Cell{"–", ""} : NumberCell(100.0 * part / whole, 1);
  };
  for (int i = 0; i < response.steps_size(); ++i) {
    const int64_t cases = response.steps(i).cases();
    answer.table.AddRow({TextCell(response.steps(i).activity()), CountCell(cases),
                         share(cases, response.steps(0).cases()),
                         share(cases, i == 0 ? cases : response.steps(i - 1).cases())});
  }
  session.Print(answer);
  return absl::OkStatus();
}

absl::Status Handoffs(Session& session, const DiscoverOptions& options) {
  WM_ASSIGN_OR_RETURN(
      const auto response,
      session.client().Call(&DiscoveryService::StubInterface::DiscoverHandoffs,
                            NewRequest<journey::v1::DiscoverHandoffsRequest>(session, options)));
  Answer answer{ToJson(response),
                {CountOf(response.cases(), "cases")},
                Table({{"activity"},
                       {"from channel"},
                       {"to channel"},
                       {"next activity"},
                       {"reached", Column::kRight},
                       {"continued", Column::kRight},
                       {"lost", Column::kRight},
                       {"lost %", Column::kRight}}),
                {}};
  const size_t shown = RowCount(session, options, response.handoffs_size());
  for (size_t i = 0; i < shown; ++i) {
    const auto& handoff = response.handoffs(static_cast<int>(i));
    answer.table.AddRow(
        {TextCell(handoff.activity()), TextCell(handoff.from_channel()),
         TextCell(handoff.to_channel()), TextCell(handoff.next_activity()),
         CountCell(handoff.reached()), CountCell(handoff.continued()), CountCell(handoff.lost()),
         NumberCell(100.0 * handoff.lost() / std::max<int64_t>(1, handoff.reached()), 1)});
  }
  if (answer.table.empty()) answer.note = {"No journey changes its channel."};
  session.Print(answer);
  return absl::OkStatus();
}

using Run = absl::Status (*)(Session&, const DiscoverOptions&);

struct Verb {
  CLI::App* app;
  std::shared_ptr<DiscoverOptions> options;
};

Verb AddVerb(CLI::App& noun, Session& session, const std::string& name, const std::string& summary,
             const std::string& examples, Run run) {
  const auto options = std::make_shared<DiscoverOptions>();
  CLI::App* app = session.AddVerb(noun, name, summary, examples,
                                  [&session, options, run] { return run(session, *options); });
  AddFilterOptions(*app, options->filter);
  app->add_option("--case", options->case_by,
                  "What is one journey: customer, session, or the name of an attribute")
      ->capture_default_str()
      ->type_name("WHAT");
  return {app, options};
}

void AddLimit(const Verb& verb, const std::string& help) {
  verb.app->add_option("--limit", verb.options->limit, help)
      ->check(CLI::Range(0, 1000).description(""))
      ->capture_default_str()
      ->type_name("N");
}

absl::StatusOr<absl::Duration> CheckWindow(const std::string& text) {
  absl::Duration window;
  if (absl::ParseDuration(text, &window) && window > absl::ZeroDuration()) return window;
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is no length of time; write e.g. 30m, 24h or 168h"));
}

}  // namespace

void AddDiscoverVerbs(CLI::App& app, Session& session) {
  CLI::App* noun =
      AddNoun(app, "discover", "See what customers really did, from their interactions");

  const Verb graph =
      AddVerb(*noun, session, "graph", "What comes right after what, how often, how fast",
              "discover graph --source receipt\n"
              "discover graph --source receipt -o json\n"
              "discover graph --source shop --case session --out graph.svg\n",
              Graph);
  AddLimit(graph, "Rows of the table; 0: all (json and csv hold all)");
  graph.app->add_option("--out", graph.options->out, "Also draw it into this file, as SVG")
      ->type_name("FILE");

  const Verb variants =
      AddVerb(*noun, session, "variants", "The ways that journeys take, most frequent first",
              "discover variants --source receipt --limit 10\n", Variants);
  variants.options->limit = 20;
  AddLimit(variants, "How many variants");

  const Verb funnel = AddVerb(
      *noun, session, "funnel", "How many journeys pass through activities in a given order",
      "discover funnel order confirm-by-phone technician-visit --source app-events\n"
      "discover funnel view cart buy --source shop --window 30m --from-first\n",
      Funnel);
  funnel.app->add_option("ACTIVITY", funnel.options->activities, "The activities, in order")
      ->required()
      ->type_name("")
      ->expected(2, 32);
  funnel.app
      ->add_option("--window", funnel.options->window,
                   "Time within which all must happen, e.g. 30m or 48h")
      ->check(Checked(CheckWindow))
      ->type_name("TIME");
  funnel.app->add_flag("--from-first", funnel.options->window_from_first,
                       "The window starts at the first occurrence of the first activity only, "
                       "not at any of them");

  AddLimit(AddVerb(*noun, session, "handoffs", "Changes of channel, those that lose most first",
                   "discover handoffs --source app-events\n", Handoffs),
           "Rows of the table; 0: all (json and csv hold all)");
}

}  // namespace waymark::cli
