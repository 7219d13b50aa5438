#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "services/cli/catch_up.h"
#include "services/cli/enum_text.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using feedback::v1::Customer;
using feedback::v1::CustomerLink;
using Stub = feedback::v1::CustomerService::StubInterface;

struct LinkOptions {
  std::string customer;
  std::string other;
  std::string method = "stated";
  std::string author;
  std::string note;
  bool no_wait = false;
};

Table NewTable() {
  return Table({{"customer"},
                {"linked customer"},
                {"method"},
                {"author"},
                {"since"},
                {"note"},
                {"id", Column::kLeft, Column::kPrograms}});
}

void AddRow(const CustomerLink& link, Table* table) {
  table->AddRow({TextCell(link.customer()),
                 TextCell(link.linked_customer()),
                 TextCell(link.method() == 0 ? "" : EnumText(link.method())),
                 TextCell(link.author()),
                 TimeCell(link.create_time()),
                 {Cut(link.note(), 48), link.note()},
                 TextCell(IdOf(link.name()))});
}

absl::StatusOr<Customer> GetCustomer(Session& session, const std::string& id) {
  feedback::v1::GetCustomerRequest request;
  request.set_parent(session.Parent());
  request.set_customer(id);
  return session.client().Call(&Stub::GetCustomer, request);
}

std::string CountsAs(const Customer& customer) {
  return absl::StrCat(customer.customers_size(), " ids are one customer, counted as '",
                      customer.canonical_customer(), "'");
}

absl::Status Link(Session& session, const LinkOptions& options) {
  feedback::v1::CreateCustomerLinkRequest request;
  request.set_parent(session.Parent());
  request.set_request_id(NewId(absl::Now()));
  CustomerLink& link = *request.mutable_customer_link();
  link.set_customer(options.customer);
  link.set_linked_customer(options.other);
  link.set_method(static_cast<CustomerLink::Method>(
      *ParseEnumText(*CustomerLink::Method_descriptor(), options.method)));
  link.set_author(options.author);
  link.set_note(options.note);
  WM_ASSIGN_OR_RETURN(const CustomerLink made,
                      session.client().Call(&Stub::CreateCustomerLink, request));
  if (!options.no_wait) WM_RETURN_IF_ERROR(WaitUntilCaughtUp(session.client(), made.position()));
  WM_ASSIGN_OR_RETURN(const Customer customer, GetCustomer(session, options.customer));
  Table table = NewTable();
  AddRow(made, &table);
  session.Print({ToJson(made), {}, std::move(table), {CountsAs(customer)}});
  return absl::OkStatus();
}

absl::StatusOr<feedback::v1::ListCustomerLinksResponse> ListLinks(Session& session,
                                                                  const std::string& customer) {
  feedback::v1::ListCustomerLinksRequest request;
  request.set_parent(session.Parent());
  request.set_customer(customer);
  request.set_page_size(1000);
  return session.client().CallForAll(&Stub::ListCustomerLinks, request);
}

// The name of the link between the two, or of the link that the first alone names.
absl::StatusOr<std::string> FindName(Session& session, const LinkOptions& options) {
  if (options.other.empty()) return session.Name("customerLinks", options.customer);
  WM_ASSIGN_OR_RETURN(const auto links, ListLinks(session, options.customer));
  for (const CustomerLink& link : links.customer_links()) {
    if (link.customer() == options.other || link.linked_customer() == options.other) {
      return link.name();
    }
  }
  return absl::NotFoundError(absl::StrCat("'", options.customer, "' and '", options.other,
                                          "' are not linked themselves; `waymark ",
                                          "customer links ", options.customer, "` shows what is"));
}

absl::Status Unlink(Session& session, const LinkOptions& options) {
  feedback::v1::DeleteCustomerLinkRequest request;
  WM_ASSIGN_OR_RETURN(*request.mutable_name(), FindName(session, options));
  WM_ASSIGN_OR_RETURN(const auto answer, session.client().Call(&Stub::DeleteCustomerLink, request));
  if (!options.no_wait) WM_RETURN_IF_ERROR(WaitUntilCaughtUp(session.client(), answer.position()));
  Table table({{"unlinked"}});
  table.AddRow({TextCell(IdOf(request.name()))});
  Json json = Json::object({{"name", request.name()}, {"position", answer.position()}});
  session.Print({std::move(json), {}, std::move(table), {}});
  return absl::OkStatus();
}

