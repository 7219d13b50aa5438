#include "services/action/effect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waymark::action {
namespace {

using ::testing::DoubleNear;
using ::testing::HasSubstr;

common::v1::Estimate MakeScore(double value, double lower, double upper, int n) {
  common::v1::Estimate score;
  score.set_value(value);
  score.set_lower(lower);
  score.set_upper(upper);
  score.set_confidence(0.95);
  score.set_n(n);
  return score;
}

// Means of 40 customers with standard deviation 10 and of 50 with 12, with their t intervals.
common::v1::Estimate Fifty() { return MakeScore(50, 46.80184486944014, 53.19815513055986, 40); }
common::v1::Estimate FiftySix() { return MakeScore(56, 52.58963776028442, 59.41036223971558, 50); }

v1::Action MakeAction() {
  v1::Action action;
  action.mutable_kpi()->set_journey_map("tenants/demo/journeyMaps/buy");
  action.mutable_kpi()->set_step("pay");
  action.mutable_start_time()->set_seconds(1'700'000'000);
  return action;
}

// The expected numbers were computed apart from this code, by integrating Student's density.
TEST(EffectTest, TestsTheDifferenceOfTwoMeansAfterWelch) {
  const v1::Effect effect = Evaluate(MakeAction(), Fifty(), FiftySix());
  EXPECT_EQ(effect.verdict(), v1::Effect::VERDICT_BETTER);
  EXPECT_THAT(effect.p_value(), DoubleNear(0.011332392940834041, 1e-8));
  EXPECT_THAT(effect.difference().value(), DoubleNear(6, 1e-12));
  EXPECT_THAT(effect.difference().lower(), DoubleNear(1.3903952023270962, 1e-6));
  EXPECT_THAT(effect.difference().upper(), DoubleNear(10.609604797672905, 1e-6));
  EXPECT_EQ(effect.difference().confidence(), 0.95);
  EXPECT_EQ(effect.difference().n(), 90);
  EXPECT_EQ(effect.before().value(), 50);
  EXPECT_EQ(effect.after().value(), 56);
}

TEST(EffectTest, TellsWorseFromBetter) {
  const v1::Effect effect = Evaluate(MakeAction(), FiftySix(), Fifty());
  EXPECT_EQ(effect.verdict(), v1::Effect::VERDICT_WORSE);
  EXPECT_THAT(effect.p_value(), DoubleNear(0.011332392940834041, 1e-8));
  EXPECT_LT(effect.difference().upper(), 0);
}

TEST(EffectTest, ReadsTheSpreadFromAnIntervalThatEndsWithTheScale) {
  // The same spread around 98: the upper end was moved from 101.2 to 100.
  const double half = 50 - Fifty().lower();
  const v1::Effect whole = Evaluate(MakeAction(), Fifty(), MakeScore(90, 90 - half, 90 + half, 40));
  const v1::Effect cut = Evaluate(MakeAction(), Fifty(), MakeScore(98, 98 - half, 100, 40));
  EXPECT_THAT(cut.difference().upper() - cut.difference().lower(),
              DoubleNear(whole.difference().upper() - whole.difference().lower(), 1e-9));
}

TEST(EffectTest, FindsNoDifferenceWhereThereMayBeNone) {
  const v1::Effect effect =
      Evaluate(MakeAction(), Fifty(), MakeScore(51, 47.80184486944014, 54.19815513055986, 40));
  EXPECT_EQ(effect.verdict(), v1::Effect::VERDICT_NO_DIFFERENCE);
  EXPECT_GT(effect.p_value(), 0.05);
  EXPECT_LT(effect.difference().lower(), 0);
  EXPECT_GT(effect.difference().upper(), 0);
}

TEST(EffectTest, SaysNothingAboutFewerThanThirtyOnEitherSide) {
  common::v1::Estimate few = FiftySix();
  few.set_n(29);
  common::v1::Estimate none;
  none.set_suppressed(true);
  for (const auto& [before, after] : {std::pair(Fifty(), few), std::pair(few, Fifty()),
                                      std::pair(none, Fifty()), std::pair(Fifty(), none)}) {
    const v1::Effect effect = Evaluate(MakeAction(), before, after);
    EXPECT_EQ(effect.verdict(), v1::Effect::VERDICT_TOO_LITTLE_DATA);
    EXPECT_TRUE(effect.difference().suppressed());
    EXPECT_EQ(effect.difference().value(), 0);
    EXPECT_EQ(effect.p_value(), 1);
  }
  few.set_n(30);
  EXPECT_NE(Evaluate(MakeAction(), Fifty(), few).verdict(), v1::Effect::VERDICT_TOO_LITTLE_DATA);
}

TEST(EffectTest, IsCertainWhereNobodysAnswersVary) {
  const common::v1::Estimate low = MakeScore(40, 40, 40, 30);
  const common::v1::Estimate high = MakeScore(60, 60, 60, 30);
  const v1::Effect better = Evaluate(MakeAction(), low, high);
  EXPECT_EQ(better.verdict(), v1::Effect::VERDICT_BETTER);
  EXPECT_EQ(better.p_value(), 0);
  EXPECT_EQ(better.difference().lower(), 20);
  const v1::Effect same = Evaluate(MakeAction(), low, low);
  EXPECT_EQ(same.verdict(), v1::Effect::VERDICT_NO_DIFFERENCE);
  EXPECT_EQ(same.p_value(), 1);
}

TEST(EffectTest, SaysInWordsWhatWasCompared) {
  v1::Action action = MakeAction();
  EXPECT_THAT(Evaluate(action, Fifty(), FiftySix()).definition(),
              AllOf(HasSubstr("step 'pay' of tenants/demo/journeyMaps/buy"),
                    HasSubstr("from 2023-11-14T22:13:20Z (its start) on"), HasSubstr("Welch")));
  action.mutable_done_time()->set_seconds(1'700'000'060);
  EXPECT_THAT(Evaluate(action, Fifty(), FiftySix()).definition(),
              AllOf(HasSubstr("before 2023-11-14T22:13:20Z"),
                    HasSubstr("from 2023-11-14T22:14:20Z (its end) on")));
}

}  // namespace
}  // namespace waymark::action
