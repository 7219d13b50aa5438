#include <memory>
#include <utility>

#include "absl/strings/str_join.h"
#include "libs/base/status_macros.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using feedback::v1::QuarantineService;
using feedback::v1::SourceService;

absl::Status ListSources(Session& session) {
  feedback::v1::ListSourcesRequest request;
  request.set_parent(session.Parent());
  WM_ASSIGN_OR_RETURN(
      const auto response,
      session.client().CallForAll(&SourceService::StubInterface::ListSources, request));
  Table table({{"source"},
               {"recorded", Column::kRight},
               {"updated", Column::kRight},
               {"duplicate", Column::kRight},
               {"stale", Column::kRight},
               {"conflict", Column::kRight},
               {"quarantined", Column::kRight},
               {"first seen"},
               {"last seen"}});
  for (const auto& source : response.sources()) {
    const feedback::v1::IngestCounts& counts = source.counts();
    table.AddRow({TextCell(IdOf(source.name())), CountCell(counts.recorded()),
                  CountCell(counts.updated()), CountCell(counts.duplicate()),
                  CountCell(counts.stale()), CountCell(counts.conflict()),
                  CountCell(counts.quarantined()), TimeCell(source.create_time()),
                  TimeCell(source.last_seen_time())});
  }
  std::vector<std::string> note;
  if (table.empty()) note = {"No signals yet; `waymark import --help` says how to bring some."};
  session.Print({Json::object({{"sources", ToJsonArray(response.sources())}}),
                 {},
                 std::move(table),
                 std::move(note)});
  return absl::OkStatus();
}

struct QuarantineOptions {
  std::string source;
  int limit = 50;
};

absl::Status ListQuarantine(Session& session, const QuarantineOptions& options) {
  feedback::v1::ListQuarantinedSignalsRequest request;
  request.set_parent(session.Parent());
  request.set_source(options.source);
  request.set_page_size(options.limit);
  WM_ASSIGN_OR_RETURN(
      const auto response,
      session.client().Call(&QuarantineService::StubInterface::ListQuarantinedSignals, request));
  Table table({{"source"},
               {"external id"},
               {"row", Column::kRight},
               {"received"},
               {"conflict"},
               {"reasons", Column::kLeft, Column::kPrograms}});
  for (const auto& item : response.quarantined_signals()) {
    table.AddRow({TextCell(item.signal().source()),
                  TextCell(item.signal().external_id()),
                  CountCell(item.signal().sequence()),
                  TimeCell(item.record_time()),
                  {item.conflict() ? "conflict" : "", item.conflict() ? "true" : "false"},
                  TextCell(absl::StrJoin(item.reasons(), "; "))});
    for (const std::string& reason : item.reasons()) table.AddNote(reason);
  }
  std::vector<std::string> note;
  if (table.empty()) note = {"Nothing is in quarantine."};
  if (!response.next_page_token().empty()) note = {"… and more; --limit N shows up to 500"};
  session.Print(
      {Json::object({{"quarantinedSignals", ToJsonArray(response.quarantined_signals())}}),
       {},
       std::move(table),
       std::move(note)});
  return absl::OkStatus();
}

}  // namespace

void AddSourceVerbs(CLI::App& app, Session& session) {
  CLI::App* source = AddNoun(app, "source", "Where signals come from");
  session.AddVerb(*source, "list", "List sources with what became of their signals",
                  "source list\n", [&session] { return ListSources(session); });

  CLI::App* quarantine = AddNoun(app, "quarantine", "Signals that were not recorded");
  const auto options = std::make_shared<QuarantineOptions>();
  CLI::App* list =
      session.AddVerb(*quarantine, "list", "List them, newest first, with every reason",
                      "quarantine list --source sfo-2017\n",
                      [&session, options] { return ListQuarantine(session, *options); });
  list->add_option("--source", options->source, "Only of this source")->type_name("ID");
  list->add_option("--limit", options->limit, "How many at most")
      ->check(CLI::Range(1, 500).description(""))
      ->capture_default_str()
      ->type_name("N");
}

}  // namespace waymark::cli
