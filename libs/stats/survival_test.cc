#include "libs/stats/survival.h"

#include <cmath>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waymark::stats {
namespace {

// Weeks of remission under 6-mercaptopurine (Freireich et al. 1963); the classical example.
std::vector<Lifetime> Freireich() {
  std::vector<Lifetime> lifetimes;
  for (const double t : {6, 6, 6, 7, 10, 13, 16, 22, 23}) lifetimes.push_back({t, true});
  for (const double t : {6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35}) {
    lifetimes.push_back({t, false});
  }
  return lifetimes;
}

TEST(KaplanMeier, AgreesWithThePublishedTable) {
  struct Row {
    double time;
    int64_t at_risk, events;
    double survival, error, lower, upper;
  };
  const Row expected[] = {
      {6, 21, 3, .8571, .0764, .6197, .9516},  {7, 17, 1, .8067, .0869, .5631, .9228},
      {10, 15, 1, .7529, .0963, .5032, .8894}, {13, 12, 1, .6902, .1068, .4316, .8491},
      {16, 11, 1, .6275, .1141, .3675, .8049}, {22, 7, 1, .5378, .1282, .2678, .7468},
      {23, 6, 1, .4482, .1346, .1881, .6801}};
  const auto curve = KaplanMeier(Freireich());
  ASSERT_TRUE(curve.ok());
  ASSERT_EQ(curve->size(), std::size(expected));
  for (size_t i = 0; i < curve->size(); ++i) {
    const SurvivalPoint& point = (*curve)[i];
    EXPECT_EQ(point.time, expected[i].time);
    EXPECT_EQ(point.at_risk, expected[i].at_risk);
    EXPECT_EQ(point.events, expected[i].events);
    EXPECT_NEAR(point.survival, expected[i].survival, 5e-5);
    EXPECT_NEAR(point.standard_error, expected[i].error, 5.1e-5);
    EXPECT_NEAR(point.interval.lower, expected[i].lower, 1e-4);
    EXPECT_NEAR(point.interval.upper, expected[i].upper, 1e-4);
  }
}

TEST(KaplanMeier, WithoutEventsHasNoPoint) {
  EXPECT_THAT(*KaplanMeier({{3, false}, {4, false}}), ::testing::IsEmpty());
  EXPECT_THAT(*KaplanMeier({}), ::testing::IsEmpty());
}

TEST(KaplanMeier, FallsToZeroWithoutNan) {
  const auto curve = KaplanMeier({{1, true}, {2, true}});
  ASSERT_EQ(curve->size(), 2u);
  EXPECT_EQ(curve->back().survival, 0);
  EXPECT_EQ(curve->back().standard_error, 0);
  EXPECT_EQ(curve->back().interval.lower, 0);
  EXPECT_EQ(curve->back().interval.upper, curve->front().interval.upper);
  EXPECT_EQ(KaplanMeier({{1, true}})->front().interval.upper, 1);
}

TEST(KaplanMeier, RefusesImpossibleTimes) {
  EXPECT_FALSE(KaplanMeier({{-1, true}}).ok());
  EXPECT_FALSE(KaplanMeier({{std::numeric_limits<double>::infinity(), true}}).ok());
  EXPECT_FALSE(KaplanMeier({{1, true}}, 95).ok());
}

TEST(KaplanMeier, IntervalCoversTheTruthUnderCensoring) {
  int covered = 0;
  for (uint64_t seed = 0; seed < 2'000; ++seed) {
    std::mt19937_64 random(seed);
    std::exponential_distribution<double> event(1.0), loss(0.5);
    std::vector<Lifetime> lifetimes;
    for (int i = 0; i < 100; ++i) {
      const double leaves = event(random), lost = loss(random);
      lifetimes.push_back({std::min(leaves, lost), leaves <= lost});
    }
    const SurvivalPoint* last = nullptr;
    const auto curve = KaplanMeier(lifetimes);
    for (const SurvivalPoint& point : *curve) {
      if (point.time <= 0.7) last = &point;
    }
    ASSERT_NE(last, nullptr);
    covered += last->interval.Contains(std::exp(-0.7));
  }
  EXPECT_NEAR(covered / 2'000.0, 0.95, 0.018);
}

}  // namespace
}  // namespace waymark::stats
