#include <fstream>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/error.h"
#include "libs/base/status_macros.h"
#include "services/cli/enum_text.h"
#include "services/cli/file_output.h"
#include "services/cli/quarantine_file.h"
#include "services/cli/replayer.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using feedback::v1::QuarantinedSignal;
using feedback::v1::QuarantineService;
using Stub = QuarantineService::StubInterface;

constexpr char kCollection[] = "quarantinedSignals";
constexpr int kPageSize = 500;
constexpr size_t kShownRemaining = 20;

struct QuarantineOptions {
  std::string source;
  std::string id;
  std::string file;
  int limit = 50;
  bool all = false;
};

Table NewTable() {
  return Table({{"id"},
                {"source"},
                {"external id"},
                {"row", Column::kRight},
                {"received"},
                {"conflict"},
                {"reasons", Column::kLeft, Column::kPrograms}});
}

void AddItem(const QuarantinedSignal& item, Table* table) {
  table->AddRow({TextCell(IdOf(item.name())),
                 TextCell(item.signal().source()),
                 TextCell(item.signal().external_id()),
                 CountCell(item.signal().sequence()),
                 TimeCell(item.record_time()),
                 {item.conflict() ? "conflict" : "", item.conflict() ? "true" : "false"},
                 TextCell(absl::StrJoin(item.reasons(), "; "))});
  for (const std::string& reason : item.reasons()) table->AddNote(reason);
}

absl::Status List(Session& session, const QuarantineOptions& options) {
  feedback::v1::ListQuarantinedSignalsRequest request;
  request.set_parent(session.Parent());
  request.set_source(options.source);
  request.set_page_size(options.limit);
  WM_ASSIGN_OR_RETURN(const auto response,
                      session.client().Call(&Stub::ListQuarantinedSignals, request));
  Table table = NewTable();
  for (const QuarantinedSignal& item : response.quarantined_signals()) AddItem(item, &table);
  std::vector<std::string> note;
  if (table.empty()) note = {"Nothing is in quarantine."};
  if (!response.next_page_token().empty()) {
    note = {"… and more; --limit N shows up to 500, `waymark quarantine export` writes all"};
  }
  session.Print(
      {Json::object({{"quarantinedSignals", ToJsonArray(response.quarantined_signals())}}),
       {},
       std::move(table),
       std::move(note)});
  return absl::OkStatus();
}

absl::Status Get(Session& session, const QuarantineOptions& options) {
  feedback::v1::GetQuarantinedSignalRequest request;
  request.set_name(session.Name(kCollection, options.id));
  WM_ASSIGN_OR_RETURN(const QuarantinedSignal item,
                      session.client().Call(&Stub::GetQuarantinedSignal, request));
  Table table = NewTable();
  AddItem(item, &table);
  std::string signal = Dump(ToJson(item.signal()));
  absl::StripTrailingAsciiWhitespace(&signal);
  session.Print({ToJson(item), {}, std::move(table), {std::move(signal)}});
  return absl::OkStatus();
}

