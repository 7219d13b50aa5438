#include "libs/columns/funnel.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/columns/test_log.h"

namespace waymark::columns {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<int64_t> Reached(const View& view, const FunnelSpec& spec) {
  const absl::StatusOr<Funnel> funnel = MeasureFunnel(view, spec);
  EXPECT_TRUE(funnel.ok()) << funnel.status();
  std::vector<int64_t> reached;
  for (const FunnelStep& step : funnel->steps) reached.push_back(step.reached);
  return reached;
}

/// One customer whose steps come a second apart unless a number (seconds to wait) stands between.
Log OneCase(const std::vector<std::string>& steps) {
  Log log;
  int64_t now = 0;
  for (const std::string& step : steps) {
    if (std::isdigit(step[0])) {
      now += std::stoi(step) * kSecond;
      continue;
    }
    log.push_back({.customer = "c", .activity = step, .micros = now += kSecond});
  }
  return log;
}

TEST(FunnelTest, EventualAllowsAnythingInBetween) {
  const View view = ViewOf(OneCase({"b", "a", "x", "b", "3000", "a", "c"}));
  EXPECT_THAT(Reached(view, {.steps = {"a", "b", "c"}}), ElementsAre(1, 1, 1));
  EXPECT_THAT(Reached(view, {.steps = {"c", "a"}}), ElementsAre(1, 0));
  EXPECT_THAT(Reached(view, {.steps = {"a", "unknown", "c"}}), ElementsAre(1, 0, 0));
}

TEST(FunnelTest, AStepNamedTwiceTakesTwoEvents) {
  const FunnelSpec twice = {.steps = {"a", "a"}};
  EXPECT_THAT(Reached(ViewOf(OneCase({"a", "b"})), twice), ElementsAre(1, 0));
  EXPECT_THAT(Reached(ViewOf(OneCase({"a", "b", "a"})), twice), ElementsAre(1, 1));
  const FunnelSpec in_window = {
      .steps = {"a", "a"}, .window_micros = 9 * kSecond, .start = FunnelStart::kAny};
  EXPECT_THAT(Reached(ViewOf(OneCase({"a", "b"})), in_window), ElementsAre(1, 0));
  EXPECT_THAT(Reached(ViewOf(OneCase({"a", "a"})), in_window), ElementsAre(1, 1));
}

TEST(FunnelTest, TheStartPolicyDecidesWhichFirstStepOpensTheWindow) {
  const View view = ViewOf(OneCase({"a", "100", "a", "b", "c"}));
  const FunnelSpec first = {.steps = {"a", "b", "c"}, .window_micros = 10 * kSecond};
  FunnelSpec any = first;
  any.start = FunnelStart::kAny;
  EXPECT_THAT(Reached(view, first), ElementsAre(1, 0, 0));
  EXPECT_THAT(Reached(view, any), ElementsAre(1, 1, 1));
}

TEST(FunnelTest, TheWindowIncludesItsEnd) {
  const View view = ViewOf(OneCase({"a", "4", "b"}));
  FunnelSpec spec = {.steps = {"a", "b"}, .window_micros = 5 * kSecond};
  EXPECT_THAT(Reached(view, spec), ElementsAre(1, 1));
  spec.window_micros = 5 * kSecond - 1;
  EXPECT_THAT(Reached(view, spec), ElementsAre(1, 0));
}

TEST(FunnelTest, RefusesNoStepsTooManyAndNegativeWindows) {
  const View view = ViewOf({});
  EXPECT_EQ(MeasureFunnel(view, {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(
          MeasureFunnel(view, {.steps = std::vector<std::string>(65, "a")}).status().message()),
      HasSubstr("65"));
  EXPECT_FALSE(MeasureFunnel(view, {.steps = {"a"}, .window_micros = -1}).ok());
}

/// How far `events` get through `steps` from event `start` on, at best.
size_t NaiveFrom(const Log& events, size_t start, const FunnelSpec& spec) {
  size_t reached = 0;
  for (size_t i = start; i < events.size() && reached < spec.steps.size(); ++i) {
    if (events[i].activity != spec.steps[reached]) continue;
    if (spec.window_micros && events[i].micros - events[start].micros > *spec.window_micros) break;
    ++reached;
  }
  return reached;
}

size_t NaiveReached(const Log& events, const FunnelSpec& spec) {
  size_t best = 0;
  for (size_t start = 0; start < events.size(); ++start) {
    if (events[start].activity != spec.steps[0]) continue;
    best = std::max(best, NaiveFrom(events, start, spec));
    if (spec.start == FunnelStart::kFirst) break;
  }
  return best;
}

TEST(FunnelTest, AgreesWithANaiveReadingOfRandomLogsInEveryMode) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 200; ++round) {
    const Log log = RandomLog(&random, 600, 60, 4, 1);
    FunnelSpec spec;
    for (uint64_t i = 0; i < 1 + random() % 5; ++i) {
      spec.steps.push_back("a" + std::to_string(random() % 4));
    }
    if (random() % 3 != 0) spec.window_micros = (random() % 40) * kSecond;
    spec.start = random() % 2 == 0 ? FunnelStart::kFirst : FunnelStart::kAny;

    const absl::StatusOr<Funnel> funnel = MeasureFunnel(ViewOf(log), spec);
    ASSERT_TRUE(funnel.ok());
    std::vector<int64_t> stopped_at(spec.steps.size() + 1, 0);
    const std::vector<Log> cases = NaiveCases(log);
    for (const Log& events : cases) ++stopped_at[NaiveReached(events, spec)];
    EXPECT_EQ(funnel->cases, static_cast<int64_t>(cases.size()));
    EXPECT_EQ(funnel->never_entered, stopped_at[0]);
    int64_t left = funnel->cases - funnel->never_entered;
    for (size_t i = 0; i < spec.steps.size(); ++i) {
      EXPECT_EQ(funnel->steps[i].reached, left);
      EXPECT_EQ(funnel->steps[i].stopped, stopped_at[i + 1]);
      left -= stopped_at[i + 1];
    }
    EXPECT_EQ(left, 0);
  }
}

}  // namespace
}  // namespace waymark::columns
