#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "services/cli/enum_text.h"
#include "services/cli/time_text.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using action::v1::ActionService;
using action::v1::Case;

struct CaseOptions {
  std::string id;
  std::string customer;
  std::string reason;
  std::string owner;
  std::string due;
  std::string resolution;
};

Table NewTable() {
  return Table({{"id"}, {"customer"}, {"state"}, {"due"}, {"owner"}, {"reason"}, {"resolution"}});
}

void AddCase(const Case& item, Table* table) {
  Cell due = TimeCell(item.due_time());
  if (item.overdue()) due.tone = Tone::kBad;
  table->AddRow({TextCell(IdOf(item.name())), TextCell(item.customer()),
                 TextCell(EnumText(item.state())), due, TextCell(item.owner()),
                 TextCell(item.reason()), TextCell(item.resolution())});
}

absl::Status PrintCase(Session& session, const Case& item) {
  Table table = NewTable();
  AddCase(item, &table);
  session.Print({ToJson(item), {}, std::move(table), {}});
  return absl::OkStatus();
}

absl::Status List(Session& session) {
  action::v1::ListCasesRequest request;
  request.set_parent(session.Parent());
  WM_ASSIGN_OR_RETURN(const auto response, session.client().CallForAll(
                                               &ActionService::StubInterface::ListCases, request));
  Table table = NewTable();
  for (const Case& item : response.cases()) AddCase(item, &table);
  std::vector<std::string> note;
  if (table.empty()) note = {"No cases; `waymark case create` opens one."};
  session.Print({Json::object({{"cases", ToJsonArray(response.cases())}}),
                 {},
                 std::move(table),
                 std::move(note)});
  return absl::OkStatus();
}

absl::Status Create(Session& session, const CaseOptions& options) {
  action::v1::CreateCaseRequest request;
  request.set_parent(session.Parent());
  request.set_case_id(options.id);
  request.set_request_id(NewId(absl::Now()));
  Case& item = *request.mutable_case_();
  item.set_customer(options.customer);
  item.set_reason(options.reason);
  item.set_owner(options.owner);
  WM_ASSIGN_OR_RETURN(*item.mutable_due_time(), ParseTime(options.due));
  WM_ASSIGN_OR_RETURN(const Case created,
                      session.client().Call(&ActionService::StubInterface::CreateCase, request));
  return PrintCase(session, created);
}

absl::Status Close(Session& session, const CaseOptions& options) {
  action::v1::UpdateCaseRequest request;
  Case& item = *request.mutable_case_();
  item.set_name(session.Name("cases", options.id));
  item.set_state(Case::STATE_CLOSED);
  item.set_resolution(options.resolution);
  request.mutable_update_mask()->add_paths("state");
  request.mutable_update_mask()->add_paths("resolution");
  WM_ASSIGN_OR_RETURN(const Case closed,
                      session.client().Call(&ActionService::StubInterface::UpdateCase, request));
  return PrintCase(session, closed);
}

}  // namespace

void AddCaseVerbs(CLI::App& app, Session& session) {
  CLI::App* noun = AddNoun(app, "case", "Customers to be called back, against the clock");
  session.AddVerb(*noun, "list", "List cases, those due first", "case list\n",
                  [&session] { return List(session); });

  const auto created = std::make_shared<CaseOptions>();
  CLI::App* create = session.AddVerb(
      *noun, "create", "Open a case",
      "case create --customer customer-000042 --reason \"Charged twice\" --owner Ana --due "
      "2026-07-02T12:00:00Z\n",
      [&session, created] { return Create(session, *created); });
  create->add_option("--id", created->id, "Its id; default: the server makes one")->type_name("ID");
  create->add_option("--customer", created->customer, "Id of the customer")
      ->required()
      ->type_name("ID");
  create->add_option("--reason", created->reason, "Why, in a sentence")
      ->required()
      ->type_name("TEXT");
  create->add_option("--owner", created->owner, "Who calls back")->type_name("TEXT");
  create->add_option("--due", created->due, "By when the customer must have been called")
      ->required()
      ->check(Checked(ParseTime))
      ->type_name("TIME");

  const auto closed = std::make_shared<CaseOptions>();
  CLI::App* close = session.AddVerb(*noun, "close", "Close a case",
                                    "case close 01hx --resolution \"Refunded, customer stays\"\n",
                                    [&session, closed] { return Close(session, *closed); });
  close->add_option("ID", closed->id, "Id of the case")->required()->type_name("");
  close->add_option("--resolution", closed->resolution, "What came of it")
      ->required()
      ->type_name("TEXT");
}

}  // namespace waymark::cli
