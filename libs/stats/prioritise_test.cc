#include "libs/stats/prioritise.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waymark::stats {
namespace {

using ::testing::HasSubstr;

TEST(Rice, OfThreeProjects) {
  EXPECT_NEAR(*Rice({50'000, 2, .8, 3}), 26'667, 0.5);
  EXPECT_DOUBLE_EQ(*Rice({10'000, .5, 1, .5}), 10'000);
  EXPECT_DOUBLE_EQ(*Rice({30'000, .25, 1, 1}), 7'500);
}

TEST(Rice, NamesWhatIsWrong) {
  EXPECT_THAT(Rice({1, 1, 80, 1}).status().message(), HasSubstr("confidence is 80"));
  EXPECT_THAT(Rice({1, 1, 1, 0}).status().message(), HasSubstr("effort is 0"));
  EXPECT_FALSE(Rice({-1, 1, 1, 1}).ok());
  EXPECT_FALSE(Rice({1, std::nan(""), 1, 1}).ok());
}

TEST(Wsjf, DividesTheCostOfDelayBySize) {
  EXPECT_DOUBLE_EQ(*Wsjf({8, 5, 3, 4}), 4);
  EXPECT_FALSE(Wsjf({8, 5, 3, 0}).ok());
  EXPECT_FALSE(Wsjf({8, -5, 3, 1}).ok());
}

Eigen::MatrixXd Alternatives() {
  Eigen::MatrixXd m(4, 4);
  m << 7, 9, 9, 8, 8, 7, 8, 7, 9, 6, 8, 9, 6, 7, 8, 6;
  return m;
}

TEST(Topsis, AgreesWithThePublishedExample) {
  const auto closeness = Topsis(Alternatives(), {{.1, true}, {.4, true}, {.3, true}, {.2, false}});
  ASSERT_TRUE(closeness.ok());
  const double expected[] = {.74269409, .40359933, .17586999, .44142927};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR((*closeness)[i], expected[i], 5e-9);
}

TEST(Topsis, WeightsNeedNotAddUpToOne) {
  const auto a = Topsis(Alternatives(), {{.1, true}, {.4, true}, {.3, true}, {.2, false}});
  const auto b = Topsis(Alternatives(), {{1, true}, {4, true}, {3, true}, {2, false}});
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR((*a)[i], (*b)[i], 1e-12);
}

TEST(Topsis, EqualAlternativesAreHalfWay) {
  const auto closeness = Topsis(Eigen::MatrixXd::Zero(2, 1), {{1, true}});
  EXPECT_THAT(*closeness, ::testing::ElementsAre(0.5, 0.5));
}

TEST(Topsis, RefusesMismatchAndBadNumbers) {
  EXPECT_FALSE(Topsis(Alternatives(), {{1, true}}).ok());
  EXPECT_FALSE(Topsis(Eigen::MatrixXd(0, 1), {{1, true}}).ok());
  EXPECT_FALSE(Topsis(Eigen::MatrixXd::Constant(2, 1, std::nan("")), {{1, true}}).ok());
  EXPECT_FALSE(Topsis(Eigen::MatrixXd::Ones(2, 1), {{0, true}}).ok());
  EXPECT_FALSE(Topsis(Eigen::MatrixXd::Ones(2, 2), {{2, true}, {-1, true}}).ok());
}

TEST(RescueValue, IsInMicros) {
  EXPECT_EQ(*RescueValueMicros(500, .25, 1'100'000'000), 137'500'000'000);
  EXPECT_EQ(*RescueValueMicros(0, .25, 1'100'000'000), 0);
}

TEST(RescueValue, RefusesWhatIsImpossibleOrTooLarge) {
  EXPECT_FALSE(RescueValueMicros(-1, .25, 1).ok());
  EXPECT_FALSE(RescueValueMicros(1, 25, 1).ok());
  EXPECT_FALSE(RescueValueMicros(1, .25, -1).ok());
  const int64_t huge = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(RescueValueMicros(2, 1, huge).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(*RescueValueMicros(1, 1, huge), huge);
}

}  // namespace
}  // namespace waymark::stats