// Calls `visit` with each quarantined signal of the source (empty: of all), page by page.
template <typename Visit>
absl::Status ForEach(Session& session, const std::string& source, Visit visit) {
  feedback::v1::ListQuarantinedSignalsRequest request;
  request.set_parent(session.Parent());
  request.set_source(source);
  request.set_page_size(kPageSize);
  do {
    WM_ASSIGN_OR_RETURN(const auto page,
                        session.client().Call(&Stub::ListQuarantinedSignals, request));
    for (const QuarantinedSignal& item : page.quarantined_signals()) {
      WM_RETURN_IF_ERROR(visit(item));
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::Status Export(Session& session, const QuarantineOptions& options) {
  WM_ASSIGN_OR_RETURN(const std::unique_ptr<FileOutput> file, FileOutput::Create(options.file));
  int64_t count = 0;
  WM_RETURN_IF_ERROR(
      ForEach(session, options.source, [&](const QuarantinedSignal& item) -> absl::Status {
        WM_ASSIGN_OR_RETURN(const std::string line, QuarantineLine(item));
        file->stream() << line << '\n';
        ++count;
        return absl::OkStatus();
      }));
  WM_RETURN_IF_ERROR(file->Commit());
  Table table({{"file"}, {"signals", Column::kRight}});
  table.AddRow({TextCell(options.file), CountCell(count)});
  session.Print({Json::object({{"file", options.file}, {"signals", count}}),
                 {},
                 std::move(table),
                 {absl::StrCat("Mend its lines, then: waymark quarantine replay ", options.file)}});
  return absl::OkStatus();
}

absl::Status ReplayFile(const std::string& path, Replayer& replayer) {
  std::ifstream in(path, std::ios::binary);
  if (!in.is_open()) return absl::NotFoundError(absl::StrCat("cannot read '", path, "'"));
  std::string line;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    absl::StatusOr<feedback::v1::QuarantineReplay> replay = ParseQuarantineLine(line);
    if (!replay.ok()) {
      return Annotate(replay.status(), absl::StrCat("line ", number, " of '", path, "'"));
    }
    WM_RETURN_IF_ERROR(replayer.Add(*std::move(replay)));
  }
  if (in.bad()) return absl::DataLossError(absl::StrCat("cannot read all of '", path, "'"));
  return absl::OkStatus();
}

Answer ToAnswer(const ReplayTotals& totals) {
  const feedback::v1::IngestCounts& counts = totals.counts;
  Json json = ToJson(counts);
  json["gone"] = totals.gone;
  json["position"] = totals.position;
  json["remaining"] = Json::array();
  for (const ReplayTotals::Remaining& one : totals.remaining) {
    json["remaining"].push_back(
        {{"name", one.name}, {"outcome", EnumText(one.outcome)}, {"reasons", one.reasons}});
  }
  Table table({{"recorded", Column::kRight},
               {"updated", Column::kRight},
               {"duplicate", Column::kRight},
               {"stale", Column::kRight},
               {"conflict", Column::kRight},
               {"quarantined", Column::kRight},
               {"erased", Column::kRight},
               {"gone", Column::kRight}});
  table.AddRow({CountCell(counts.recorded()), CountCell(counts.updated()),
                CountCell(counts.duplicate()), CountCell(counts.stale()),
                CountCell(counts.conflict()), CountCell(counts.quarantined()),
                CountCell(counts.erased()), CountCell(totals.gone)});
  std::vector<std::string> note;
  for (size_t i = 0; i < totals.remaining.size() && i < kShownRemaining; ++i) {
    const ReplayTotals::Remaining& one = totals.remaining[i];
    note.push_back(absl::StrCat("stays: ", IdOf(one.name), ": ", absl::StrJoin(one.reasons, "; ")));
  }
  if (totals.remaining.size() > kShownRemaining) {
    note.push_back(absl::StrCat("… and ", totals.remaining.size() - kShownRemaining, " more"));
  }
  return {std::move(json), {}, std::move(table), std::move(note)};
}

absl::Status Replay(Session& session, const QuarantineOptions& options) {
  Replayer replayer(&session.client());
  absl::Status status = options.all ? ForEach(session, options.source,
                                              [&](const QuarantinedSignal& item) {
                                                feedback::v1::QuarantineReplay replay;
                                                replay.set_name(item.name());
                                                return replayer.Add(std::move(replay));
                                              })
                                    : ReplayFile(options.file, replayer);
  status.Update(replayer.Flush());
  session.Print(ToAnswer(replayer.totals()));
  if (status.ok()) return status;
  return Annotate(status,
                  "the replay stopped (replay again when it is mended: nothing is counted twice)");
}

absl::Status Delete(Session& session, const QuarantineOptions& options) {
  feedback::v1::DeleteQuarantinedSignalRequest request;
  request.set_name(session.Name(kCollection, options.id));
  WM_RETURN_IF_ERROR(session.client().Call(&Stub::DeleteQuarantinedSignal, request).status());
  Table table({{"deleted"}});
  table.AddRow({TextCell(IdOf(request.name()))});
  session.Print({Json::object({{"deleted", request.name()}}), {}, std::move(table), {}});
  return absl::OkStatus();
}

void AddReplay(CLI::App& noun, Session& session) {
  const auto options = std::make_shared<QuarantineOptions>();
  CLI::App* replay =
      session.AddVerb(noun, "replay", "Take them in again, mended in a file or as they are",
                      "quarantine replay mended.jsonl\nquarantine replay --source sfo-2017 --all\n",
                      [&session, options] { return Replay(session, *options); });
  CLI::Option* file =
      replay
          ->add_option("FILE", options->file,
                       "Lines of `quarantine export`, mended; a line without signal: as it is kept")
          ->type_name("");
  CLI::Option* all = replay->add_flag("--all", options->all, "All as they are kept");
  replay->add_option("--source", options->source, "With --all: only of this source")
      ->needs(all)
      ->type_name("ID");
  file->excludes(all);
  replay->require_option(1, 2);
}

}  // namespace

void AddQuarantineVerbs(CLI::App& app, Session& session) {
  CLI::App* noun = AddNoun(app, "quarantine", "Signals that were not recorded");

  const auto listed = std::make_shared<QuarantineOptions>();
  CLI::App* list = session.AddVerb(*noun, "list", "List them, newest first, with every reason",
                                   "quarantine list --source sfo-2017\n",
                                   [&session, listed] { return List(session, *listed); });
  list->add_option("--source", listed->source, "Only of this source")->type_name("ID");
  list->add_option("--limit", listed->limit, "How many at most")
      ->check(CLI::Range(1, kPageSize).description(""))
      ->capture_default_str()
      ->type_name("N");

  const auto got = std::make_shared<QuarantineOptions>();
  session
      .AddVerb(*noun, "get", "Show one", "quarantine get 4f1d…\n",
               [&session, got] { return Get(session, *got); })
      ->add_option("ID", got->id, "Its id or name")
      ->required()
      ->type_name("");

  const auto exported = std::make_shared<QuarantineOptions>();
  CLI::App* write =
      session.AddVerb(*noun, "export", "Write them to a file to be mended, one a line",
                      "quarantine export --source sfo-2017 --out mend.jsonl\n",
                      [&session, exported] { return Export(session, *exported); });
  write->add_option("--source", exported->source, "Only of this source")->type_name("ID");
  write->add_option("--out", exported->file, "The file to write")->required()->type_name("FILE");

  AddReplay(*noun, session);

  const auto deleted = std::make_shared<QuarantineOptions>();
  session
      .AddVerb(*noun, "delete", "Give one up", "quarantine delete 4f1d…\n",
               [&session, deleted] { return Delete(session, *deleted); })
      ->add_option("ID", deleted->id, "Its id or name")
      ->required()
      ->type_name("");
}

}  // namespace waymark::cli
