#include "libs/stats/rank_stability.h"

#include <cmath>

#include <gtest/gtest.h>

#include "libs/stats/distributions.h"

namespace waymark::stats {
namespace {

TEST(RankStability, ClearlySeparatedItemsKeepTheirRank) {
  const auto r = MeasureRankStability({{10, .1}, {30, .1}, {20, .1}}, {.top_k = 1});
  ASSERT_TRUE(r.ok());
  EXPECT_EQ((*r)[0].rank, 3);
  EXPECT_EQ((*r)[1].rank, 1);
  EXPECT_EQ((*r)[2].rank, 2);
  for (const RankStability& item : *r) EXPECT_EQ(item.same_rank_share, 1);
  EXPECT_EQ((*r)[1].top_k_share, 1);
  EXPECT_EQ((*r)[2].top_k_share, 0);
}

TEST(RankStability, OfTwoCloseItemsIsTheChanceThatTheirOrderHolds) {
  const auto r = MeasureRankStability({{51, 3}, {50, 4}}, {.top_k = 1, .draws = 50'000});
  EXPECT_NEAR((*r)[0].same_rank_share, NormalCdf(1 / 5.0), 0.01);
  EXPECT_NEAR((*r)[0].top_k_share + (*r)[1].top_k_share, 1, 1e-12);
}

TEST(RankStability, TheSameSeedGivesTheSameAnswer) {
  const std::vector<UncertainScore> scores = {{1, 1}, {2, 1}, {1.5, 1}};
  const auto a = MeasureRankStability(scores, {.seed = 5});
  const auto b = MeasureRankStability(scores, {.seed = 5});
  const auto c = MeasureRankStability(scores, {.seed = 6});
  EXPECT_EQ((*a)[0].same_rank_share, (*b)[0].same_rank_share);
  EXPECT_NE((*a)[0].same_rank_share, (*c)[0].same_rank_share);
}

TEST(RankStability, EqualScoresRankInTheOrderGiven) {
  const auto r = MeasureRankStability({{5, 0}, {5, 0}});
  EXPECT_EQ((*r)[0].rank, 1);
  EXPECT_EQ((*r)[1].rank, 2);
  EXPECT_EQ((*r)[1].same_rank_share, 1);
}

TEST(RankStability, ACallbackMayResampleTheDataItself) {
  int draws = 0;
  const auto swap_every_fourth = [&](std::mt19937_64&, absl::Span<double> scores) {
    const bool swapped = draws++ % 4 == 0;
    scores[0] = swapped ? 1 : 2;
    scores[1] = swapped ? 2 : 1;
  };
  const double scores[] = {2, 1};
  const auto r = MeasureRankStability(scores, swap_every_fourth, {.top_k = 1, .draws = 100});
  EXPECT_EQ(draws, 100);
  EXPECT_DOUBLE_EQ((*r)[0].same_rank_share, 0.75);
  EXPECT_DOUBLE_EQ((*r)[1].top_k_share, 0.25);
}

TEST(RankStability, RefusesBadNumbers) {
  EXPECT_FALSE(MeasureRankStability({{1, -1}}).ok());
  EXPECT_FALSE(MeasureRankStability({{std::nan(""), 1}}).ok());
  EXPECT_FALSE(MeasureRankStability({{1, 1}}, {.top_k = 0}).ok());
  EXPECT_FALSE(MeasureRankStability({{1, 1}}, {.draws = 0}).ok());
  EXPECT_TRUE(MeasureRankStability(absl::Span<const UncertainScore>())->empty());
}

}  // namespace
}  // namespace waymark::stats
