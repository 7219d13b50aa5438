#include "libs/stats/metrics.h"

#include <cmath>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waymark::stats {
namespace {

using ::testing::HasSubstr;

constexpr Reporting kAnyN = {.minimum_n = 1};
constexpr Scale kFive = {1, 5, true};
constexpr Scale kFiveReversed = {1, 5, false};

TEST(AnswerScore, RunsFromOneToHundred) {
  EXPECT_DOUBLE_EQ(*AnswerScore(1, kFive), 1);
  EXPECT_DOUBLE_EQ(*AnswerScore(3, kFive), 50.5);
  EXPECT_DOUBLE_EQ(*AnswerScore(5, kFive), 100);
  EXPECT_DOUBLE_EQ(*AnswerScore(7, kNpsScale), 70.3);
}

TEST(AnswerScore, FollowsTheDirection) {
  EXPECT_DOUBLE_EQ(*AnswerScore(1, kFiveReversed), 100);
  EXPECT_DOUBLE_EQ(*AnswerScore(2, kFiveReversed), 75.25);
  EXPECT_DOUBLE_EQ(*AnswerScore(5, kFiveReversed), 1);
}

TEST(AnswerScore, OffTheScaleIsAnErrorWithTheValue) {
  for (const double answer : {0.0, 6.0, std::nan("")}) {
    EXPECT_EQ(AnswerScore(answer, kFive).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(AnswerScore(6, kFive).status().message(),
              HasSubstr("answer 6 is off the scale 1..5"));
  EXPECT_FALSE(AnswerScore(1, {5, 1}).ok());
}

TEST(Tally, CountsAndMerges) {
  Tally tally = Tally::Of({3, 1, 3});
  Tally other;
  other.Add(3, 10);
  other.Add(2, 0);
  tally.Merge(other);
  EXPECT_EQ(tally.n(), 13);
  EXPECT_EQ(tally.counts(), (absl::btree_map<double, int64_t>{{1, 1}, {3, 12}}));
}

TEST(Nps, ClassifiesRawAnswers) {
  for (int answer = 0; answer <= 10; ++answer) {
    const NpsClass expected = answer >= 9   ? NpsClass::kPromoter
                              : answer >= 7 ? NpsClass::kPassive
                                            : NpsClass::kDetractor;
    EXPECT_EQ(*ClassifyNps(answer), expected) << answer;
  }
}

TEST(Nps, AValueOffItsScaleIsAnErrorNeverADetractor) {
  for (const double answer : {-1.0, 11.0, 8.5, std::nan("")}) {
    EXPECT_EQ(ClassifyNps(answer).status().code(), absl::StatusCode::kInvalidArgument) << answer;
  }
  EXPECT_THAT(Nps(Tally::Of({9, 11, 3})).status().message(), HasSubstr("answer 11"));
}

TEST(Nps, OfSixAnswers) {
  const auto e = Nps(Tally::Of({1, 7, 7, 8, 9, 10}), kAnyN);
  EXPECT_NEAR(e->value, 16.67, 5e-3);
  EXPECT_EQ(e->n, 6);
}

TEST(Nps, HasThePublishedError) {
  const NpsCounts counts = {162, 108, 54};
  const auto e = Nps(counts);
  EXPECT_NEAR(e->value, 33.33, 5e-3);
  EXPECT_NEAR(NpsStandardError(counts), 4.14, 5e-3);
  EXPECT_NEAR(e->upper - e->value, 8.12, 6e-3);
}

TEST(Nps, OfTheSfoCountsOf2017) {
  const NpsCounts counts = {1436, 968, 342};
  const auto e = Nps(counts);
  EXPECT_EQ(e->n, 2746);
  EXPECT_NEAR(e->value, 39.8398, 5e-5);
  EXPECT_NEAR(NpsStandardError(counts), 1.3341, 5e-5);
  EXPECT_NEAR(e->lower, 37.225, 5e-4);
  EXPECT_NEAR(e->upper, 42.455, 5e-4);
}

TEST(Nps, FewAnswersAreSuppressedAndNoneIsNoError) {
  EXPECT_TRUE(Nps(Tally::Of({9, 9, 9}))->suppressed);
  const auto none = Nps(NpsCounts{});
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->suppressed);
  EXPECT_EQ(none->value, 0);
  EXPECT_FALSE(Nps(NpsCounts{-1, 2, 3}).ok());
}

TEST(Nps, OneClassAloneStillHasAnInterval) {
  const double others = 100 * 3.8414588 / (20 + 3.8414588);  // Wilson's upper bound of 0/20
  const auto promoters = Nps(NpsCounts{20, 0, 0});
  EXPECT_EQ(promoters->value, 100);
  EXPECT_EQ(promoters->upper, 100);
  EXPECT_NEAR(promoters->lower, 100 - 2 * others, 1e-5);
  const auto passives = Nps(NpsCounts{0, 20, 0});
  EXPECT_NEAR(passives->lower, -others, 1e-5);
  EXPECT_NEAR(passives->upper, others, 1e-5);
  const auto detractors = Nps(NpsCounts{0, 0, 20});
  EXPECT_EQ(detractors->lower, -100);
  EXPECT_NEAR(detractors->upper, 2 * others - 100, 1e-5);
}

TEST(Nps, IntervalCoversTheTruthAsOftenAsItSays) {
  int covered = 0;
  for (uint64_t seed = 0; seed < 5'000; ++seed) {
    std::mt19937_64 random(seed);
    std::discrete_distribution<int> any({0.2, 0.3, 0.5});
    NpsCounts counts;
    for (int i = 0; i < 150; ++i) {
      const int answer = any(random);
      ++(answer == 0 ? counts.detractors : answer == 1 ? counts.passives : counts.promoters);
    }
    const auto e = Nps(counts);
    covered += e->lower <= 30 && 30 <= e->upper;
  }
  EXPECT_NEAR(covered / 5'000.0, 0.95, 0.015);
}

std::vector<WeightedAnswer> Weighted(const std::vector<double>& answers, double weight) {
  std::vector<WeightedAnswer> weighted;
  for (const double answer : answers) weighted.push_back({answer, weight});
  return weighted;
}

TEST(WeightedNps, WithEqualWeightsIsNps) {
  const std::vector<double> answers = {1, 7, 7, 8, 9, 10};
  const auto plain = Nps(Tally::Of(answers), kAnyN);
  const auto weighted = WeightedNps(Weighted(answers, 0.3), kAnyN);
  EXPECT_NEAR(weighted->value, plain->value, 1e-10);
  EXPECT_NEAR(weighted->lower, plain->lower, 1e-10);
  EXPECT_NEAR(weighted->upper, plain->upper, 1e-10);
  EXPECT_EQ(weighted->n, 6);
}

TEST(WeightedNps, CountsEachAnswerByItsWeight) {
  const auto e = WeightedNps({{10, 3}, {8, 1}, {0, 1}}, kAnyN);
  EXPECT_DOUBLE_EQ(e->value, 40);
  // Residuals .6, -.4, -1.4 times weights 3, 1, 1: squares 3.24 + .16 + 1.96, over the weight of 5.
  EXPECT_NEAR(e->upper - e->value, std::min(60.0, 1.959963984540054 * 20 * std::sqrt(5.36)), 1e-9);
}

TEST(WeightedNps, OfPromotersAloneStillHasAnInterval) {
  const auto weighted = WeightedNps(Weighted(std::vector<double>(20, 9), 0.7));
  const auto plain = Nps(NpsCounts{20, 0, 0});
  EXPECT_EQ(weighted->value, 100);
  EXPECT_NEAR(weighted->lower, plain->lower, 1e-9);
}

TEST(WeightedNps, RefusesBadWeightsAndAnswers) {
  EXPECT_THAT(WeightedNps({{9, 0}}).status().message(), HasSubstr("weight 0"));
  EXPECT_FALSE(WeightedNps({{9, std::nan("")}}).ok());
  EXPECT_FALSE(WeightedNps({{11, 1}}).ok());
  EXPECT_TRUE(WeightedNps({})->suppressed);
}

TEST(Csat, TopTwoBox) {
  const auto e = Csat(Tally::Of({1, 2, 3, 4, 5}), kFive, 2, kAnyN);
  EXPECT_DOUBLE_EQ(e->value, 40);
  EXPECT_EQ(e->n, 5);
  EXPECT_NEAR(e->lower, 11.762, 1e-3);  // Wilson of 2/5
  EXPECT_NEAR(e->upper, 76.928, 1e-3);
}

TEST(Csat, OnAReversedScaleTakesTheLowCodes) {
  Tally nhs;  // patients who answered 1-2 on a scale of 1 = very good .. 5 = very poor
  nhs.Add(1, 2000);
  nhs.Add(2, 540);
  nhs.Add(3, 200);
  nhs.Add(5, 252);
  const auto e = Csat(nhs, kFiveReversed, 2);
  EXPECT_EQ(e->n, 2992);
  EXPECT_NEAR(e->value, 84.8930, 5e-5);
}

TEST(Csat, RefusesWhatIsNoOption) {
  EXPECT_THAT(Csat(Tally::Of({4, 6}), kFive, 2).status().message(), HasSubstr("answer 6"));
  EXPECT_THAT(Csat(Tally::Of({4.5}), kFive, 2).status().message(), HasSubstr("answer 4.5"));
  EXPECT_THAT(Csat(Tally::Of({4}), kFive, 0).status().message(), HasSubstr("top 0"));
  EXPECT_FALSE(Csat(Tally::Of({4}), kFive, 6).ok());
  EXPECT_FALSE(Csat(Tally::Of({1}), {0.5, 4.5}, 1).ok());
}

TEST(Ces, MeanOfOneToSeven) {
  const auto e = Ces(Tally::Of({1, 4, 7, 6, 7}), CesConvention::kMean, kCesScale, kAnyN);
  EXPECT_DOUBLE_EQ(e->value, 5);
  EXPECT_EQ(e->upper, 7);  // the t interval is kept on the scale
  EXPECT_GT(e->lower, 1);
}

TEST(Ces, EasyShareIsFiveAndAbove) {
  const auto e = Ces(Tally::Of({5, 5, 6, 6, 7, 7, 7, 5, 4, 1}), CesConvention::kEasyShare);
  EXPECT_DOUBLE_EQ(e->value, 80);
  EXPECT_EQ(e->n, 10);
}

TEST(Ces, NetEasyIsTopTwoMinusBottomTwo) {
  const auto e = Ces(Tally::Of({7, 6, 6, 7, 5, 4, 3, 3, 2, 1}), CesConvention::kNetEasy);
  EXPECT_DOUBLE_EQ(e->value, 20);
  EXPECT_LT(e->lower, 20);
}

TEST(Ces, OnAnEffortScaleLowIsEasy) {
  const Scale effort = {1, 5, false};
  EXPECT_DOUBLE_EQ(Ces(Tally::Of({1, 2, 3, 5}), CesConvention::kEasyShare, effort, kAnyN)->value,
                   50);
  EXPECT_DOUBLE_EQ(Ces(Tally::Of({1, 2, 3, 5}), CesConvention::kNetEasy, effort, kAnyN)->value, 25);
}

TEST(Ces, RefusesAnswersOffTheScaleInEachConvention) {
  for (const auto convention :
       {CesConvention::kMean, CesConvention::kEasyShare, CesConvention::kNetEasy}) {
    EXPECT_THAT(Ces(Tally::Of({8}), convention).status().message(), HasSubstr("answer 8"));
    EXPECT_FALSE(Ces(Tally::Of({1}), convention, {0, std::nan("")}).ok());
  }
  EXPECT_FALSE(Ces(Tally::Of({1}), CesConvention::kNetEasy, {1, 3}).ok());
}

TEST(MeanScore, IsDirectionCorrected) {
  EXPECT_DOUBLE_EQ(MeanScore(Tally::Of({1, 1, 2, 2}), kFiveReversed, kAnyN)->value, 87.625);
  EXPECT_DOUBLE_EQ(MeanAnswer(Tally::Of({1, 1, 2, 2}), kFiveReversed, kAnyN)->value, 1.5);
  EXPECT_FALSE(MeanScore(Tally::Of({0}), kFive).ok());
  EXPECT_FALSE(MeanAnswer(Tally::Of({0}), kFive).ok());
}

}  // namespace
}  // namespace waymark::stats
