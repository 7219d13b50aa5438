#include <algorithm>
#include <iterator>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"
#include "services/cli/signal_text.h"
#include "services/cli/time_text.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using feedback::v1::ListSignalsRequest;
using feedback::v1::StoredSignal;
using Stub = feedback::v1::SignalService::StubInterface;

constexpr int kPage = 1000;
// How many columns of a table what a signal says may take.
constexpr int kSummaryWidth = 64;

struct ListOptions {
  std::string filter;
  std::string search;
  std::string order = "newest";
  int limit = 50;
  bool all = false;
};

struct TimelineOptions {
  std::string customer;
  std::string from;
  std::string to;
};

struct Listed {
  std::vector<StoredSignal> signals;
  bool more = false;
};

// Page by page, up to `limit`; a page may be short.
absl::StatusOr<Listed> ListUpTo(Session& session, ListSignalsRequest request, int limit, bool all) {
  request.set_parent(session.Parent());
  Listed listed;
  do {
    const int left = all ? kPage : limit - static_cast<int>(listed.signals.size());
    if (left <= 0) {
      listed.more = true;
      break;
    }
    request.set_page_size(std::min(left, kPage));
    WM_ASSIGN_OR_RETURN(auto page, session.client().Call(&Stub::ListSignals, request));
    for (StoredSignal& one : *page.mutable_signals()) listed.signals.push_back(std::move(one));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return listed;
}

void PrintSignals(Session& session, const Listed& listed, const std::string& when_none) {
  Table table({{"time"},
               {"source"},
               {"external id"},
               {"kind"},
               {"customer"},
               {"what"},
               {"account", Column::kLeft, Column::kPrograms},
               {"revision", Column::kRight, Column::kPrograms}});
  for (const StoredSignal& one : listed.signals) {
    const auto& signal = one.signal();
    const std::string summary = SummaryOf(signal);
    table.AddRow({TimeCell(signal.event_time()),
                  TextCell(signal.source()),
                  {Cut(signal.external_id(), 24), signal.external_id()},
                  TextCell(KindText(signal)),
                  {Cut(signal.customer(), 24), signal.customer()},
                  {Cut(summary, kSummaryWidth), summary},
                  TextCell(signal.account()),
                  CountCell(signal.revision())});
  }
  std::vector<std::string> note;
  if (table.empty()) note = {when_none};
  if (listed.more) note = {"… and more; --limit N shows up to N of them, --all all"};
  session.Print({Json::object({{"signals", ToJsonArray(listed.signals)}, {"more", listed.more}}),
                 {},
                 std::move(table),
                 std::move(note)});
}

absl::Status List(Session& session, const ListOptions& options) {
  ListSignalsRequest request;
  request.set_filter(options.filter);
  request.set_search(options.search);
  request.set_order_by(options.order == "oldest" ? "event_time" : "event_time desc");
  WM_ASSIGN_OR_RETURN(const Listed listed, ListUpTo(session, request, options.limit, options.all));
  const bool narrowed = !options.filter.empty() || !options.search.empty();
  PrintSignals(session, listed,
               narrowed ? "No signal matches."
                        : "No signals yet; `waymark import --help` says how to bring some.");
  return absl::OkStatus();
}

// In the order in which ListSignals lists those of one id.
void SortByTime(std::vector<StoredSignal>* signals) {
  const auto key = [](const StoredSignal& one) {
    const auto& signal = one.signal();
    return std::tuple(signal.event_time().seconds(), signal.event_time().nanos(),
                      signal.sequence());
  };
  std::stable_sort(signals->begin(), signals->end(),
                   [&](const StoredSignal& a, const StoredSignal& b) { return key(a) < key(b); });
}

// Linked ids are asked for one by one: each goes by the index of customers, and a hundred would not
// fit into one filter.
absl::Status Timeline(Session& session, const TimelineOptions& options) {
  std::string times;
  for (const auto& [text, comparator] : {std::pair(options.from, " >= "), {options.to, " < "}}) {
    if (text.empty()) continue;
    absl::StrAppend(&times, " AND event_time", comparator, "\"", Rfc3339(*ParseTime(text)), "\"");
  }
  feedback::v1::GetCustomerRequest get;
  get.set_parent(session.Parent());
  get.set_customer(options.customer);
  WM_ASSIGN_OR_RETURN(
      const auto customer,
      session.client().Call(&feedback::v1::CustomerService::StubInterface::GetCustomer, get));
  Listed listed;
  for (const std::string& id : customer.customers()) {
    ListSignalsRequest request;
    request.set_filter(absl::StrCat("customer = ", FilterLiteral(id), times));
    request.set_order_by("event_time");
    WM_ASSIGN_OR_RETURN(Listed own, ListUpTo(session, request, 0, true));
    std::move(own.signals.begin(), own.signals.end(), std::back_inserter(listed.signals));
  }
  if (customer.customers_size() > 1) SortByTime(&listed.signals);
  PrintSignals(session, listed,
               absl::StrCat("Nothing is known of customer '", options.customer, "'",
                            options.from.empty() && options.to.empty() ? "." : " in that time."));
  return absl::OkStatus();
}

absl::Status Get(Session& session, const std::string& source, const std::string& external_id) {
  feedback::v1::GetSignalRequest request;
  request.set_parent(session.Parent());
  request.set_source(source);
  request.set_external_id(external_id);
  WM_ASSIGN_OR_RETURN(const StoredSignal stored, session.client().Call(&Stub::GetSignal, request));
  session.Print({ToJson(stored), {}, DetailTable(DetailsOf(stored)), {}});
  return absl::OkStatus();
}

absl::Status GetConversation(Session& session, const std::string& source, const std::string& id) {
  feedback::v1::GetConversationRequest request;
  request.set_parent(session.Parent());
  request.set_source(source);
  request.set_conversation(id);
  WM_ASSIGN_OR_RETURN(const auto conversation,
                      session.client().Call(&Stub::GetConversation, request));
  session.Print({ToJson(conversation), {}, DetailTable(DetailsOf(conversation)), {}});
  return absl::OkStatus();
}

absl::Status ShowIndex(Session& session) {
  feedback::v1::GetIndexStatusRequest request;
  request.set_parent(session.Parent());
  WM_ASSIGN_OR_RETURN(const auto status, session.client().Call(&Stub::GetIndexStatus, request));
  Table table({{"waiting", Column::kRight}, {"lag"}, {"position"}});
  table.AddRow({CountCell(status.waiting()), DurationCell(status.projection().lag()),
                TextCell(status.projection().position())});
  Json json = Json::object({{"waiting", status.waiting()},
                            {"lag", ToJson(status.projection())["lag"]},
                            {"position", status.projection().position()}});
  session.Print({std::move(json), {}, std::move(table), {}});
  return absl::OkStatus();
}

constexpr char kListExamples[] =
    "signal list --filter 'source = \"sfo-2017\" AND answers.NETPRO <= 6'\n"
    "signal list --filter 'kind = (SURVEY OR CHAT) AND NOT attributes.segment = \"smb\"'\n"
    "signal list --filter 'event_time >= 2026-05-01T00:00:00Z AND customer:*' --order oldest\n"
    "signal list --search 'wifi slow OR weak -hotel' --limit 200\n"
    "signal list --search '\"lost luggage\"' --filter 'stance = LEAVING' --all -o json\n";

constexpr char kFilterHelp[] =
    "Filters: FIELD = VALUE, with != < <= > >= too, joined by AND, OR, NOT and parentheses; OR\n"
    "binds tighter than AND. FIELD:* asks whether there is one; \"sfo*\" is what begins so.\n"
    "  all:        source external_id revision customer account touchpoint event_time record_time\n"
    "              attributes.KEY kind (SURVEY, CHAT, SOCIAL, BEHAVIOUR, STAFF)\n"
    "  surveys:    answers.QUESTION question:ID completion language\n"
    "  chats:      conversation author agent\n"
    "  social:     network reach language\n"
    "  behaviour:  activity session channel device outcome\n"
    "  staff:      department stance confidence\n"
    "Searches: all words, in any order, case and accent; \"in quotes\" next to each other; a OR "
    "b;\n"
    "-without; begin*.\n";

void AddList(CLI::App& noun, Session& session) {
  const auto options = std::make_shared<ListOptions>();
  CLI::App* list =
      session.AddVerb(noun, "list", "List signals by filter and words, newest first", kListExamples,
                      [&session, options] { return List(session, *options); });
  list->footer(absl::StrCat(kFilterHelp, "\n", list->get_footer()));
  list->add_option("--filter", options->filter, "Only what this holds for; see below")
      ->type_name("FILTER");
  list->add_option("--search", options->search, "Only what has these words in its texts")
      ->type_name("WORDS");
  list->add_option("--order", options->order, "By event time: newest or oldest first")
      ->check(CLI::IsMember({"newest", "oldest"}).description(""))
      ->capture_default_str()
      ->type_name("ORDER");
  CLI::Option* limit = list->add_option("--limit", options->limit, "How many at most")
                           ->check(CLI::Range(1, 1'000'000).description(""))
                           ->capture_default_str()
                           ->type_name("N");
  list->add_flag("--all", options->all, "All of them, however many")->excludes(limit);
}

void AddTimeline(CLI::App& noun, Session& session) {
  const auto options = std::make_shared<TimelineOptions>();
  CLI::App* timeline = session.AddVerb(
      noun, "timeline", "All that a customer said and did under any linked id, oldest first",
      "customer timeline customer-000042\n"
      "customer timeline customer-000042 --from 2026-05-01 --to 2026-06-01 -o json\n",
      [&session, options] { return Timeline(session, *options); });
  timeline->add_option("CUSTOMER", options->customer, "Id of the customer")
      ->required()
      ->type_name("");
  timeline->add_option("--from", options->from, "Only what happened at or after this time")
      ->check(Checked(ParseTime))
      ->type_name("TIME");
  timeline->add_option("--to", options->to, "Only what happened before this time")
      ->check(Checked(ParseTime))
      ->type_name("TIME");
}

// A verb about what two ids name.
void AddGet(CLI::App& noun, Session& session, const std::string& summary,
            const std::string& example, const std::string& id_name, const std::string& id_help,
            absl::Status (*get)(Session&, const std::string&, const std::string&)) {
  const auto ids = std::make_shared<std::pair<std::string, std::string>>();
  CLI::App* verb = session.AddVerb(noun, "get", summary, example, [&session, ids, get] {
    return get(session, ids->first, ids->second);
  });
  verb->add_option("SOURCE", ids->first, "Id of the source")->required()->type_name("");
  verb->add_option(id_name, ids->second, id_help)->required()->type_name("");
}

}  // namespace

void AddSignalVerbs(CLI::App& app, Session& session) {
  CLI::App* signal = AddNoun(app, "signal", "What customers and staff said and did");
  AddList(*signal, session);
  AddGet(*signal, session, "Show one, with all that it holds", "signal get sfo-2017 1042\n",
         "EXTERNAL_ID", "The source's own id of it", &Get);
  AddCorrectVerb(*signal, session);

  CLI::App* customer = AddNoun(app, "customer", "Single customers, and which ids are the same one");
  AddTimeline(*customer, session);
  AddCustomerVerbs(*customer, session);

  AddGet(*AddNoun(app, "conversation", "Conversations by chat"), session,
         "Show one: who waited for whom how long, and what came of it",
         "conversation get inbox c-1042\n", "ID", "The source's own id of it", &GetConversation);

  CLI::App* index = AddNoun(app, "index", "The index by which signals are listed and searched");
  session.AddVerb(*index, "status", "Show how far it is behind what was taken in",
                  "index status -o json\n", [&session] { return ShowIndex(session); });
}

}  // namespace waymark::cli
