#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "libs/base/status_macros.h"
#include "services/cli/enum_text.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using feedback::v1::Source;
using feedback::v1::SourceSchema;
using Stub = feedback::v1::SourceService::StubInterface;

constexpr char kNoInterval[] = "none";

struct ListOptions {
  bool silent = false;
  bool drifting = false;
};

/// What update may set.
struct SourceOptions {
  std::string id;
  bool add = false;
  std::optional<std::string> display_name;
  std::optional<std::string> description;
  std::optional<std::string> owner;
  std::optional<std::string> kind;
  std::optional<std::string> status;
  std::optional<std::string> expected_interval;
};

absl::StatusOr<absl::Duration> ParseInterval(const std::string& text) {
  if (text == kNoInterval) return absl::ZeroDuration();
  absl::Duration interval;
  absl::string_view days = text;
  int count = 0;
  if (absl::ConsumeSuffix(&days, "d") && absl::SimpleAtoi(days, &count) && count > 0) {
    return absl::Hours(24) * count;
  }
  if (absl::ParseDuration(text, &interval) && interval > absl::ZeroDuration()) return interval;
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no interval; write e.g. 15m, 6h ",
                                                 "or 7d, or '", kNoInterval, "'"));
}

template <typename Enum>
std::string KnownText(Enum value) {
  return value == 0 ? "" : EnumText(value);
}

Table NewTable() {
  return Table({{"source"},
                {"kind"},
                {"status"},
                {"flags"},
                {"recorded", Column::kRight},
                {"updated", Column::kRight},
                {"duplicate", Column::kRight},
                {"stale", Column::kRight},
                {"conflict", Column::kRight},
                {"quarantined", Column::kRight},
                {"erased", Column::kRight},
                {"last seen"},
                {"owner", Column::kLeft, Column::kPrograms},
                {"first seen", Column::kLeft, Column::kPrograms}});
}

Cell FlagsCell(const Source& source) {
  std::vector<std::string> flags;
  if (source.silent()) flags.push_back("silent");
  if (source.drift_count() > 0) flags.push_back(absl::StrCat("drift:", source.drift_count()));
  return TextCell(absl::StrJoin(flags, " "), flags.empty() ? Tone::kPlain : Tone::kBad);
}

void AddSource(const Source& source, Table* table) {
  const feedback::v1::IngestCounts& counts = source.counts();
  table->AddRow({TextCell(IdOf(source.name())), TextCell(KnownText(source.kind())),
                 TextCell(KnownText(source.status())), FlagsCell(source),
                 CountCell(counts.recorded()), CountCell(counts.updated()),
                 CountCell(counts.duplicate()), CountCell(counts.stale()),
                 CountCell(counts.conflict()), CountCell(counts.quarantined()),
                 CountCell(counts.erased()), TimeCell(source.last_seen_time()),
                 TextCell(source.owner()), TimeCell(source.create_time())});
}

absl::Status List(Session& session, const ListOptions& options) {
  feedback::v1::ListSourcesRequest request;
  request.set_parent(session.Parent());
  WM_ASSIGN_OR_RETURN(const auto response,
                      session.client().CallForAll(&Stub::ListSources, request));
  Table table = NewTable();
  Json sources = Json::array();
  for (const Source& source : response.sources()) {
    if (options.silent && !source.silent()) continue;
    if (options.drifting && source.drift_count() == 0) continue;
    AddSource(source, &table);
    sources.push_back(ToJson(source));
  }
  std::vector<std::string> note;
  if (response.sources().empty()) {
    note = {"No signals yet; `waymark import --help` says how to bring some."};
  } else if (table.empty()) {
    note = {absl::StrCat("None of ", response.sources_size(), " sources.")};
  }
  session.Print(
      {Json::object({{"sources", std::move(sources)}}), {}, std::move(table), std::move(note)});
  return absl::OkStatus();
}

