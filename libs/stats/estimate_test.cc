#include "libs/stats/estimate.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace waymark::stats {
namespace {

TEST(Estimate, OfNothingIsSuppressed) { EXPECT_TRUE(Estimate().suppressed); }

TEST(Estimate, BelowTheMinimumIsSuppressedWithZeros) {
  const Estimate e = MakeEstimate(std::nan(""), {1, 2}, 9, {});
  EXPECT_TRUE(e.suppressed);
  EXPECT_EQ(e.value, 0);
  EXPECT_EQ(e.lower, 0);
  EXPECT_EQ(e.upper, 0);
  EXPECT_EQ(e.n, 9);
  EXPECT_EQ(e.confidence, 0.95);
}

TEST(Estimate, AtTheMinimumIsReported) {
  const Estimate e = MakeEstimate(1.5, {1, 2}, 10, {.confidence = 0.9});
  EXPECT_FALSE(e.suppressed);
  EXPECT_EQ(e.value, 1.5);
  EXPECT_EQ(e.lower, 1);
  EXPECT_EQ(e.upper, 2);
  EXPECT_EQ(e.confidence, 0.9);
}

TEST(Estimate, OfNoAnswersIsSuppressedEvenWithoutAMinimum) {
  EXPECT_TRUE(MakeEstimate(1, {}, 0, {.minimum_n = 0}).suppressed);
}

TEST(Reporting, ImpossibleConfidenceIsNamed) {
  for (const double confidence : {0.0, 1.0, 95.0, -1.0, std::nan("")}) {
    EXPECT_EQ(Validate(Reporting{.confidence = confidence}).code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_NE(Validate(Reporting{.confidence = 95}).message().find("95"), absl::string_view::npos);
  EXPECT_FALSE(Validate(Reporting{.minimum_n = -1}).ok());
  EXPECT_TRUE(Validate(Reporting{}).ok());
}

TEST(Moments, OfKnownNumbers) {
  Moments m;
  for (const double x : {2., 4., 4., 4., 5., 5., 7., 9.}) m.Add(x);
  EXPECT_EQ(m.n(), 8);
  EXPECT_DOUBLE_EQ(m.mean(), 5);
  EXPECT_DOUBLE_EQ(m.variance(), 32.0 / 7);
  EXPECT_DOUBLE_EQ(m.standard_deviation(), std::sqrt(32.0 / 7));
  EXPECT_DOUBLE_EQ(m.standard_error(), std::sqrt(32.0 / 7 / 8));
}

TEST(Moments, OfNoneAndOneHaveNoSpread) {
  Moments m;
  EXPECT_EQ(m.mean(), 0);
  EXPECT_EQ(m.variance(), 0);
  m.Add(3);
  EXPECT_EQ(m.mean(), 3);
  EXPECT_EQ(m.variance(), 0);
  EXPECT_EQ(m.standard_error(), 0);
}

TEST(Moments, KeepTheirDigitsFarFromZero) {
  Moments m;
  for (int i = 0; i < 1000; ++i) {
    for (const double x : {4., 7., 13., 16.}) m.Add(1e9 + x);
  }
  EXPECT_NEAR(m.mean(), 1e9 + 10, 1e-5);
  EXPECT_NEAR(m.variance(), 22.5 * 4000 / 3999, 1e-6);
}

TEST(Moments, MergedPartsEqualTheWhole) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(50, 20);
  Moments whole;
  std::vector<Moments> parts(5);
  for (int i = 0; i < 10'000; ++i) {
    const double x = normal(random);
    whole.Add(x);
    parts[static_cast<size_t>(i * i % 5)].Add(x);
  }
  Moments merged;
  for (const Moments& part : parts) merged.Merge(part);
  EXPECT_EQ(merged.n(), whole.n());
  EXPECT_NEAR(merged.mean(), whole.mean(), 1e-10);
  EXPECT_NEAR(merged.variance(), whole.variance(), 1e-8);
}

TEST(Moments, RepeatedAddEqualsAddingOneByOne) {
  Moments once, repeated;
  for (int i = 0; i < 5; ++i) once.Add(2);
  once.Add(9);
  repeated.Add(2, 5);
  repeated.Add(9, 1);
  repeated.Add(1e9, 0);
  EXPECT_EQ(repeated.n(), 6);
  EXPECT_DOUBLE_EQ(repeated.mean(), once.mean());
  EXPECT_DOUBLE_EQ(repeated.variance(), once.variance());
}

TEST(Moments, FromSummaryContinuesTheSample) {
  Moments m = Moments::FromSummary(3, 2, 1);
  EXPECT_DOUBLE_EQ(m.variance(), 1);
  m.Add(6);  // 1, 2, 3, 6
  EXPECT_DOUBLE_EQ(m.mean(), 3);
  EXPECT_DOUBLE_EQ(m.variance(), 14.0 / 3);
}

}  // namespace
}  // namespace waymark::stats
