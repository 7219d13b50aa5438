#include "services/action/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/protobuf/util/time_util.h"
#include "libs/base/error.h"
#include "libs/rpc/channel.h"
#include "libs/rpc/server_host.h"
#include "libs/testing/databases.h"
#include "services/action/lifecycle.h"

namespace waymark::action {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Stub = v1::ActionService::StubInterface;

constexpr char kMap[] = "tenants/demo/journeyMaps/buy";
constexpr char kPriority[] = "tenants/demo/journeyMaps/buy/priorities/slow-pay";

common::v1::Estimate MakeScore(double value, int n) {
  common::v1::Estimate score;
  score.set_value(value);
  score.set_lower(value - 3);
  score.set_upper(value + 3);
  score.set_confidence(0.95);
  score.set_n(n);
  return score;
}

/// A scoring service that knows one map and what the test tells it.
class FakeScoring : public Scoring {
 public:
  absl::StatusOr<std::optional<Priority>> FindPriority(const rpc::CallContext& call,
                                                       const std::string& name) override {
    if (!down.ok()) return down;
    EXPECT_EQ(call.tenant, "demo");
    const auto it = priorities.find(name);
    return it == priorities.end() ? std::nullopt : std::make_optional(it->second);
  }

  absl::StatusOr<Scores> GetScores(const rpc::CallContext& call, const std::string& journey_map,
                                   const common::v1::TimeRange& when) override {
    if (!down.ok()) return down;
    if (journey_map != kMap) {
      return MakeError(absl::StatusCode::kNotFound, "JOURNEY_MAP_NOT_FOUND", "no such map");
    }
    asked.push_back(when);
    Scores scores = {.baseline = baseline};
    for (const std::string& step : steps) {
      scores.steps.push_back({step, when.has_start_time() ? after : before});
    }
    return scores;
  }

  absl::Status down;
  std::map<std::string, Priority> priorities = {{kPriority, {"Paying is slow", "pay"}}};
  std::vector<std::string> steps = {"order", "pay"};
  common::v1::Estimate baseline = MakeScore(72, 100);
  common::v1::Estimate before = MakeScore(55, 100);
  common::v1::Estimate after = MakeScore(70, 100);
  std::vector<common::v1::TimeRange> asked;
};

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{}).reason;
}

google::protobuf::FieldMask MaskOf(std::initializer_list<const char*> paths) {
  google::protobuf::FieldMask mask;
  for (const char* path : paths) mask.add_paths(path);
  return mask;
}

class ActionServiceTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND(GetParam());
    auto store = Store::Open(testing::FreshDatabaseUrl(GetParam()));
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    tenants_ = *rpc::TenantRegistry::Load("");
    models_ = std::make_unique<Models>(store_.get(), &scoring_, &clock_);
    service_ = std::make_unique<ActionService>(
        models_.get(), rpc::Environment{&clock_, tenants_.get(), &metrics_});
    server_ = std::make_unique<rpc::InProcessServer>(
        std::vector<rpc::NamedService>{{v1::ActionService::service_full_name(), service_.get()}});
    stub_ = v1::ActionService::NewStub(server_->channel());
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const std::type_identity_t<Request>& request) {
    return rpc::ClientCall(*stub_, method, request, {.tenant = "demo"});
  }

  absl::StatusOr<v1::Action> CreateAction(const v1::Action& action, const std::string& id = "",
                                          const std::string& request_id = "") {
    v1::CreateActionRequest request;
    request.set_parent("tenants/demo");
    request.set_action_id(id);
    request.set_request_id(request_id);
    *request.mutable_action() = action;
    return Call(&Stub::CreateAction, request);
  }

  absl::StatusOr<v1::Case> CreateCase(const std::string& id, absl::Duration due_in) {
    v1::CreateCaseRequest request;
    request.set_parent("tenants/demo");
    request.set_case_id(id);
    request.mutable_case_()->set_customer("c-1");
    *request.mutable_case_()->mutable_due_time() = ToTimestamp(clock_.Now() + due_in);
    return Call(&Stub::CreateCase, request);
  }

  absl::StatusOr<v1::Programme> CreateProgramme(const std::string& id) {
    v1::CreateProgrammeRequest request;
    request.set_parent("tenants/demo");
    request.set_programme_id(id);
    request.mutable_programme()->set_display_name("Programme");
    return Call(&Stub::CreateProgramme, request);
  }

  absl::StatusOr<v1::Action> UpdateAction(const v1::Action& action,
                                          std::initializer_list<const char*> paths) {
    v1::UpdateActionRequest request;
    *request.mutable_action() = action;
    *request.mutable_update_mask() = MaskOf(paths);
    return Call(&Stub::UpdateAction, request);
  }

  absl::StatusOr<v1::Action> SetState(const v1::Action& action, v1::Action::State state) {
    v1::Action changed;
    changed.set_name(action.name());
    changed.set_state(state);
    return UpdateAction(changed, {"state"});
  }

  absl::StatusOr<v1::Case> UpdateCase(const v1::Case& a_case,
                                      std::initializer_list<const char*> paths) {
    v1::UpdateCaseRequest request;
    *request.mutable_case_() = a_case;
    *request.mutable_update_mask() = MaskOf(paths);
    return Call(&Stub::UpdateCase, request);
  }

  absl::StatusOr<v1::Effect> Evaluate(const std::string& name) {
    v1::EvaluateActionRequest request;
    request.set_name(name);
    return Call(&Stub::EvaluateAction, request);
  }

  /// Ids of all actions in `state`, page by page.
  std::vector<std::string> ListActions(int page_size, v1::Action::State state = {}) {
    v1::ListActionsRequest request;
    request.set_parent("tenants/demo");
    request.set_page_size(page_size);
    request.set_state(state);
    std::vector<std::string> ids;
    do {
      const auto page = Call(&Stub::ListActions, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->actions_size(), page_size);
      for (const v1::Action& action : page->actions()) {
        ids.push_back(action.name().substr(action.name().rfind('/') + 1));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  FakeClock clock_;
  FakeScoring scoring_;
  metrics::Registry metrics_;
  std::unique_ptr<rpc::TenantRegistry> tenants_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Models> models_;
  std::unique_ptr<ActionService> service_;
  std::unique_ptr<rpc::InProcessServer> server_;
  std::unique_ptr<v1::ActionService::Stub> stub_;
};
INSTANTIATE_TEST_SUITE_P(Databases, ActionServiceTest, ::testing::ValuesIn(testing::Backends()),
                         [](const auto& info) { return info.param; });

v1::Action Titled(const std::string& title) {
  v1::Action action;
  action.set_display_name(title);
  return action;
}

v1::Action OnPriority() {
  v1::Action action;
  action.set_priority(kPriority);
  return action;
}

TEST_P(ActionServiceTest, CompletesAnActionByItsPriority) {
  const auto made = CreateAction(OnPriority());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->name(), HasSubstr("tenants/demo/actions/"));
  EXPECT_EQ(made->display_name(), "Paying is slow");
  EXPECT_EQ(made->state(), v1::Action::STATE_PLANNED);
  EXPECT_EQ(made->kpi().journey_map(), kMap);
  EXPECT_EQ(made->kpi().step(), "pay");
  EXPECT_EQ(made->kpi().target(), 72);
  EXPECT_EQ(made->kpi_baseline().value(), 55);
  EXPECT_FALSE(made->has_start_time());
  EXPECT_FALSE(made->etag().empty());
  v1::GetActionRequest request;
  request.set_name(made->name());
  EXPECT_TRUE(MessageDifferencer::Equals(*Call(&Stub::GetAction, request), *made));
}

TEST_P(ActionServiceTest, KeepsWhatTheCallerSaysBesideThePriority) {
  v1::Action action = OnPriority();
  action.set_display_name("Faster terminals");
  action.set_state(v1::Action::STATE_IN_PROGRESS);
  action.mutable_kpi()->set_step("order");
  action.mutable_kpi()->set_target(80);
  action.set_etag("forged");
  *action.mutable_done_time() = ToTimestamp(clock_.Now());
  const auto made = CreateAction(action, "faster");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->name(), "tenants/demo/actions/faster");
  EXPECT_EQ(made->display_name(), "Faster terminals");
  EXPECT_EQ(made->kpi().journey_map(), kMap);
  EXPECT_EQ(made->kpi().step(), "order");
  EXPECT_EQ(made->kpi().target(), 80);
  EXPECT_NE(made->etag(), "forged");
  EXPECT_EQ(made->start_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  EXPECT_FALSE(made->has_done_time());
}

TEST_P(ActionServiceTest, MakesNoKpiOfAPriorityWithoutAStepOrABaseline) {
  scoring_.priorities[kPriority] = {"Customers leave quietly", ""};
  auto made = CreateAction(OnPriority());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE(made->has_kpi());
  EXPECT_FALSE(made->has_kpi_baseline());

  scoring_.priorities[kPriority] = {"Paying is slow", "pay"};
  scoring_.baseline = {};
  scoring_.baseline.set_suppressed(true);
  made = CreateAction(OnPriority());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE(made->has_kpi());

  v1::Action action = OnPriority();
  action.mutable_kpi()->set_step("pay");
  EXPECT_THAT(std::string(CreateAction(action).status().message()),
              HasSubstr("kpi.target '0' must be 1 to 100, as the baseline is not known yet"));
}

TEST_P(ActionServiceTest, RefusesWhatIsNotThere) {
  v1::Action action = OnPriority();
  action.set_priority("tenants/demo/journeyMaps/buy/priorities/gone");
  absl::Status status = CreateAction(action).status();
  EXPECT_EQ(ReasonOf(status), "PRIORITY_NOT_FOUND");
  EXPECT_THAT(std::string(status.message()), HasSubstr("buy/priorities/gone"));

  action = Titled("x");
  action.set_programme("tenants/demo/programmes/none");
  EXPECT_EQ(ReasonOf(CreateAction(action).status()), "PROGRAMME_NOT_FOUND");

  action = Titled("x");
  action.mutable_kpi()->set_journey_map(kMap);
  action.mutable_kpi()->set_step("smile");
  status = CreateAction(action).status();
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_THAT(std::string(status.message()), HasSubstr("kpi.step 'smile' must be a step of"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("it has order, pay"));

  action.mutable_kpi()->set_journey_map("tenants/demo/journeyMaps/none");
  EXPECT_EQ(ReasonOf(CreateAction(action).status()), "JOURNEY_MAP_NOT_FOUND");
  EXPECT_THAT(ListActions(10), IsEmpty());
}

TEST_P(ActionServiceTest, RefusesATakenIdAndAForeignTenant) {
  ASSERT_TRUE(CreateProgramme("p1").ok());
  const absl::Status status = CreateProgramme("p1").status();
  EXPECT_EQ(ReasonOf(status), "ALREADY_EXISTS");
  EXPECT_THAT(std::string(status.message()), HasSubstr("tenants/demo/programmes/p1"));
  EXPECT_EQ(ReasonOf(CreateAction(Titled("x"), "no good").status()), "INVALID_FIELD");
  v1::GetActionRequest request;
  request.set_name("tenants/other/actions/a");
  EXPECT_EQ(ReasonOf(Call(&Stub::GetAction, request).status()), "TENANT_DENIED");
  request.set_name("tenants/demo/actions/none");
  EXPECT_EQ(ReasonOf(Call(&Stub::GetAction, request).status()), "ACTION_NOT_FOUND");
}

TEST_P(ActionServiceTest, AnswersARepeatedCreateAsTheFirstForADay) {
  const auto first = CreateAction(OnPriority(), "", "r1");
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(SetState(*first, v1::Action::STATE_CANCELLED).ok());
  scoring_.down = absl::UnavailableError("down");
  clock_.Advance(absl::Hours(24));
  const auto again = CreateAction(OnPriority(), "", "r1");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(MessageDifferencer::Equals(*again, *first)) << again->DebugString();
  EXPECT_EQ(ListActions(10).size(), 1u);

  const absl::Status other = CreateAction(Titled("another"), "", "r1").status();
  EXPECT_EQ(ReasonOf(other), "INVALID_FIELD");
  EXPECT_THAT(std::string(other.message()), HasSubstr("request_id 'r1'"));

  scoring_.down = absl::OkStatus();
  clock_.Advance(absl::Microseconds(1));
  const auto late = CreateAction(OnPriority(), "", "r1");
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_NE(late->name(), first->name());
  EXPECT_EQ(CreateAction(OnPriority(), "", "r1")->name(), late->name());
}

TEST_P(ActionServiceTest, MakesOneActionOfManyEqualCreatesAtOnce) {
  constexpr int kCallers = 8;
  std::vector<std::string> names(kCallers);
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] {
      const auto made = CreateAction(Titled("once"), "", "r1");
      names[i] = made.ok() ? made->name() : made.status().ToString();
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 1u)
      << ::testing::PrintToString(names);
  EXPECT_EQ(ListActions(10).size(), 1u);
}

TEST_P(ActionServiceTest, ListsActionsTheNewestFirstPageByPage) {
  for (const char* id : {"a1", "a2", "a3", "a4", "a5"}) {
    const auto made = CreateAction(Titled(id), id);
    ASSERT_TRUE(made.ok()) << made.status();
    if (id[1] % 2 == 0) {
      ASSERT_TRUE(SetState(*made, v1::Action::STATE_CANCELLED).ok());
    }
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_THAT(ListActions(2), ElementsAre("a5", "a4", "a3", "a2", "a1"));
  EXPECT_THAT(ListActions(1, v1::Action::STATE_CANCELLED), ElementsAre("a4", "a2"));

  v1::ListActionsRequest request;
  request.set_parent("tenants/demo");
  request.set_page_size(1);
  request.set_page_token(Call(&Stub::ListActions, request)->next_page_token());
  request.set_state(v1::Action::STATE_PLANNED);
  EXPECT_EQ(ReasonOf(Call(&Stub::ListActions, request).status()), "PAGE_TOKEN_MISMATCH");
  request.set_page_token("x");
  EXPECT_EQ(ReasonOf(Call(&Stub::ListActions, request).status()), "PAGE_TOKEN_INVALID");
  request.set_page_size(-1);
  EXPECT_EQ(ReasonOf(Call(&Stub::ListActions, request).status()), "INVALID_FIELD");
}

TEST_P(ActionServiceTest, ChangesTheMaskedFieldsAndTheEtag) {
  v1::Action given = Titled("Train the desk");
  given.set_owner("Ana");
  const auto made = CreateAction(given);
  ASSERT_TRUE(made.ok()) << made.status();
  clock_.Advance(absl::Seconds(5));
  v1::Action change;
  change.set_name(made->name());
  change.set_owner("Ben");
  change.set_etag(made->etag());
  const auto changed = UpdateAction(change, {"owner", "create_time"});
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->owner(), "Ben");
  EXPECT_EQ(changed->display_name(), "Train the desk");
  EXPECT_EQ(changed->create_time().seconds(), made->create_time().seconds());
  EXPECT_EQ(changed->update_time().seconds(), made->update_time().seconds() + 5);
  EXPECT_NE(changed->etag(), made->etag());

  EXPECT_EQ(ReasonOf(UpdateAction(change, {"owner"}).status()), "ETAG_MISMATCH");
  EXPECT_EQ(ReasonOf(UpdateAction(change, {"ownr"}).status()), "INVALID_FIELD");
  change.set_name("tenants/demo/actions/none");
  EXPECT_EQ(ReasonOf(UpdateAction(change, {"owner"}).status()), "ACTION_NOT_FOUND");
  change = *changed;
  change.set_programme("tenants/demo/programmes/none");
  EXPECT_EQ(ReasonOf(UpdateAction(change, {}).status()), "PROGRAMME_NOT_FOUND");
  ASSERT_TRUE(CreateProgramme("p1").ok());
  change.set_programme("tenants/demo/programmes/p1");
  EXPECT_TRUE(UpdateAction(change, {}).ok());
}

TEST_P(ActionServiceTest, LetsOneOfConcurrentUpdatesWithOneEtagWin) {
  const auto made = CreateAction(Titled("x"));
  ASSERT_TRUE(made.ok()) << made.status();
  constexpr int kCallers = 8;
  std::atomic<int> won = 0;
  std::atomic<int> lost = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] {
      v1::Action change = *made;
      change.set_owner(absl::StrCat("caller ", i));
      const auto result = UpdateAction(change, {"owner"});
      if (result.ok()) ++won;
      if (ReasonOf(result.status()) == "ETAG_MISMATCH") ++lost;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, kCallers - 1);
}

