#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "services/cli/enum_text.h"
#include "services/cli/money_text.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using action::v1::ActionService;
using action::v1::Phase;
using action::v1::Programme;

struct ProgrammeOptions {
  std::string id;
  std::string title;
  std::string owner;
  std::vector<std::string> phases;
};

Table NewTable() { return Table({{"id"}, {"programme"}, {"owner"}, {"phases"}}); }

void AddProgramme(const Programme& programme, Table* table) {
  const auto describe = [](std::string* out, const Phase& phase) {
    absl::StrAppend(out, EnumText(phase.kind()), phase.has_budget() ? " " : "",
                    MoneyCell(phase.budget()).shown);
  };
  table->AddRow({TextCell(IdOf(programme.name())), TextCell(programme.display_name()),
                 TextCell(programme.owner()),
                 TextCell(absl::StrJoin(programme.phases(), ", ", describe))});
}

absl::Status List(Session& session) {
  action::v1::ListProgrammesRequest request;
  request.set_parent(session.Parent());
  WM_ASSIGN_OR_RETURN(
      const auto response,
      session.client().CallForAll(&ActionService::StubInterface::ListProgrammes, request));
  Table table = NewTable();
  for (const Programme& programme : response.programmes()) AddProgramme(programme, &table);
  std::vector<std::string> note;
  if (table.empty()) note = {"No programmes; `waymark programme create --title TEXT` makes one."};
  session.Print({Json::object({{"programmes", ToJsonArray(response.programmes())}}),
                 {},
                 std::move(table),
                 std::move(note)});
  return absl::OkStatus();
}

// "improve" or "improve=EUR 20000"
absl::StatusOr<Phase> ParsePhase(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  const auto& kinds = *action::v1::PhaseKind_descriptor();
  const std::optional<int> kind = ParseEnumText(kinds, parts[0]);
  if (!kind.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", parts[0], "' is no phase; there are ", EnumChoices(kinds)));
  }
  Phase phase;
  phase.set_kind(static_cast<action::v1::PhaseKind>(*kind));
  if (parts.size() > 1) {
    WM_ASSIGN_OR_RETURN(*phase.mutable_budget(), ParseMoney(parts[1]));
  }
  return phase;
}

absl::Status Create(Session& session, const ProgrammeOptions& options) {
  action::v1::CreateProgrammeRequest request;
  request.set_parent(session.Parent());
  request.set_programme_id(options.id);
  request.set_request_id(NewId(absl::Now()));
  request.mutable_programme()->set_display_name(options.title);
  request.mutable_programme()->set_owner(options.owner);
  for (const std::string& text : options.phases) {
    WM_ASSIGN_OR_RETURN(*request.mutable_programme()->add_phases(), ParsePhase(text));
  }
  WM_ASSIGN_OR_RETURN(
      const Programme programme,
      session.client().Call(&ActionService::StubInterface::CreateProgramme, request));
  Table table = NewTable();
  AddProgramme(programme, &table);
  session.Print({ToJson(programme), {}, std::move(table), {}});
  return absl::OkStatus();
}

}  // namespace

void AddProgrammeVerbs(CLI::App& app, Session& session) {
  CLI::App* noun = AddNoun(app, "programme", "Improve a journey phase by phase");
  session.AddVerb(*noun, "list", "List programmes", "programme list\n",
                  [&session] { return List(session); });
  const auto options = std::make_shared<ProgrammeOptions>();
  CLI::App* create =
      session.AddVerb(*noun, "create", "Make a programme",
                      "programme create --id onboarding --title \"Better onboarding\" --owner CX "
                      "--phase discovery --phase \"improve=EUR 20000\"\n",
                      [&session, options] { return Create(session, *options); });
  create->add_option("--id", options->id, "Its id; default: the server makes one")->type_name("ID");
  create->add_option("--title", options->title, "What people call it")
      ->required()
      ->type_name("TEXT");
  create->add_option("--owner", options->owner, "Who answers for it")->type_name("TEXT");
  create
      ->add_option("--phase", options->phases,
                   "A phase, with its budget if it has one; may be given again")
      ->check(Checked(ParsePhase))
      ->allow_extra_args(false)
      ->type_name("PHASE[=MONEY]");
}

}  // namespace waymark::cli