absl::Status PrintSource(Session& session, const Source& source) {
  Table table = NewTable();
  AddSource(source, &table);
  std::vector<std::string> note;
  const auto add = [&](absl::string_view label, absl::string_view text) {
    if (!text.empty()) note.push_back(absl::StrCat(label, ": ", text));
  };
  add("name", source.display_name());
  add("owner", source.owner());
  add("description", source.description());
  if (source.has_expected_interval()) {
    add("expected every", DurationCell(source.expected_interval()).shown);
  }
  if (source.drift_count() > 0) {
    note.push_back(
        absl::StrCat("`waymark source schema ", IdOf(source.name()), "` says in what it drifts"));
  }
  session.Print({ToJson(source), {}, std::move(table), std::move(note)});
  return absl::OkStatus();
}

absl::Status Get(Session& session, const std::string& id) {
  feedback::v1::GetSourceRequest request;
  request.set_name(session.Name("sources", id));
  WM_ASSIGN_OR_RETURN(const Source source, session.client().Call(&Stub::GetSource, request));
  return PrintSource(session, source);
}

/// Puts what was given into *source; answers the paths of the fields.
std::vector<std::string> Fill(const SourceOptions& options, Source* source) {
  std::vector<std::string> paths;
  const auto set = [&](const std::optional<std::string>& given, const char* path,
                       const std::function<void(const std::string&)>& store) {
    if (!given.has_value()) return;
    store(*given);
    paths.push_back(path);
  };
  set(options.display_name, "display_name",
      [&](const auto& text) { source->set_display_name(text); });
  set(options.description, "description", [&](const auto& text) { source->set_description(text); });
  set(options.owner, "owner", [&](const auto& text) { source->set_owner(text); });
  set(options.kind, "kind", [&](const auto& text) {
    source->set_kind(static_cast<feedback::v1::SourceKind>(
        *ParseEnumText(*feedback::v1::SourceKind_descriptor(), text)));
  });
  set(options.status, "status", [&](const auto& text) {
    source->set_status(
        static_cast<Source::Status>(*ParseEnumText(*Source::Status_descriptor(), text)));
  });
  set(options.expected_interval, "expected_interval", [&](const auto& text) {
    const absl::Duration interval = *ParseInterval(text);
    if (interval == absl::ZeroDuration()) return;
    source->mutable_expected_interval()->set_seconds(absl::ToInt64Seconds(interval));
  });
  return paths;
}

absl::Status Update(Session& session, const SourceOptions& options) {
  feedback::v1::UpdateSourceRequest request;
  request.mutable_source()->set_name(session.Name("sources", options.id));
  request.set_allow_missing(options.add);
  for (const std::string& path : Fill(options, request.mutable_source())) {
    request.mutable_update_mask()->add_paths(path);
  }
  if (request.update_mask().paths().empty()) {
    return absl::InvalidArgumentError("say what to change, e.g. --owner or --expected-interval");
  }
  WM_ASSIGN_OR_RETURN(const Source source, session.client().Call(&Stub::UpdateSource, request));
  return PrintSource(session, source);
}

std::string ScaleText(const feedback::v1::QuestionVersion& question) {
  if (!question.has_scale()) return "";
  return absl::StrCat(question.scale().min(), "-", question.scale().max(),
                      question.scale().lower_is_better() ? " (lower is better)" : "");
}

absl::Status PrintSchema(Session& session, const SourceSchema& schema) {
  Table table({{"item"},
               {"version", Column::kRight},
               {"type"},
               {"scale"},
               {"uses", Column::kRight},
               {"first seen"},
               {"last seen"},
               {"text"}});
  for (const auto& one : schema.questions()) {
    const std::string version = one.source_version().empty()
                                    ? absl::StrCat(one.version())
                                    : absl::StrCat(one.version(), " (", one.source_version(), ")");
    table.AddRow({TextCell(one.question()),
                  {version, absl::StrCat(one.version())},
                  TextCell(KnownText(one.type())),
                  TextCell(ScaleText(one)),
                  CountCell(one.answers()),
                  TimeCell(one.first_seen_time()),
                  TimeCell(one.last_seen_time()),
                  TextCell(one.text())});
  }
  for (const auto& one : schema.activities()) {
    table.AddRow({TextCell(one.activity()),
                  {},
                  TextCell("activity"),
                  {},
                  CountCell(one.signals()),
                  TimeCell(one.first_seen_time()),
                  TimeCell(one.last_seen_time()),
                  {}});
  }
  std::vector<std::string> note;
  if (table.empty()) note.push_back("It has sent no answers and no interactions yet.");
  if (schema.truncated()) note.push_back("It sends more than is kept; further ones are left out.");
  for (const auto& drift : schema.drifts()) {
    note.push_back(absl::StrCat("drift: ", EnumText(drift.kind()),
                                drift.subject().empty() ? "" : " ", drift.subject(), ": ",
                                drift.detail(), " (", TimeCell(drift.time()).shown, ")"));
  }
  session.Print({ToJson(schema), {}, std::move(table), std::move(note)});
  return absl::OkStatus();
}

