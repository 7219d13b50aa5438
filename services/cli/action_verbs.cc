#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/render/text.h"
#include "services/cli/enum_text.h"
#include "services/cli/money_text.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using action::v1::Action;
using action::v1::ActionService;

/// What create and update may set.
struct ActionOptions {
  std::string id;
  std::string priority;
  std::string map;
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> owner;
  std::optional<std::string> programme;
  std::optional<std::string> phase;
  std::optional<std::string> due;
  std::optional<std::string> budget;
  std::optional<std::string> state;
  std::optional<std::string> kpi_step;
  std::optional<double> kpi_target;
};

Table NewTable() {
  return Table({{"id"},
                {"action"},
                {"owner"},
                {"phase"},
                {"state"},
                {"due"},
                {"budget", Column::kRight},
                {"kpi step"},
                {"at start", Column::kRight},
                {"target", Column::kRight},
                {"priority", Column::kLeft, Column::kPrograms}});
}

void AddAction(const Action& action, Table* table) {
  const bool has_kpi = action.has_kpi();
  const bool known = action.has_kpi_baseline() && !action.kpi_baseline().suppressed();
  table->AddRow(
      {TextCell(IdOf(action.name())), TextCell(action.display_name()), TextCell(action.owner()),
       TextCell(action.phase() == 0 ? "" : EnumText(action.phase())),
       TextCell(EnumText(action.state())), TextCell(action.due_date()), MoneyCell(action.budget()),
       TextCell(action.kpi().step()), known ? NumberCell(action.kpi_baseline().value(), 1) : Cell{},
       has_kpi ? NumberCell(action.kpi().target(), 1) : Cell{}, TextCell(action.priority())});
}

absl::Status PrintAction(Session& session, const Action& action) {
  Table table = NewTable();
  AddAction(action, &table);
  session.Print({ToJson(action), {}, std::move(table), {}});
  return absl::OkStatus();
}

absl::Status List(Session& session, const std::string& state) {
  action::v1::ListActionsRequest request;
  request.set_parent(session.Parent());
  if (!state.empty()) {
    request.set_state(
        static_cast<Action::State>(*ParseEnumText(*Action::State_descriptor(), state)));
  }
  WM_ASSIGN_OR_RETURN(
      const auto response,
      session.client().CallForAll(&ActionService::StubInterface::ListActions, request));
  Table table = NewTable();
  for (const Action& action : response.actions()) AddAction(action, &table);
  std::vector<std::string> note;
  if (table.empty()) note = {"No actions; `waymark action create --priority NAME` makes one."};
  session.Print({Json::object({{"actions", ToJsonArray(response.actions())}}),
                 {},
                 std::move(table),
                 std::move(note)});
  return absl::OkStatus();
}

/// Puts what was given into *action; answers the paths of the fields.
std::vector<std::string> Fill(const Session& session, const ActionOptions& options,
                              Action* action) {
  std::vector<std::string> paths;
  const auto set = [&](const std::optional<std::string>& given, const char* path,
                       const std::function<void(const std::string&)>& store) {
    if (!given.has_value()) return;
    store(*given);
    paths.push_back(path);
  };
  set(options.title, "display_name", [&](const auto& text) { action->set_display_name(text); });
  set(options.description, "description", [&](const auto& text) { action->set_description(text); });
  set(options.owner, "owner", [&](const auto& text) { action->set_owner(text); });
  set(options.programme, "programme",
      [&](const auto& id) { action->set_programme(session.Name("programmes", id)); });
  set(options.phase, "phase", [&](const auto& text) {
    action->set_phase(static_cast<action::v1::PhaseKind>(
        *ParseEnumText(*action::v1::PhaseKind_descriptor(), text)));
  });
  set(options.due, "due_date", [&](const auto& text) { action->set_due_date(text); });
  set(options.budget, "budget",
      [&](const auto& text) { *action->mutable_budget() = *ParseMoney(text); });
  set(options.state, "state", [&](const auto& text) {
    action->set_state(
        static_cast<Action::State>(*ParseEnumText(*Action::State_descriptor(), text)));
  });
  return paths;
}

// "tenants/demo/journeyMaps/m" of "tenants/demo/journeyMaps/m/priorities/p".
std::string MapOf(const std::string& priority) {
  const size_t end = priority.find("/priorities/");
  return end == std::string::npos ? "" : priority.substr(0, end);
}

