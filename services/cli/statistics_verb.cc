#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/status_macros.h"
#include "services/cli/time_text.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using feedback::v1::GetSourceStatisticsRequest;
using feedback::v1::SourceStatistics;

struct Options {
  std::string id;
  std::string from;
  std::string to;
};

absl::Status Show(Session& session, const Options& options) {
  GetSourceStatisticsRequest request;
  request.set_name(absl::StrCat(session.Name("sources", options.id), "/statistics"));
  auto& range = *request.mutable_time_range();
  if (!options.from.empty()) *range.mutable_start_time() = *ParseTime(options.from);
  if (!options.to.empty()) *range.mutable_end_time() = *ParseTime(options.to);
  WM_ASSIGN_OR_RETURN(
      const SourceStatistics statistics,
      session.client().Call(&feedback::v1::SourceService::StubInterface::GetSourceStatistics,
                            request));
  Table table({{"day"}, {"signals", Column::kRight}});
  for (const auto& day : statistics.days()) {
    table.AddRow({TextCell(absl::StrFormat("%04d-%02d-%02d", day.date().year(), day.date().month(),
                                           day.date().day())),
                  CountCell(day.signals())});
  }
  std::vector<std::string> note = {absl::StrCat(CountCell(statistics.signals()).shown, " signals, ",
                                                CountCell(statistics.with_customer()).shown,
                                                " of a known customer")};
  if (statistics.has_first_event_time()) {
    note.push_back(absl::StrCat("from ", TimeText(statistics.first_event_time()), " to ",
                                TimeText(statistics.last_event_time()), " UTC"));
  }
  session.Print({ToJson(statistics), {}, std::move(table), std::move(note)});
  return absl::OkStatus();
}

}  // namespace

void AddStatisticsVerb(CLI::App& source, Session& session) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb = session.AddVerb(
      source, "stats", "Count a source's signals by day of the event",
      "source stats sfo-2017\nsource stats shop --from 2026-05-01 --to 2026-06-01 -o csv\n",
      [&session, options] { return Show(session, *options); });
  verb->add_option("ID", options->id, "Id of the source")->required()->type_name("");
  verb->add_option("--from", options->from, "Only what happened at or after this time")
      ->check(Checked(ParseTime))
      ->type_name("TIME");
  verb->add_option("--to", options->to, "Only what happened before this time")
      ->check(Checked(ParseTime))
      ->type_name("TIME");
}

}  // namespace waymark::cli
