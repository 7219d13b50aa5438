#include "libs/stats/comparisons.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace waymark::stats {
namespace {

constexpr TestOptions kGreater = {.alternative = Alternative::kGreater};
constexpr TestOptions kLess = {.alternative = Alternative::kLess};

Moments Sample(std::mt19937_64& random, int n, double mean, double deviation) {
  std::normal_distribution<double> normal(mean, deviation);
  Moments m;
  for (int i = 0; i < n; ++i) m.Add(normal(random));
  return m;
}

TEST(WelchT, AgreesWithThePublishedExample) {
  const auto c = WelchT(Moments::FromSummary(40, 19.4, 2.70 * 2.70),
                        Moments::FromSummary(40, 11.3, 2.10 * 2.10));
  ASSERT_TRUE(c.ok());
  EXPECT_NEAR(c->difference, 8.1, 1e-12);
  EXPECT_NEAR(c->standard_error, .5408327, 5e-8);
  EXPECT_NEAR(c->statistic, 14.9769, 5e-5);
  EXPECT_NEAR(c->degrees_of_freedom, 73.54, 5e-3);
  EXPECT_NEAR(c->interval.lower, 7.022256, 5e-7);
  EXPECT_NEAR(c->interval.upper, 9.177744, 5e-7);
  EXPECT_LT(c->p_value, 1e-20);
  EXPECT_GT(c->p_value, 0);
}

TEST(WelchT, OneSidedPValuesComplementEachOther) {
  const Moments a = Moments::FromSummary(12, 5, 4), b = Moments::FromSummary(9, 6, 3);
  const auto two = WelchT(a, b);
  const auto less = WelchT(a, b, kLess);
  const auto greater = WelchT(a, b, kGreater);
  EXPECT_NEAR(less->p_value, two->p_value / 2, 1e-12);
  EXPECT_NEAR(greater->p_value, 1 - less->p_value, 1e-12);
}

TEST(WelchT, RefusesSamplesWithoutSpread) {
  EXPECT_EQ(WelchT(Moments::FromSummary(1, 5, 0), Moments::FromSummary(9, 6, 3)).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(WelchT(Moments::FromSummary(9, 5, 0), Moments::FromSummary(9, 6, 0)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(WelchT(Moments::FromSummary(9, 5, 1), Moments::FromSummary(9, 6, 1), {.confidence = 95})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(WelchT, CoversAndRejectsAsOftenAsItSays) {
  int covered = 0, rejected = 0;
  for (uint64_t seed = 0; seed < 10'000; ++seed) {
    std::mt19937_64 random(seed);
    const Moments a = Sample(random, 12, 50, 20), b = Sample(random, 40, 50, 5);
    const auto c = WelchT(a, b);
    covered += c->interval.Contains(0);
    rejected += c->p_value <= 0.05;
  }
  EXPECT_NEAR(covered / 10'000.0, 0.95, 0.01);
  EXPECT_EQ(covered + rejected, 10'000);
}

TEST(OneSampleT, TestsAgainstATarget) {
  const auto c = OneSampleT(Moments::FromSummary(16, 48, 16), 50, kLess);
  EXPECT_DOUBLE_EQ(c->statistic, -2);
  EXPECT_NEAR(c->degrees_of_freedom, 15, 1e-9);
  EXPECT_NEAR(c->p_value, 0.0319725, 1e-6);
}

TEST(TwoProportionZ, WithContinuityCorrectionAgreesWithThePublishedExample) {
  const auto c = TwoProportionZ(11, 50, 26, 50, ContinuityCorrection::kYates);
  ASSERT_TRUE(c.ok());
  EXPECT_NEAR(c->statistic, -2.899726, 5e-7);
  EXPECT_NEAR(c->p_value, .003734895, 5e-10);
  EXPECT_DOUBLE_EQ(c->difference, -0.3);
  EXPECT_TRUE(std::isinf(c->degrees_of_freedom));
}

TEST(TwoProportionZ, WithoutCorrectionUsesTheRawDifference) {
  const auto c = TwoProportionZ(26, 50, 11, 50, ContinuityCorrection::kNone, kGreater);
  EXPECT_NEAR(c->statistic, 0.3 / std::sqrt(.37 * .63 * .04), 1e-12);
  EXPECT_NEAR(c->p_value, 0.000945, 1e-5);
  EXPECT_NEAR(c->interval.lower, AgrestiCaffo(26, 50, 11, 50)->interval.lower, 1e-12);
}

TEST(TwoProportionZ, CorrectionNeverTurnsTheSign) {
  const auto c = TwoProportionZ(10, 50, 9, 50, ContinuityCorrection::kYates);
  EXPECT_NEAR(c->statistic, 0, 1e-12);
  EXPECT_NEAR(c->p_value, 1, 1e-12);
}

TEST(TwoProportionZ, RefusesWhatCannotBeTested) {
  EXPECT_EQ(TwoProportionZ(0, 50, 0, 50, ContinuityCorrection::kNone).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(TwoProportionZ(51, 50, 0, 50, ContinuityCorrection::kNone).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(NpsDifferenceZ, OfSfo2017To2018) {
  const auto c = NpsDifferenceZ({1268, 935, 447}, {1436, 968, 342});
  ASSERT_TRUE(c.ok());
  EXPECT_NEAR(c->difference, -8.8586, 5e-5);
  EXPECT_NEAR(c->statistic, -4.509, 5e-4);
  EXPECT_LT(c->p_value, 1e-5);
  EXPECT_LT(c->interval.upper, 0);
}

TEST(NpsDifferenceZ, RefusesWhatCannotBeTested) {
  EXPECT_EQ(NpsDifferenceZ({}, {1, 2, 3}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(NpsDifferenceZ({9, 0, 0}, {9, 0, 0}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(DifferenceInDifferences, IsTheInteractionOfMeans) {
  const BeforeAfter cells = {.treated_before = Moments::FromSummary(50, 60, 100),
                             .treated_after = Moments::FromSummary(50, 72, 100),
                             .control_before = Moments::FromSummary(50, 61, 100),
                             .control_after = Moments::FromSummary(50, 65, 100)};
  const auto c = DifferenceInDifferences(cells);
  ASSERT_TRUE(c.ok());
  EXPECT_DOUBLE_EQ(c->difference, 8);
  EXPECT_NEAR(c->standard_error, std::sqrt(8.0), 1e-12);
  EXPECT_NEAR(c->degrees_of_freedom, 196, 1e-9);  // as the regression with an interaction has
}

TEST(DifferenceInDifferences, CoversTheEffectAsOftenAsItSays) {
  int covered = 0;
  for (uint64_t seed = 0; seed < 5'000; ++seed) {
    std::mt19937_64 random(seed);
    const auto c = DifferenceInDifferences({Sample(random, 30, 50, 10), Sample(random, 20, 58, 15),
                                            Sample(random, 40, 55, 8), Sample(random, 25, 60, 8)});
    covered += c->interval.Contains(3);
  }
  EXPECT_NEAR(covered / 5'000.0, 0.95, 0.012);
}

}  // namespace
}  // namespace waymark::stats