TEST_P(ActionServiceTest, TakesAnActionThroughItsStates) {
  const auto made = CreateAction(Titled("x"));
  ASSERT_TRUE(made.ok()) << made.status();
  const absl::Time start = clock_.Now() + absl::Hours(1);
  clock_.Set(start);
  const auto started = SetState(*made, v1::Action::STATE_IN_PROGRESS);
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(started->start_time().seconds(), absl::ToUnixSeconds(start));

  const absl::Status back = SetState(*made, v1::Action::STATE_PLANNED).status();
  EXPECT_EQ(ReasonOf(back), "INVALID_STATE");
  EXPECT_THAT(std::string(back.message()),
              HasSubstr("is STATE_IN_PROGRESS and cannot become STATE_PLANNED; what can follow is "
                        "STATE_DONE or STATE_CANCELLED"));

  clock_.Advance(absl::Hours(2));
  const auto done = SetState(*made, v1::Action::STATE_DONE);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->start_time().seconds(), absl::ToUnixSeconds(start));
  EXPECT_EQ(done->done_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  EXPECT_THAT(std::string(SetState(*made, v1::Action::STATE_IN_PROGRESS).status().message()),
              HasSubstr("is STATE_DONE and cannot become STATE_IN_PROGRESS; that state is final"));
  EXPECT_EQ(SetState(*made, v1::Action::STATE_UNSPECIFIED)->state(), v1::Action::STATE_DONE);
}