absl::Status List(Session& session, const std::string& customer) {
  WM_ASSIGN_OR_RETURN(const auto links, ListLinks(session, customer));
  Table table = NewTable();
  for (const CustomerLink& link : links.customer_links()) AddRow(link, &table);
  std::vector<std::string> note;
  if (table.empty()) {
    note = {customer.empty() ? "No customers are linked; `waymark customer link A B` links two."
                             : absl::StrCat("Nothing is linked to '", customer, "'.")};
  }
  session.Print({Json::object({{"customerLinks", ToJsonArray(links.customer_links())}}),
                 {},
                 std::move(table),
                 std::move(note)});
  return absl::OkStatus();
}

absl::Status Get(Session& session, const std::string& id) {
  WM_ASSIGN_OR_RETURN(const Customer customer, GetCustomer(session, id));
  Table table({{"customer"}});
  for (const std::string& one : customer.customers()) table.AddRow({TextCell(one)});
  std::vector<std::string> note = {customer.customers_size() > 1
                                       ? CountsAs(customer)
                                       : absl::StrCat("Nothing is linked to '", id, "'.")};
  session.Print({ToJson(customer), {}, std::move(table), std::move(note)});
  return absl::OkStatus();
}

void AddNoWait(CLI::App* verb, LinkOptions* options) {
  verb->add_flag("--no-wait", options->no_wait,
                 "Return when it is on disk, before journeys and scores know it");
}

void AddLink(CLI::App& noun, Session& session) {
  const auto options = std::make_shared<LinkOptions>();
  CLI::App* link =
      session.AddVerb(noun, "link", "Say that two customer ids are the same person",
                      "customer link web-7f3a crm-1042 --method login\n"
                      "customer link app-9 crm-1042 --note \"Said so on the phone\" --author Ana\n",
                      [&session, options] { return Link(session, *options); });
  link->footer(absl::StrCat(
      "Signals keep the ids that they came with. Journeys and scores count linked ids as one\n"
      "customer, under the smallest of them, whichever came first, link or signals; ids that are\n"
      "linked over others are one, too. `customer unlink` separates them again.\n\n",
      link->get_footer()));
  link->add_option("CUSTOMER", options->customer, "An id as its source sends it")
      ->required()
      ->type_name("");
  link->add_option("OTHER", options->other, "Another id of the same person")
      ->required()
      ->type_name("");
  link->add_option("--method", options->method, "How it is known: stated, login or matched")
      ->check(EnumCheck(*CustomerLink::Method_descriptor()))
      ->capture_default_str()
      ->type_name("METHOD");
  link->add_option("--author", options->author, "Who says so")->type_name("TEXT");
  link->add_option("--note", options->note, "Why, in a sentence")->type_name("TEXT");
  AddNoWait(link, options.get());
}

void AddUnlink(CLI::App& noun, Session& session) {
  const auto options = std::make_shared<LinkOptions>();
  CLI::App* unlink =
      session.AddVerb(noun, "unlink", "Say that two customer ids are not the same person after all",
                      "customer unlink web-7f3a crm-1042\n"
                      "customer unlink 4f1c09aa31d2b7e85f60c1d2e3f4a5b6\n",
                      [&session, options] { return Unlink(session, *options); });
  unlink->add_option("CUSTOMER", options->customer, "One of the two ids, or the id of their link")
      ->required()
      ->type_name("");
  unlink->add_option("OTHER", options->other, "The other one")->type_name("");
  AddNoWait(unlink, options.get());
}

// A verb about one customer.
CLI::Option* AddIdVerb(CLI::App& noun, Session& session, const std::string& name,
                       const std::string& summary, const std::string& examples,
                       absl::Status (*run)(Session&, const std::string&)) {
  const auto id = std::make_shared<std::string>();
  CLI::App* verb = session.AddVerb(noun, name, summary, examples,
                                   [&session, id, run] { return run(session, *id); });
  return verb->add_option("CUSTOMER", *id, "An id as its source sends it")->type_name("");
}

}  // namespace

void AddCustomerVerbs(CLI::App& customer, Session& session) {
  AddLink(customer, session);
  AddUnlink(customer, session);
  AddIdVerb(customer, session, "links", "List what is linked, newest first: all, or of one id",
            "customer links\ncustomer links crm-1042 -o json\n", &List);
  AddIdVerb(customer, session, "get", "Show all ids that are the same person as one",
            "customer get crm-1042\n", &Get)
      ->required();
}

}  // namespace waymark::cli