absl::StatusOr<scoring::v1::Priority> FindPriority(Session& session, const std::string& name) {
  scoring::v1::ListPrioritiesRequest request;
  request.set_parent(MapOf(name));
  WM_ASSIGN_OR_RETURN(const auto response,
                      session.client().CallForAll(
                          &scoring::v1::ScoringService::StubInterface::ListPriorities, request));
  for (const auto& priority : response.priorities()) {
    if (priority.name() == name) return priority;
  }
  return absl::NotFoundError(absl::StrCat("there is no priority '", name, "' now; see `waymark ",
                                          "priorities --map ", IdOf(request.parent()), "`"));
}

// What a priority says of the action on it, where the options say nothing.
absl::Status FillFromPriority(Session& session, const ActionOptions& options, Action* action) {
  const bool full = absl::StartsWith(options.priority, "tenants/");
  if (!full && options.map.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", options.priority,
                     "' is a priority of which map? Add --map ID, or give its full name"));
  }
  action->set_priority(full ? options.priority
                            : absl::StrCat(session.Name("journeyMaps", options.map), "/priorities/",
                                           options.priority));
  WM_ASSIGN_OR_RETURN(const auto priority, FindPriority(session, action->priority()));
  if (!options.title.has_value()) action->set_display_name(priority.title());
  if (options.kpi_target.has_value()) {
    action->mutable_kpi()->set_journey_map(MapOf(priority.name()));
    action->mutable_kpi()->set_step(priority.step());
  }
  return absl::OkStatus();
}

absl::Status Create(Session& session, const ActionOptions& options) {
  action::v1::CreateActionRequest request;
  request.set_parent(session.Parent());
  request.set_action_id(options.id);
  request.set_request_id(NewId(absl::Now()));
  Action& action = *request.mutable_action();
  Fill(session, options, &action);
  if (!options.priority.empty()) {
    WM_RETURN_IF_ERROR(FillFromPriority(session, options, &action));
  } else if (!options.title.has_value()) {
    return absl::InvalidArgumentError("say what the action is: --title TEXT or --priority NAME");
  }
  if (options.kpi_step.has_value()) {
    action.mutable_kpi()->set_step(*options.kpi_step);
    if (!options.map.empty()) {
      action.mutable_kpi()->set_journey_map(session.Name("journeyMaps", options.map));
    }
  }
  if (options.kpi_target.has_value()) action.mutable_kpi()->set_target(*options.kpi_target);
  WM_ASSIGN_OR_RETURN(const Action created,
                      session.client().Call(&ActionService::StubInterface::CreateAction, request));
  return PrintAction(session, created);
}

absl::Status Update(Session& session, const ActionOptions& options) {
  action::v1::UpdateActionRequest request;
  request.mutable_action()->set_name(session.Name("actions", options.id));
  const std::vector<std::string> paths = Fill(session, options, request.mutable_action());
  if (paths.empty()) {
    return absl::InvalidArgumentError("say what to change, e.g. --state in_progress");
  }
  request.mutable_update_mask()->mutable_paths()->Assign(paths.begin(), paths.end());
  WM_ASSIGN_OR_RETURN(const Action updated,
                      session.client().Call(&ActionService::StubInterface::UpdateAction, request));
  return PrintAction(session, updated);
}

absl::Status Evaluate(Session& session, const std::string& id) {
  action::v1::EvaluateActionRequest request;
  request.set_name(session.Name("actions", id));
  WM_ASSIGN_OR_RETURN(
      const action::v1::Effect effect,
      session.client().Call(&ActionService::StubInterface::EvaluateAction, request));
  std::vector<Column> columns = {{"kpi"}};
  Append(EstimateColumns("score"), &columns);
  Table table(std::move(columns));
  for (const auto& [label, estimate] :
       {std::pair("before", &effect.before()), std::pair("after", &effect.after()),
        std::pair("difference", &effect.difference())}) {
    std::vector<Cell> row = {TextCell(label)};
    Append(EstimateCells(*estimate), &row);
    table.AddRow(std::move(row));
  }
  session.Print({ToJson(effect),
                 {absl::StrCat("Verdict: ", EnumText(effect.verdict()), " (p ",
                               render::FormatNumber(effect.p_value(), 4), ")"),
                  effect.definition()},
                 std::move(table),
                 {}});
  return absl::OkStatus();
}