TEST_P(ActionServiceTest, EvaluatesAnActionByWhatHappenedBeforeAndAfterIt) {
  const auto made = CreateAction(OnPriority());
  ASSERT_TRUE(made.ok()) << made.status();
  const absl::Status unstarted = Evaluate(made->name()).status();
  EXPECT_EQ(ReasonOf(unstarted), "INVALID_STATE");
  EXPECT_THAT(std::string(unstarted.message()), HasSubstr("has not been started"));

  const auto started = SetState(*made, v1::Action::STATE_IN_PROGRESS);
  scoring_.asked.clear();
  auto effect = Evaluate(made->name());
  ASSERT_TRUE(effect.ok()) << effect.status();
  EXPECT_EQ(effect->verdict(), v1::Effect::VERDICT_BETTER);
  EXPECT_EQ(effect->before().value(), 55);
  EXPECT_EQ(effect->after().value(), 70);
  EXPECT_NEAR(effect->difference().value(), 15, 1e-12);
  EXPECT_LT(effect->p_value(), 0.001);
  ASSERT_EQ(scoring_.asked.size(), 2u);
  EXPECT_FALSE(scoring_.asked[0].has_start_time());
  EXPECT_TRUE(MessageDifferencer::Equals(scoring_.asked[0].end_time(), started->start_time()));
  EXPECT_TRUE(MessageDifferencer::Equals(scoring_.asked[1].start_time(), started->start_time()));
  EXPECT_FALSE(scoring_.asked[1].has_end_time());

  clock_.Advance(absl::Hours(1));
  const auto done = SetState(*made, v1::Action::STATE_DONE);
  scoring_.after = MakeScore(70, 29);
  scoring_.asked.clear();
  effect = Evaluate(made->name());
  ASSERT_TRUE(effect.ok()) << effect.status();
  EXPECT_EQ(effect->verdict(), v1::Effect::VERDICT_TOO_LITTLE_DATA);
  EXPECT_TRUE(MessageDifferencer::Equals(scoring_.asked[0].end_time(), started->start_time()));
  EXPECT_TRUE(MessageDifferencer::Equals(scoring_.asked[1].start_time(), done->done_time()));

  scoring_.steps = {"order"};
  EXPECT_EQ(ReasonOf(Evaluate(made->name()).status()), "INVALID_STATE");
  const auto without_kpi = CreateAction(Titled("x"));
  EXPECT_THAT(std::string(Evaluate(without_kpi->name()).status().message()),
              HasSubstr("has no KPI"));
}

