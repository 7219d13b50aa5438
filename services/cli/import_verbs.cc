#include <unistd.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/importers/mapping.h"
#include "libs/importers/signal_reader.h"
#include "libs/render/text.h"
#include "services/cli/catch_up.h"
#include "services/cli/ingester.h"
#include "services/cli/mapping_finder.h"
#include "services/cli/progress.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using importers::Format;

struct ImportOptions {
  Format format;
  std::string file;
  std::string mapping;
  std::vector<std::string> overrides;
  std::string mappings_folder;
  std::string source;
  std::string case_key;
  size_t batch = 1000;
  size_t max_problems = 20;
  bool no_wait = false;
};

absl::StatusOr<importers::Mapping> LoadMapping(const ImportOptions& options) {
  WM_ASSIGN_OR_RETURN(const std::string path,
                      FindMapping(options.mapping, MappingFolders(options.mappings_folder)));
  std::vector<importers::Mapping::Override> overrides;
  for (const std::string& text : options.overrides) {
    overrides.push_back(absl::StrSplit(text, absl::MaxSplits('=', 1)));
  }
  return importers::Mapping::Load(path, overrides);
}

absl::StatusOr<std::unique_ptr<importers::SignalReader>> Open(const ImportOptions& options) {
  importers::ReaderOptions reader;
  reader.source = options.source;
  reader.case_key = options.case_key;
  if (options.format == Format::kCsv) {
    WM_ASSIGN_OR_RETURN(reader.mapping, LoadMapping(options));
  }
  return importers::OpenReader(options.format, options.file, std::move(reader));
}

IngesterOptions IngesterOptionsFor(const ImportOptions& options, Progress& progress) {
  IngesterOptions ingester;
  ingester.batch_size = options.batch;
  ingester.max_problems = options.max_problems;
  ingester.on_retry = [&progress, said = std::make_shared<std::atomic<bool>>(false)](
                          const absl::Status& status, absl::Duration) {
    if (said->exchange(true)) return;
    progress.Say(absl::StrCat("waymark: ", status.message(), " (trying again)"));
  };
  return ingester;
}

// Reads to the end; what was read before an error is sent all the same.
absl::Status SendAll(importers::SignalReader& reader, Ingester& ingester, Progress& progress) {
  importers::Row row;
  int64_t count = 0;
  absl::StatusOr<bool> more;
  for (more = reader.Next(&row); more.ok() && *more; more = reader.Next(&row)) {
    if (row.ok()) {
      WM_RETURN_IF_ERROR(ingester.Add(row.number, &row.signal));
    } else {
      ingester.AddUnreadable(row.number, row.error);
    }
    progress.Update(++count, reader.bytes_read(), reader.total_bytes());
  }
  WM_RETURN_IF_ERROR(ingester.Flush());
  return more.status();
}

absl::string_view PlaceName(Format format) {
  switch (format) {
    case Format::kXes:
      return "event";
    case Format::kJsonLines:
      return "line";
    case Format::kCsv:
      break;
  }
  return "row";
}

void SayProblems(const ImportOptions& options, const IngestTotals& totals, std::ostream& err) {
  for (const auto& [row, problem] : totals.problems) {
    err << "waymark: " << PlaceName(options.format) << ' ' << row
        << (problem.conflict ? " contradicts what is recorded: " : " quarantined: ")
        << render::CleanText(absl::StrJoin(problem.reasons, "; ")) << '\n';
  }
  const int64_t unsaid = totals.problem_count - static_cast<int64_t>(totals.problems.size());
  if (unsaid > 0) {
    err << "waymark: and " << render::FormatCount(unsaid)
        << " more; --max-problems N shows more of them\n";
  }
  if (totals.unreadable > 0) {
    err << "waymark: " << render::FormatCount(totals.unreadable)
        << " of the quarantined could not be made into a signal and were not sent: mend the file "
           "or "
           "the mapping and import again\n";
  }
}

Answer ToAnswer(const ImportOptions& options, const IngestTotals& totals, absl::Duration spent) {
  const feedback::v1::IngestCounts& counts = totals.counts;
  const double seconds = absl::ToDoubleSeconds(spent);
  Json json = ToJson(counts);
  json["unreadable"] = totals.unreadable;
  json["signals"] = totals.signals();
  json["seconds"] = seconds;
  json["position"] = totals.position;
  json["problems"] = Json::array();
  for (const auto& [row, problem] : totals.problems) {
    json["problems"].push_back(
        {{"row", row}, {"conflict", problem.conflict}, {"reasons", problem.reasons}});
  }
  Table table({{"recorded", Column::kRight},
               {"updated", Column::kRight},
               {"duplicate", Column::kRight},
               {"stale", Column::kRight},
               {"conflict", Column::kRight},
               {"quarantined", Column::kRight},
               {"erased", Column::kRight}});
  table.AddRow({CountCell(counts.recorded()), CountCell(counts.updated()),
                CountCell(counts.duplicate()), CountCell(counts.stale()),
                CountCell(counts.conflict()), CountCell(counts.quarantined()),
                CountCell(counts.erased())});
  std::string heading = absl::StrCat(render::FormatCount(totals.signals()), " signals of ",
                                     options.file, " in ", render::FormatDuration(seconds));
  return {std::move(json), {std::move(heading)}, std::move(table), {}};
}