absl::StatusOr<absl::CivilDay> ParseDay(const std::string& text) {
  absl::CivilDay day;
  if (text.size() == 10 && absl::ParseCivilTime(text, &day)) return day;
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no day; write YYYY-MM-DD"));
}

void AddFieldOptions(CLI::App& verb, const std::shared_ptr<ActionOptions>& options) {
  verb.add_option("--description", options->description, "How it is to be done")->type_name("TEXT");
  verb.add_option("--owner", options->owner, "Who does it")->type_name("TEXT");
  verb.add_option("--programme", options->programme, "Programme it belongs to")->type_name("ID");
  const auto& phases = *action::v1::PhaseKind_descriptor();
  verb.add_option("--phase", options->phase, absl::StrCat("Phase: ", EnumChoices(phases)))
      ->check(EnumCheck(phases))
      ->type_name("PHASE");
  verb.add_option("--due", options->due, "By when")
      ->check(Checked(ParseDay))
      ->type_name("YYYY-MM-DD");
  verb.add_option("--budget", options->budget, "What may be spent, e.g. \"EUR 20000\"")
      ->check(Checked(ParseMoney))
      ->type_name("MONEY");
}

}  // namespace

void AddActionVerbs(CLI::App& app, Session& session) {
  CLI::App* noun = AddNoun(app, "action", "Work on priorities, and the proof that it helped");
  const auto& states = *Action::State_descriptor();

  const auto state = std::make_shared<std::string>();
  session
      .AddVerb(*noun, "list", "List actions, the newest first",
               "action list\naction list --state in_progress\n",
               [&session, state] { return List(session, *state); })
      ->add_option("--state", *state,
                   absl::StrCat("Only those in this state: ", EnumChoices(states)))
      ->check(EnumCheck(states))
      ->type_name("STATE");

  const auto created = std::make_shared<ActionOptions>();
  CLI::App* create = session.AddVerb(
      *noun, "create", "Make an action, mostly on a priority",
      "action create --priority tenants/demo/journeyMaps/buy/priorities/p1 --owner Logistics\n"
      "action create --priority p1 --map buy --phase improve --due 2026-12-31 --budget \"EUR "
      "20000\"\n"
      "action create --title \"Train the desk\" --map buy --kpi-step order --kpi-target 75\n",
      [&session, created] { return Create(session, *created); });
  create->add_option("--id", created->id, "Its id; default: the server makes one")->type_name("ID");
  create
      ->add_option("--priority", created->priority, "Priority it works on: name, or id with --map")
      ->type_name("NAME");
  create->add_option("--title", created->title, "What is to be done; default: the priority's title")
      ->type_name("TEXT");
  AddFieldOptions(*create, created);
  create->add_option("--map", created->map, "Journey map of the priority and the KPI")
      ->type_name("ID");
  create
      ->add_option("--kpi-step", created->kpi_step,
                   "Step whose score it is to move; default: the priority's")
      ->type_name("ID");
  create->add_option("--kpi-target", created->kpi_target, "Score to reach; default: the baseline")
      ->check(CLI::Range(1.0, 100.0).description(""))
      ->type_name("1-100");

  const auto updated = std::make_shared<ActionOptions>();
  CLI::App* update = session.AddVerb(*noun, "update", "Change an action",
                                     "action update 01hx --state in_progress\naction update 01hx "
                                     "--owner Logistics --due 2026-12-31\n",
                                     [&session, updated] { return Update(session, *updated); });
  update->add_option("ID", updated->id, "Id of the action")->required()->type_name("");
  update->add_option("--title", updated->title, "What is to be done")->type_name("TEXT");
  AddFieldOptions(*update, updated);
  update
      ->add_option("--state", updated->state, absl::StrCat("How far it is: ", EnumChoices(states)))
      ->check(EnumCheck(states))
      ->type_name("STATE");

  const auto evaluated = std::make_shared<std::string>();
  session
      .AddVerb(*noun, "evaluate", "Say by the data whether an action worked",
               "action evaluate 01hx\n",
               [&session, evaluated] { return Evaluate(session, *evaluated); })
      ->add_option("ID", *evaluated, "Id of the action")
      ->required()
      ->type_name("");
}

}  // namespace waymark::cli
