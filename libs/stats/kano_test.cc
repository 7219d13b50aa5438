#include "libs/stats/kano.h"

#include <gtest/gtest.h>

namespace waymark::stats {
namespace {

using enum KanoAnswer;

TEST(Kano, TableClassifiesPairsOfAnswers) {
  EXPECT_EQ(ClassifyKano(kLike, kDislike), KanoCategory::kOneDimensional);
  EXPECT_EQ(ClassifyKano(kLike, kExpect), KanoCategory::kAttractive);
  EXPECT_EQ(ClassifyKano(kLike, kTolerate), KanoCategory::kAttractive);
  EXPECT_EQ(ClassifyKano(kExpect, kDislike), KanoCategory::kMustBe);
  EXPECT_EQ(ClassifyKano(kTolerate, kDislike), KanoCategory::kMustBe);
  EXPECT_EQ(ClassifyKano(kNeutral, kNeutral), KanoCategory::kIndifferent);
  EXPECT_EQ(ClassifyKano(kNeutral, kLike), KanoCategory::kReverse);
  EXPECT_EQ(ClassifyKano(kDislike, kTolerate), KanoCategory::kReverse);
  EXPECT_EQ(ClassifyKano(kLike, kLike), KanoCategory::kQuestionable);
  EXPECT_EQ(ClassifyKano(kDislike, kDislike), KanoCategory::kQuestionable);
}

TEST(Kano, CountsAnswers) {
  KanoCounts counts;
  counts.Add(KanoCategory::kReverse);
  counts.Add(KanoCategory::kReverse);
  counts.Add(KanoCategory::kMustBe);
  EXPECT_EQ(counts.reverse, 2);
  EXPECT_EQ(counts.must_be, 1);
  EXPECT_EQ(*DominantKano(counts), KanoCategory::kReverse);
}

TEST(Kano, TiesGoToMustBeThenOneDimensionalThenAttractive) {
  KanoCounts counts = {.must_be = 5, .one_dimensional = 5, .attractive = 5, .indifferent = 5};
  EXPECT_EQ(*DominantKano(counts), KanoCategory::kMustBe);
  counts.must_be = 4;
  EXPECT_EQ(*DominantKano(counts), KanoCategory::kOneDimensional);
  counts.one_dimensional = 4;
  EXPECT_EQ(*DominantKano(counts), KanoCategory::kAttractive);
  counts.attractive = 4;
  EXPECT_EQ(*DominantKano(counts), KanoCategory::kIndifferent);
}

TEST(Kano, BetterAndWorse) {
  const auto c = BetterWorse(
      {.must_be = 25, .one_dimensional = 30, .attractive = 20, .indifferent = 25, .reverse = 9});
  ASSERT_TRUE(c.ok());
  EXPECT_DOUBLE_EQ(c->better, 0.50);
  EXPECT_DOUBLE_EQ(c->worse, -0.55);
}

TEST(Kano, RefusesEmptyAndNegativeCounts) {
  EXPECT_FALSE(DominantKano({}).ok());
  EXPECT_FALSE(DominantKano({.must_be = -1, .attractive = 3}).ok());
  EXPECT_FALSE(BetterWorse({.reverse = 9}).ok());
  EXPECT_FALSE(BetterWorse({.must_be = 4, .attractive = -3}).ok());
}

}  // namespace
}  // namespace waymark::stats
