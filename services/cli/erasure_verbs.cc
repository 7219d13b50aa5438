#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "services/cli/enum_text.h"
#include "services/cli/time_text.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using feedback::v1::CustomerErasure;
using feedback::v1::CustomerErasureService;
using Stub = CustomerErasureService::StubInterface;

constexpr char kCollection[] = "customerErasures";
constexpr absl::Duration kLookInterval = absl::Milliseconds(100);
constexpr absl::Duration kLongestLookInterval = absl::Seconds(2);

struct CreateOptions {
  std::string customer;
  std::string request_id;
  bool wait = false;
};

Table NewTable() {
  return Table({{"id"},
                {"state"},
                {"entries", Column::kRight},
                {"quarantined", Column::kRight},
                {"accepted"},
                {"done"}});
}

void AddErasure(const CustomerErasure& erasure, Table* table) {
  table->AddRow({TextCell(IdOf(erasure.name())), TextCell(EnumText(erasure.state())),
                 CountCell(erasure.removed_entries()),
                 CountCell(erasure.removed_quarantined_signals()), TimeCell(erasure.create_time()),
                 TimeCell(erasure.done_time())});
}

void PrintErasure(Session& session, const CustomerErasure& erasure) {
  Table table = NewTable();
  AddErasure(erasure, &table);
  std::vector<std::string> note;
  if (erasure.state() == CustomerErasure::STATE_PENDING) {
    note = {absl::StrCat("Nothing of the customer can be read any more; `waymark erasure get ",
                         IdOf(erasure.name()), "` tells when the last byte is gone.")};
  }
  session.Print({ToJson(erasure), {}, std::move(table), std::move(note)});
}

absl::StatusOr<CustomerErasure> Look(Session& session, const std::string& name) {
  feedback::v1::GetCustomerErasureRequest request;
  request.set_name(name);
  return session.client().Call(&Stub::GetCustomerErasure, request);
}

/// Whether every erasure that was accepted with this one is done: of the ids linked to its
/// customer.
absl::StatusOr<bool> AllAreDone(Session& session, const CustomerErasure& erasure) {
  if (erasure.state() == CustomerErasure::STATE_PENDING) return false;
  feedback::v1::ListCustomerErasuresRequest request;
  request.set_parent(session.Parent());
  request.set_page_size(500);  // newest first: they are among these
  WM_ASSIGN_OR_RETURN(const auto page, session.client().Call(&Stub::ListCustomerErasures, request));
  return std::none_of(page.customer_erasures().begin(), page.customer_erasures().end(),
                      [&](const CustomerErasure& other) {
                        return other.accepted_with() == erasure.name() &&
                               other.state() == CustomerErasure::STATE_PENDING;
                      });
}

absl::Status Create(Session& session, const CreateOptions& options) {
  feedback::v1::CreateCustomerErasureRequest request;
  request.set_parent(session.Parent());
  request.set_customer(options.customer);
  request.set_request_id(options.request_id.empty() ? NewId(absl::Now()) : options.request_id);
  WM_ASSIGN_OR_RETURN(CustomerErasure erasure,
                      session.client().Call(&Stub::CreateCustomerErasure, request));
  absl::Duration pause = kLookInterval;
  while (options.wait) {
    WM_ASSIGN_OR_RETURN(const bool done, AllAreDone(session, erasure));
    if (done) break;
    absl::SleepFor(pause);
    pause = std::min(2 * pause, kLongestLookInterval);
    WM_ASSIGN_OR_RETURN(erasure, Look(session, erasure.name()));
  }
  PrintErasure(session, erasure);
  return absl::OkStatus();
}

absl::Status Get(Session& session, const std::string& id) {
  WM_ASSIGN_OR_RETURN(const CustomerErasure erasure, Look(session, session.Name(kCollection, id)));
  PrintErasure(session, erasure);
  return absl::OkStatus();
}

absl::Status List(Session& session) {
  feedback::v1::ListCustomerErasuresRequest request;
  request.set_parent(session.Parent());
  WM_ASSIGN_OR_RETURN(const auto response,
                      session.client().CallForAll(&Stub::ListCustomerErasures, request));
  Table table = NewTable();
  for (const CustomerErasure& erasure : response.customer_erasures()) AddErasure(erasure, &table);
  std::vector<std::string> note;
  if (table.empty()) note = {"No customer was erased."};
  session.Print({Json::object({{"customerErasures", ToJsonArray(response.customer_erasures())}}),
                 {},
                 std::move(table),
                 std::move(note)});
  return absl::OkStatus();
}

}  // namespace

void AddErasureVerbs(CLI::App& app, Session& session) {
  CLI::App* noun = AddNoun(app, "erasure", "Customers who want to be forgotten");

  const auto created = std::make_shared<CreateOptions>();
  CLI::App* create =
      session.AddVerb(*noun, "create",
                      "Erase everything recorded of a customer and of all ids linked to it, for "
                      "good: signals, their "
                      "older revisions, the links and what is in quarantine. What is imported "
                      "again is not taken in (outcome `erased`). Who it was is "
                      "not kept: note the id of the erasure as the receipt",
                      "erasure create customer-000042\nerasure create customer-000042 --wait\n",
                      [&session, created] { return Create(session, *created); });
  create->add_option("CUSTOMER", created->customer, "The customer's id as signals carry it")
      ->required()
      ->type_name("");
  create->add_flag("--wait", created->wait, "Return when the last byte is gone");
  create
      ->add_option("--request-id", created->request_id,
                   "Of a request that is sent again: answered with the same erasure")
      ->type_name("ID");

  const auto got = std::make_shared<std::string>();
  session
      .AddVerb(*noun, "get", "Show how far one is", "erasure get 01j9…\n",
               [&session, got] { return Get(session, *got); })
      ->add_option("ID", *got, "Its id or name")
      ->required()
      ->type_name("");

  session.AddVerb(*noun, "list", "List them, newest first", "erasure list\n",
                  [&session] { return List(session); });
}

}  // namespace waymark::cli
