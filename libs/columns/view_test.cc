#include "libs/columns/view.h"

#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/columns/event_store.h"
#include "libs/columns/test_log.h"

namespace waymark::columns {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// Each case as its steps with spaces between.
std::vector<std::string> CasesOf(const View& view) {
  std::vector<std::string> cases;
  for (size_t c = 0; c < view.cases(); ++c) {
    std::string& steps = cases.emplace_back();
    for (size_t i = view.case_begin()[c]; i < view.case_begin()[c + 1]; ++i) {
      if (!steps.empty()) steps += ' ';
      steps += view.step_names().Name(view.steps()[i]);
    }
  }
  return cases;
}

Log SmallLog() {
  return {
      {.customer = "ann", .activity = "a", .micros = 1, .source = "web", .session = "s1"},
      {.customer = "ann",
       .activity = "b",
       .micros = 5,
       .source = "app",
       .session = "s2",
       .attributes = {{"plan", "pro"}, {"order", "o1"}}},
      {.customer = "ann", .activity = "c", .micros = 6, .source = "web", .session = "s2"},
      {.customer = "bob",
       .activity = "a",
       .micros = 2,
       .source = "web",
       .session = "s3",
       .touchpoint = "desk",
       .attributes = {{"plan", "free"}}},
      {.customer = "bob",
       .activity = "d",
       .micros = 3,
       .source = "app",
       .session = "s3",
       .attributes = {{"order", "o1"}, {"plan", "pro"}}},
      {.customer = "", .activity = "e", .micros = 4, .source = "web", .session = "s2"},
  };
}

TEST(ViewTest, TheCustomerIsTheCaseAndNamelessEventsJoinNone) {
  EXPECT_THAT(CasesOf(ViewOf(SmallLog())), UnorderedElementsAre("a b c", "a d"));
}

TEST(ViewTest, ASessionMayBeTheCase) {
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), {.case_by = {.kind = CaseBy::Kind::kSession}})),
              UnorderedElementsAre("a", "e b c", "a d"));
}

TEST(ViewTest, AnAttributeMayBeTheCaseAcrossCustomers) {
  const auto by = [](std::string key) {
    return Query{.case_by = {.kind = CaseBy::Kind::kAttribute, .attribute = std::move(key)}};
  };
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), by("order"))), ElementsAre("d b"));
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), by("plan"))), UnorderedElementsAre("d b", "a"));
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), by("unknown"))), IsEmpty());
}

TEST(ViewTest, AGapCutsACustomerIntoCases) {
  const auto with_gap = [](int64_t micros) {
    return Query{.case_by = {.kind = CaseBy::Kind::kGap, .gap_micros = micros}};
  };
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), with_gap(3))), UnorderedElementsAre("a", "b c", "a d"));
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), with_gap(4))), UnorderedElementsAre("a b c", "a d"));
}

TEST(ViewTest, FiltersBySourceTimeAndAttributes) {
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), {.filter = {.sources = {"web"}}})),
              UnorderedElementsAre("a c", "a"));
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), {.filter = {.sources = {"web", "app"}}})),
              UnorderedElementsAre("a b c", "a d"));
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), {.filter = {.sources = {"nowhere"}}})), IsEmpty());
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), {.filter = {.from_micros = 2, .to_micros = 6}})),
              UnorderedElementsAre("b", "a d"));
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), {.filter = {.attributes = {{"plan", "pro"}}}})),
              UnorderedElementsAre("b", "d"));
  EXPECT_THAT(
      CasesOf(ViewOf(SmallLog(), {.filter = {.sources = {"app"},
                                             .from_micros = 4,
                                             .attributes = {{"plan", "pro"}, {"order", "o1"}}}})),
      ElementsAre("b"));
  EXPECT_THAT(
      CasesOf(
          ViewOf(SmallLog(),
                 {.filter = {.attributes = {{"plan", "pro"}, {"plan", "free"}, {"order", "o1"}}}})),
      UnorderedElementsAre("b", "d"));
  EXPECT_THAT(
      CasesOf(ViewOf(SmallLog(), {.filter = {.attributes = {{"plan", "pro"}, {"plan", "free"}}}})),
      UnorderedElementsAre("b", "a d"));
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), {.filter = {.attributes = {{"plan", "gold"}}}})),
              IsEmpty());
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), {.filter = {.attributes = {{"nothing", ""}}}})),
              IsEmpty());
}

TEST(ViewTest, TouchpointsMayBeTheStepsAndEventsWithoutOneAreLeftOut) {
  EXPECT_THAT(CasesOf(ViewOf(SmallLog(), {.step_by = StepBy::kTouchpoint})), ElementsAre("desk"));
}

TEST(ViewTest, OutlivesItsStoreAndMoves) {
  View view = ViewOf(SmallLog(), {.filter = {.sources = {"web"}}});
  View moved = std::move(view);
  EXPECT_THAT(CasesOf(moved), UnorderedElementsAre("a c", "a"));
}

TEST(ViewTest, AThirtyMinuteGapMakesTheShopsOwnSessions) {
  const std::string path = DataFile("ecom/ecom_dev.csv");
  WM_REQUIRE_DATA(path);
  const Log log = ReadLog(path, "user_id", "event", "timestamp", "%Y-%m-%d %H:%M:%S", "session_id");
  const auto store = StoreOf(log);
  const View by_customer(store->GetSnapshot(), {});
  EXPECT_EQ(by_customer.cases(), 370u);
  EXPECT_EQ(by_customer.events(), 19350u);
  const View by_gap(store->GetSnapshot(),
                    {.case_by = {.kind = CaseBy::Kind::kGap, .gap_micros = 30 * 60 * kSecond}});
  const View by_session(store->GetSnapshot(), {.case_by = {.kind = CaseBy::Kind::kSession}});
  EXPECT_EQ(by_session.cases(), 2244u);

  const auto walks = [](const View& view) {
    std::multiset<std::pair<int64_t, std::string>> walks;
    const std::vector<std::string> steps = CasesOf(view);
    for (size_t c = 0; c < view.cases(); ++c) {
      walks.emplace(view.times()[view.case_begin()[c]], steps[c]);
    }
    return walks;
  };
  EXPECT_EQ(walks(by_gap), walks(by_session));
}

}  // namespace
}  // namespace waymark::columns