absl::Status Import(Session& session, const ImportOptions& options) {
  const absl::Time start = absl::Now();
  WM_ASSIGN_OR_RETURN(const auto reader, Open(options));
  IngestTotals totals;
  absl::Status status;
  absl::Status caught_up;
  {
    Progress progress(&session.err(), IsTerminal(STDERR_FILENO), "signals");
    Ingester ingester(&session.client(), IngesterOptionsFor(options, progress));
    status = SendAll(*reader, ingester, progress);
    totals = ingester.totals();
    if (status.ok() && !options.no_wait) {
      progress.Show("waiting until journey and scoring know all of it");
      caught_up = WaitUntilCaughtUp(session.client(), totals.position);
    }
  }
  for (const std::string& warning : reader->warnings()) {
    session.err() << "waymark: " << warning << '\n';
  }
  SayProblems(options, totals, session.err());
  if (!status.ok()) {
    return Annotate(status,
                    absl::StrCat("the import stopped when ", render::FormatCount(totals.signals()),
                                 " signals were in (import again when it is mended: nothing is "
                                 "counted twice)"));
  }
  session.Print(ToAnswer(options, totals, absl::Now() - start));
  // Nothing but the lines themselves says what a file of lines is.
  if (options.format == Format::kJsonLines && totals.unreadable > 0 &&
      totals.unreadable == totals.signals()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no line of '", options.file,
                     "' is a signal in JSON; what `waymark simulate --customers 1 ",
                     "--out -` writes is an example"));
  }
  return caught_up;
}

void AddCommonOptions(CLI::App& verb, const std::shared_ptr<ImportOptions>& options) {
  verb.add_option("FILE", options->file, "The file to import")->required()->type_name("");
  verb.add_option("--batch", options->batch, "Signals a call")
      ->check(CLI::Range(1, 10000).description(""))
      ->capture_default_str()
      ->type_name("N");
  verb.add_option("--max-problems", options->max_problems,
                  "How many of the rows with problems are shown")
      ->capture_default_str()
      ->type_name("N");
  verb.add_flag("--no-wait", options->no_wait,
                "Return when all is on disk, not when journey and scoring know it");
}

CLI::Option* AddSource(CLI::App& verb, const std::shared_ptr<ImportOptions>& options,
                       const std::string& help) {
  return verb.add_option("--source", options->source, help)
      ->check(Checked([](const std::string& id) -> absl::StatusOr<std::string> {
        if (IsValidId(id)) return id;
        return absl::InvalidArgumentError(
            absl::StrCat("'", id, "' is no source id: 1-128 of letters, digits and _ . ~ : @ -"));
      }))
      ->type_name("ID");
}

CLI::App* AddFormat(CLI::App& noun, Session& session, Format format, const std::string& name,
                    const std::string& summary, const std::string& examples,
                    std::shared_ptr<ImportOptions>* options) {
  *options = std::make_shared<ImportOptions>();
  (*options)->format = format;
  CLI::App* verb = session.AddVerb(noun, name, summary, examples, [&session, options = *options] {
    return Import(session, *options);
  });
  AddCommonOptions(*verb, *options);
  return verb;
}

}  // namespace

void AddImportVerbs(CLI::App& app, Session& session) {
  CLI::App* noun =
      AddNoun(app, "import", "Take signals in from a file; importing again counts nothing twice");
  std::shared_ptr<ImportOptions> options;

  CLI::App* csv = AddFormat(*noun, session, Format::kCsv, "csv", "Import a CSV file by a mapping",
                            "import csv 2017.csv --mapping sfo --source sfo-2017\n"
                            "import csv clicks.csv --mapping ./clicks.yaml --source shop -o json\n"
                            "import csv 2016.csv --mapping sfo --source sfo-2016 --set "
                            "questions.NETPRO.optional=true\n",
                            &options);
  csv->add_option("--mapping", options->mapping,
                  "How rows become signals: a name (`waymark mapping list`) or a YAML file")
      ->required()
      ->type_name("NAME|FILE");
  AddSource(*csv, options, "Source of the signals; default: the mapping's own");
  csv->add_option("--case", options->case_key,
                  "Column that says whom a row is about; default: as the mapping says")
      ->type_name("COLUMN");
  csv->add_option("--set", options->overrides,
                  "Change the mapping for this import, e.g. questions.NETPRO.optional=true")
      ->check(Checked([](const std::string& text) -> absl::StatusOr<std::string> {
        if (text.find('=') != std::string::npos) return text;
        return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not PATH=VALUE"));
      }))
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  csv->add_option("--mappings-dir", options->mappings_folder, "Folder to look for mappings first")
      ->type_name("DIR");

  CLI::App* xes = AddFormat(*noun, session, Format::kXes, "xes", "Import an event log in XES",
                            "import xes running-example.xes --source running-example\n"
                            "import xes log.xes --source log --case org:resource\n",
                            &options);
  AddSource(*xes, options, "Source of the signals")->required();
  xes->add_option("--case", options->case_key,
                  "Attribute of the trace or event that names the customer; default: the trace")
      ->type_name("KEY");

  CLI::App* jsonl = AddFormat(*noun, session, Format::kJsonLines, "jsonl",
                              "Import signals, one JSON object a line, as `simulate` writes them",
                              "import jsonl signals.jsonl\n"
                              "import jsonl export.jsonl --source inbox -o json\n",
                              &options);
  AddSource(*jsonl, options, "Source of all signals; default: each line's own");
}

}  // namespace waymark::cli