TEST_P(ActionServiceTest, TellsWhichCasesAreOverdueWhenTheyAreRead) {
  ASSERT_TRUE(CreateCase("later", absl::Hours(2)).ok());
  const auto soon = CreateCase("soon", absl::Hours(1));
  ASSERT_TRUE(soon.ok()) << soon.status();
  EXPECT_EQ(soon->state(), v1::Case::STATE_OPEN);
  EXPECT_FALSE(soon->overdue());
  v1::GetCaseRequest get;
  get.set_name(soon->name());
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(Call(&Stub::GetCase, get)->overdue());
  clock_.Advance(absl::Microseconds(1));
  const auto overdue = Call(&Stub::GetCase, get);
  EXPECT_TRUE(overdue->overdue());
  EXPECT_EQ(overdue->etag(), soon->etag());

  v1::ListCasesRequest list;
  list.set_parent("tenants/demo");
  auto page = Call(&Stub::ListCases, list);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->cases_size(), 2);
  EXPECT_EQ(page->cases(0).name(), soon->name());
  EXPECT_TRUE(page->cases(0).overdue());
  EXPECT_FALSE(page->cases(1).overdue());

  // A case that was closed late stays so; one that was closed in time never becomes overdue.
  for (int i : {0, 1}) {
    v1::Case closed = page->cases(i);
    closed.set_state(v1::Case::STATE_CLOSED);
    closed.set_resolution("Called back");
    ASSERT_TRUE(UpdateCase(closed, {"state", "resolution"}).ok());
  }
  clock_.Advance(absl::Hours(100));
  list.set_state(v1::Case::STATE_CLOSED);
  page = Call(&Stub::ListCases, list);
  ASSERT_EQ(page->cases_size(), 2);
  EXPECT_TRUE(page->cases(0).overdue());
  EXPECT_FALSE(page->cases(1).overdue());
  list.set_state(v1::Case::STATE_OPEN);
  EXPECT_EQ(Call(&Stub::ListCases, list)->cases_size(), 0);
}

