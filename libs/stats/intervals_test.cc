#include "libs/stats/intervals.h"

#include <cmath>
#include <random>
#include <utility>

#include <gtest/gtest.h>

namespace waymark::stats {
namespace {

struct WilsonCase {
  int64_t successes, n;
  double lower, upper;
};

// Newcombe (1998), table I.
TEST(Wilson, AgreesWithNewcombe) {
  for (const auto& c : {WilsonCase{81, 263, .2553, .3662}, WilsonCase{15, 148, .0624, .1605},
                        WilsonCase{0, 20, 0, .1611}, WilsonCase{1, 29, .0061, .1718}}) {
    const auto interval = WilsonInterval(c.successes, c.n);
    ASSERT_TRUE(interval.ok());
    EXPECT_NEAR(interval->lower, c.lower, 5e-5) << c.successes << "/" << c.n;
    EXPECT_NEAR(interval->upper, c.upper, 5e-5) << c.successes << "/" << c.n;
  }
}

TEST(Wilson, EndsAreExactAtTheExtremes) {
  EXPECT_EQ(WilsonInterval(0, 7)->lower, 0);
  EXPECT_EQ(WilsonInterval(7, 7)->upper, 1);
}

TEST(Wilson, ImpossibleCountsAreNamed) {
  for (const auto& [x, n] : {std::pair<int64_t, int64_t>{5, 4}, {-1, 4}, {0, 0}}) {
    const absl::Status status = WilsonInterval(x, n).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_NE(WilsonInterval(5, 4).status().message().find("5 of 4"), absl::string_view::npos);
}

TEST(Wilson, CoversTheTruthAsOftenAsItSays) {
  std::mt19937_64 random(1);
  for (const double p : {0.05, 0.2, 0.5, 0.9}) {
    std::binomial_distribution<int64_t> successes(80, p);
    int covered = 0;
    for (int i = 0; i < 20'000; ++i) covered += WilsonInterval(successes(random), 80)->Contains(p);
    EXPECT_NEAR(covered / 20'000.0, 0.95, 0.02) << p;
  }
}

TEST(ShareEstimate, IsAPercentage) {
  const auto e = ShareEstimate(81, 263);
  EXPECT_NEAR(e->value, 30.7985, 1e-4);
  EXPECT_NEAR(e->lower, 25.53, 5e-3);
  EXPECT_NEAR(e->upper, 36.62, 5e-3);
  EXPECT_EQ(e->n, 263);
}

TEST(ShareEstimate, OfNothingIsSuppressedNotAnError) {
  const auto e = ShareEstimate(0, 0);
  ASSERT_TRUE(e.ok());
  EXPECT_TRUE(e->suppressed);
}

TEST(MeanEstimate, HasStudentsInterval) {
  const auto e = MeanEstimate(Moments::FromSummary(10, 5, 4));
  EXPECT_DOUBLE_EQ(e->value, 5);
  EXPECT_NEAR(e->upper - e->value, 2.262157162798205 * 2 / std::sqrt(10), 1e-12);
  EXPECT_NEAR(e->value - e->lower, e->upper - e->value, 1e-12);
}

TEST(MeanEstimate, StaysWithinItsRange) {
  const auto e = MeanEstimate(Moments::FromSummary(10, 99, 400), {}, {1, 100});
  EXPECT_EQ(e->upper, 100);
  EXPECT_LT(e->lower, 99);
}

TEST(MeanEstimate, OfOneIsSuppressedWhateverTheMinimum) {
  const auto e = MeanEstimate(Moments::FromSummary(1, 5, 0), {.minimum_n = 1});
  EXPECT_TRUE(e->suppressed);
  EXPECT_EQ(e->n, 1);
}

TEST(MeanEstimate, CoversTheTruthAsOftenAsItSays) {
  int covered = 0;
  for (uint64_t seed = 0; seed < 10'000; ++seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal(50, 20);
    Moments m;
    for (int i = 0; i < 12; ++i) m.Add(normal(random));
    const auto e = MeanEstimate(m, {.confidence = 0.9});
    covered += e->lower <= 50 && 50 <= e->upper;
  }
  EXPECT_NEAR(covered / 10'000.0, 0.9, 0.012);
}

TEST(AgrestiCaffo, AgreesWithThePublishedExample) {
  const auto d = AgrestiCaffo(57, 100, 15, 100);
  ASSERT_TRUE(d.ok());
  EXPECT_NEAR(d->value, .4117647, 5e-8);
  EXPECT_NEAR(d->standard_error, .06083948, 5e-9);
  EXPECT_NEAR(d->interval.lower, .2925215, 5e-8);
  EXPECT_NEAR(d->interval.upper, .5310079, 5e-8);
}

TEST(AgrestiCaffo, CoversTheTruthAsOftenAsItSays) {
  std::mt19937_64 random(2);
  std::binomial_distribution<int64_t> first(40, 0.3), second(60, 0.1);
  int covered = 0;
  for (int i = 0; i < 20'000; ++i) {
    covered += AgrestiCaffo(first(random), 40, second(random), 60)->interval.Contains(0.2);
  }
  EXPECT_NEAR(covered / 20'000.0, 0.95, 0.015);
}

TEST(SampleSize, ForAProportion) {
  EXPECT_EQ(*SampleSizeForProportion(.1), 385);
  EXPECT_EQ(*SampleSizeForProportion(.1, .5, .99), 664);
  EXPECT_LT(*SampleSizeForProportion(.1, .1), 385);
  EXPECT_FALSE(SampleSizeForProportion(0).ok());
  EXPECT_FALSE(SampleSizeForProportion(1e-12).ok());
  EXPECT_FALSE(SampleSizeForProportion(.1, 1.5).ok());
  EXPECT_FALSE(SampleSizeForProportion(.1, .5, 95).ok());
}

}  // namespace
}  // namespace waymark::stats