template <typename Request>
absl::Status CallForSchema(Session& session, const std::string& id,
                           grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                        SourceSchema*)) {
  Request request;
  request.set_name(absl::StrCat(session.Name("sources", id), "/schema"));
  WM_ASSIGN_OR_RETURN(const SourceSchema schema, session.client().Call(method, request));
  return PrintSchema(session, schema);
}

void AddId(CLI::App* verb, std::string* id) {
  verb->add_option("ID", *id, "Id of the source")->required()->type_name("");
}

void AddUpdate(CLI::App& noun, Session& session) {
  const auto options = std::make_shared<SourceOptions>();
  CLI::App* update =
      session.AddVerb(noun, "update", "Say who answers for a source and what is expected of it",
                      "source update sfo-2017 --owner cx@example.com --expected-interval 7d\n",
                      [&session, options] { return Update(session, *options); });
  AddId(update, &options->id);
  update->add_option("--owner", options->owner, "Who answers for it")->type_name("TEXT");
  update->add_option("--display-name", options->display_name, "What people call it")
      ->type_name("TEXT");
  update->add_option("--description", options->description, "What it is for")->type_name("TEXT");
  update
      ->add_option(
          "--kind", options->kind,
          absl::StrCat("What it sends: ", EnumChoices(*feedback::v1::SourceKind_descriptor())))
      ->check(EnumCheck(*feedback::v1::SourceKind_descriptor()))
      ->type_name("KIND");
  update
      ->add_option(
          "--status", options->status,
          absl::StrCat("Whether signals are expected: ", EnumChoices(*Source::Status_descriptor())))
      ->check(EnumCheck(*Source::Status_descriptor()))
      ->type_name("STATUS");
  update
      ->add_option("--expected-interval", options->expected_interval,
                   "Signals come at least this often, e.g. 6h or 7d; none: no expectation")
      ->check(Checked(ParseInterval))
      ->type_name("TIME");
  update->add_flag("--register", options->add, "Register it if it has sent nothing yet");
}

}  // namespace

void AddSourceVerbs(CLI::App& app, Session& session) {
  CLI::App* noun = AddNoun(app, "source", "Where signals come from");
  const auto listed = std::make_shared<ListOptions>();
  CLI::App* list = session.AddVerb(*noun, "list", "List sources with what became of their signals",
                                   "source list\nsource list --silent\n",
                                   [&session, listed] { return List(session, *listed); });
  list->add_flag("--silent", listed->silent, "Only those that are overdue");
  list->add_flag("--drifting", listed->drifting, "Only those that deviate from what was accepted");

  const auto got = std::make_shared<std::string>();
  AddId(session.AddVerb(*noun, "get", "Show one", "source get sfo-2017\n",
                        [&session, got] { return Get(session, *got); }),
        got.get());
  AddUpdate(*noun, session);

  const auto shown = std::make_shared<std::string>();
  AddId(session.AddVerb(
            *noun, "schema", "Show what a source sends, and in what that has drifted",
            "source schema sfo-2017\n",
            [&session, shown] { return CallForSchema(session, *shown, &Stub::GetSourceSchema); }),
        shown.get());

  const auto accepted = std::make_shared<std::string>();
  AddId(session.AddVerb(*noun, "accept-schema", "Accept what a source sends now",
                        "source accept-schema sfo-2017\n",
                        [&session, accepted] {
                          return CallForSchema(session, *accepted, &Stub::AcceptSourceSchema);
                        }),
        accepted.get());
  AddStatisticsVerb(*noun, session);
}

}  // namespace waymark::cli
