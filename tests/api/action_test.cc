// Work on what was found: states, KPIs and the proof.
#include "absl/strings/str_cat.h"
#include "tests/api/messages.h"
#include "tests/api/server.h"
#include "tests/api/signals.h"
#include "waymark/action/v1/action_service.pb.h"
#include "waymark/scoring/v1/scoring_service.pb.h"

namespace waymark::api_test {
namespace {

using action::v1::Action;
using action::v1::Case;
using action::v1::CreateActionRequest;
using action::v1::CreateCaseRequest;
using action::v1::Effect;
using action::v1::EvaluateActionRequest;
using action::v1::UpdateActionRequest;
using action::v1::UpdateCaseRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ActionTest : public ApiTest {
 protected:
  Action Create(const std::string& id, Action::State state = Action::STATE_UNSPECIFIED) const {
    CreateActionRequest request;
    request.set_parent(client_.parent());
    request.set_action_id(id);
    request.mutable_action()->set_display_name("Mend " + id);
    request.mutable_action()->set_state(state);
    return client_.Get<Action>(request);
  }
  grpc::Status SetState(const std::string& id, Action::State state, Action* changed) const {
    UpdateActionRequest request;
    request.mutable_action()->set_name(client_.parent() + "/actions/" + id);
    request.mutable_action()->set_state(state);
    request.mutable_update_mask()->add_paths("state");
    return client_.Try(request, changed);
  }
  Case OpenCase(const std::string& id, int64_t due_seconds) const {
    CreateCaseRequest request;
    request.set_parent(client_.parent());
    request.set_case_id(id);
    request.mutable_case_()->set_customer("ann");
    request.mutable_case_()->mutable_due_time()->set_seconds(due_seconds);
    return client_.Get<Case>(request);
  }
  std::vector<std::string> Ids(const std::string& list, const std::string& more = "") const {
    const Reply reply = client_.Send(list, "parent: '$0' " + more);
    EXPECT_THAT(reply.status, IsOk());
    std::vector<std::string> ids;
    for (const std::string& item : Items(*reply.body)) {
      const size_t begin = item.find_last_of('/', item.find("\" ")) + 1;
      ids.push_back(item.substr(begin, item.find('"', begin) - begin));
    }
    return ids;
  }
};

TEST_F(ActionTest, GoesThroughItsStatesOnceAndForward) {
  const Action made = Create("a");
  EXPECT_EQ(made.state(), Action::STATE_PLANNED);
  EXPECT_FALSE(made.has_start_time());
  Action changed;
  ASSERT_THAT(SetState("a", Action::STATE_IN_PROGRESS, &changed), IsOk());
  EXPECT_TRUE(changed.has_start_time());
  EXPECT_FALSE(changed.has_done_time());
  ASSERT_THAT(SetState("a", Action::STATE_DONE, &changed), IsOk());
  EXPECT_TRUE(changed.has_done_time());
  for (const auto state :
       {Action::STATE_PLANNED, Action::STATE_IN_PROGRESS, Action::STATE_CANCELLED}) {
    EXPECT_THAT(SetState("a", state, &changed), Fails(grpc::FAILED_PRECONDITION, "INVALID_STATE"));
  }
}

TEST_F(ActionTest, ListsTheNewestFirstAndByState) {
  for (const char* id : {"a", "b", "c"}) Create(id);
  Action changed;
  ASSERT_THAT(SetState("b", Action::STATE_DONE, &changed), IsOk());
  EXPECT_THAT(Ids("ListActions"), ElementsAre("c", "b", "a"));
  EXPECT_THAT(Ids("ListActions", "state: STATE_PLANNED"), ElementsAre("c", "a"));
  EXPECT_THAT(Ids("ListActions", "state: STATE_DONE"), ElementsAre("b"));
}

TEST_F(ActionTest, APageTokenIsOfOneState) {
  for (const char* id : {"a", "b"}) Create(id);
  OpenCase("a", 1);
  OpenCase("b", 2);
  for (const char* list : {"ListActions", "ListCases"}) {
    const Reply first = client_.Send(list, "parent: '$0' page_size: 1");
    ASSERT_THAT(first.status, IsOk());
    const std::string token = Text(*first.body, "next_page_token");
    EXPECT_THAT(client_
                    .Send(list, absl::StrCat("parent: '$0' page_size: 1 state: STATE_IN_PROGRESS "
                                             "page_token: '",
                                             token, "'"))
                    .status,
                Fails(grpc::INVALID_ARGUMENT, "PAGE_TOKEN_MISMATCH"));
  }
}

TEST_F(ActionTest, BelongsToAProgrammeThatThereIs) {
  EXPECT_THAT(client_
                  .Send("CreateAction",
                        "parent: '$0' action { display_name: 'x' programme: "
                        "'$0/programmes/none' }")
                  .status,
              Fails(grpc::NOT_FOUND, "PROGRAMME_NOT_FOUND"));
  EXPECT_THAT(client_
                  .Send("CreateAction",
                        "parent: '$0' action { display_name: 'x' kpi { journey_map: "
                        "'$0/journeyMaps/none' step: 's' target: 50 } }")
                  .status,
              Fails(grpc::NOT_FOUND, "JOURNEY_MAP_NOT_FOUND"));
  EXPECT_THAT(client_
                  .Send("CreateAction",
                        "parent: '$0' action { display_name: 'x' programme: "
                        "'tenants/nobody/programmes/p' }")
                  .status,
              Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
}

TEST_F(ActionTest, IsEvaluatedByAKpiSinceItsStartOnly) {
  Create("a");
  const std::string evaluate = "name: '$0/actions/a'";
  EXPECT_THAT(client_.Send("EvaluateAction", evaluate).status,
              Fails(grpc::FAILED_PRECONDITION, "INVALID_STATE"));
}

TEST_F(ActionTest, OnAPriorityTakesItsStepAsKpi) {
  for (const char* touchpoint : {"good", "bad"}) {
    client_.Send("UpdateTouchpoint", absl::StrCat("touchpoint { name: '$0/touchpoints/", touchpoint,
                                                  "' } allow_missing: true"));
  }
  ASSERT_THAT(client_
                  .Send("UpdateJourneyMap",
                        "journey_map { name: '$0/journeyMaps/m' stages { id: 's' "
                        "steps { id: 'fine' touchpoint: 'good' } "
                        "steps { id: 'sore' touchpoint: 'bad' } } } allow_missing: true")
                  .status,
              IsOk());
  std::vector<feedback::v1::Signal> surveys;
  for (int i = 0; i < 60; ++i) {
    surveys.push_back(Survey(absl::StrCat("s", i), absl::StrCat("customer-", i)));
    Rate("good-q", 4 + i % 2, &surveys.back())->set_touchpoint("good");
    Rate("bad-q", 1 + i % 2, &surveys.back())->set_touchpoint("bad");
  }
  scoring::v1::ListPrioritiesRequest list;
  list.set_parent(client_.parent() + "/journeyMaps/m");
  list.set_min_position(Ingest(client_, surveys).position());
  const auto priorities = client_.Get<scoring::v1::ListPrioritiesResponse>(list);
  ASSERT_GE(priorities.priorities_size(), 1);
  const auto& priority = priorities.priorities(0);

  CreateActionRequest request;
  request.set_parent(client_.parent());
  request.mutable_action()->set_priority(priority.name());
  request.mutable_action()->set_state(Action::STATE_IN_PROGRESS);
  const Action made = client_.Get<Action>(request);
  EXPECT_EQ(made.display_name(), priority.title());
  EXPECT_EQ(made.kpi().journey_map(), list.parent());
  EXPECT_EQ(made.kpi().step(), "sore");
  EXPECT_NEAR(made.kpi().target(), 50.5, 1e-6);
  EXPECT_NEAR(made.kpi_baseline().value(), 13.375, 1e-6);
  EXPECT_EQ(made.kpi_baseline().n(), 60);

  EvaluateActionRequest evaluate;
  evaluate.set_name(made.name());
  const Effect effect = client_.Get<Effect>(evaluate);
  EXPECT_EQ(effect.before().n(), 60);
  EXPECT_EQ(effect.after().n(), 0);
  EXPECT_EQ(effect.verdict(), Effect::VERDICT_TOO_LITTLE_DATA);

  // From now on those who come are content: the action worked.
  surveys.clear();
  for (int i = 0; i < 60; ++i) {
    surveys.push_back(Survey(absl::StrCat("later", i), absl::StrCat("new-customer-", i)));
    *surveys.back().mutable_event_time() = made.start_time();
    surveys.back().mutable_event_time()->set_seconds(made.start_time().seconds() + 60);
    Rate("bad-q", 4 + i % 2, &surveys.back())->set_touchpoint("bad");
  }
  list.set_min_position(Ingest(client_, surveys).position());
  client_.Get<scoring::v1::ListPrioritiesResponse>(list);
  const Effect better = client_.Get<Effect>(evaluate);
  EXPECT_EQ(better.verdict(), Effect::VERDICT_BETTER);
  EXPECT_NEAR(better.difference().value(), 87.625 - 13.375, 1e-6);
  EXPECT_GT(better.difference().lower(), 0);
  EXPECT_LT(better.p_value(), 0.001);

  request.mutable_action()->set_priority(list.parent() + "/priorities/none");
  Action refused;
  EXPECT_THAT(client_.Try(request, &refused), Fails(grpc::NOT_FOUND, "PRIORITY_NOT_FOUND"));
}

TEST_F(ActionTest, CasesAreListedByTheirClock) {
  EXPECT_TRUE(OpenCase("late", 1).overdue());
  EXPECT_FALSE(OpenCase("far", 4'000'000'000).overdue());
  OpenCase("near", 3'000'000'000);
  EXPECT_THAT(Ids("ListCases"), ElementsAre("late", "near", "far"));
}

TEST_F(ActionTest, ACaseIsClosedWithItsResolution) {
  const Case made = OpenCase("c", 4'000'000'000);
  EXPECT_EQ(made.state(), Case::STATE_OPEN);
  UpdateCaseRequest request;
  request.mutable_case_()->set_name(made.name());
  request.mutable_case_()->set_state(Case::STATE_CLOSED);
  request.mutable_update_mask()->add_paths("state");
  request.mutable_update_mask()->add_paths("resolution");
  Case closed;
  EXPECT_THAT(client_.Try(request, &closed), Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
  request.mutable_case_()->set_resolution("apologised");
  ASSERT_THAT(client_.Try(request, &closed), IsOk());
  EXPECT_TRUE(closed.has_close_time());
  EXPECT_FALSE(closed.overdue());
  request.mutable_case_()->set_state(Case::STATE_OPEN);
  EXPECT_THAT(client_.Try(request, &closed), Fails(grpc::FAILED_PRECONDITION, "INVALID_STATE"));
}

TEST_F(ActionTest, MoneyIsInCurrenciesThatThereAre) {
  const grpc::Status status =
      client_
          .Send("CreateAction",
                "parent: '$0' action { display_name: 'x' budget { currency_code: "
                "'EURO' micros: -1 } }")
          .status;
  EXPECT_THAT(status, Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_THAT(status.error_message(), AllOf(HasSubstr("EURO"), HasSubstr("micros")));
}

}  // namespace
}  // namespace waymark::api_test