TEST_P(ActionServiceTest, ClosesACaseOnceAndWithAResolution) {
  auto a_case = CreateCase("c1", absl::Hours(1));
  ASSERT_TRUE(a_case.ok()) << a_case.status();
  a_case->set_state(v1::Case::STATE_CLOSED);
  EXPECT_EQ(ReasonOf(UpdateCase(*a_case, {"state"}).status()), "INVALID_FIELD");
  a_case->set_resolution("Refunded");
  const auto closed = UpdateCase(*a_case, {});
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->close_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  v1::Case reopened = *closed;
  reopened.set_state(v1::Case::STATE_OPEN);
  const absl::Status status = UpdateCase(reopened, {"state"}).status();
  EXPECT_EQ(ReasonOf(status), "INVALID_STATE");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("is STATE_CLOSED and cannot become STATE_OPEN"));
  EXPECT_EQ(ReasonOf(Call(&Stub::GetCase, v1::GetCaseRequest()).status()), "TENANT_DENIED");
}

TEST_P(ActionServiceTest, KeepsProgrammes) {
  for (const char* id : {"p2", "p1"}) ASSERT_TRUE(CreateProgramme(id).ok());
  v1::ListProgrammesRequest list;
  list.set_parent("tenants/demo");
  const auto page = Call(&Stub::ListProgrammes, list);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->programmes_size(), 2);
  EXPECT_EQ(page->programmes(0).name(), "tenants/demo/programmes/p1");

  v1::UpdateProgrammeRequest update;
  *update.mutable_programme() = page->programmes(0);
  update.mutable_programme()->add_phases()->set_kind(v1::PHASE_KIND_IMPROVE);
  const auto updated = Call(&Stub::UpdateProgramme, update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  v1::GetProgrammeRequest get;
  get.set_name(updated->name());
  EXPECT_TRUE(MessageDifferencer::Equals(*Call(&Stub::GetProgramme, get), *updated));
  EXPECT_EQ(ReasonOf(Call(&Stub::UpdateProgramme, update).status()), "ETAG_MISMATCH");
  get.set_name("tenants/demo/programmes/none");
  EXPECT_EQ(ReasonOf(Call(&Stub::GetProgramme, get).status()), "PROGRAMME_NOT_FOUND");
}

}  // namespace
}  // namespace waymark::action
