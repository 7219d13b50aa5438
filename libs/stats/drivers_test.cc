#include "libs/stats/drivers.h"

#include <cmath>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waymark::stats {
namespace {

using ::testing::HasSubstr;

Eigen::MatrixXd Published() {
  Eigen::MatrixXd r(5, 5);
  r << 1, .2, .3, .4, -.4, .2, 1, .5, .1, .1, .3, .5, 1, .2, -.3, .4, .1, .2, 1, .4, -.4, .1, -.3,
      .4, 1;
  return r;
}

void ExpectWeights(const absl::StatusOr<DriverWeights>& actual, std::vector<double> expected) {
  ASSERT_TRUE(actual.ok()) << actual.status();
  ASSERT_EQ(actual->weights.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual->weights[i], expected[i], 5e-9);
}

TEST(RelativeWeights, AgreeWithThePublishedExample) {
  const auto w = RelativeWeights(Published());
  ExpectWeights(w, {.24066119, .05492664, .12143476, .28158189});
  EXPECT_NEAR(w->r_squared, .69860449, 1e-8);
}

TEST(ShapleyWeights, AgreeWithThePublishedExample) {
  const auto w = ShapleyWeights(Published());
  ExpectWeights(w, {.23807039, .05610320, .11800387, .28642702});
  EXPECT_NEAR(w->r_squared, .69860449, 1e-8);
}

TEST(Drivers, OfIndependentPredictorsAreTheSquaredCorrelations) {
  Eigen::MatrixXd r = Eigen::MatrixXd::Identity(3, 3);
  r(0, 2) = r(2, 0) = .6;
  r(1, 2) = r(2, 1) = -.3;
  ExpectWeights(RelativeWeights(r), {.36, .09});
  ExpectWeights(ShapleyWeights(r), {.36, .09});
}

TEST(Drivers, ASuppressorDoesNotOutrankWhatItsBetaWould) {
  Eigen::MatrixXd r(4, 4);  // |beta| is 1.21, .79 and .40
  r << 1, .9, 0, .5, .9, 1, 0, .3, 0, 0, 1, .4, .5, .3, .4, 1;
  for (const auto& w : {RelativeWeights(r), ShapleyWeights(r)}) {
    EXPECT_GT(w->weights[2], w->weights[1]);
  }
}

TEST(Drivers, RefuseWhatIsNoCorrelationMatrix) {
  Eigen::MatrixXd r = Published();
  r(0, 1) = .9;
  EXPECT_EQ(RelativeWeights(r).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(ShapleyWeights(Eigen::MatrixXd::Ones(2, 3)).ok());
  EXPECT_FALSE(RelativeWeights(Eigen::MatrixXd::Constant(2, 2, std::nan(""))).ok());
  EXPECT_FALSE(RelativeWeights(2 * Eigen::MatrixXd::Identity(3, 3)).ok());
}

TEST(Drivers, RefusePredictorsThatRepeatEachOther) {
  Eigen::MatrixXd r(3, 3);
  r << 1, 1, .5, 1, 1, .5, .5, .5, 1;
  EXPECT_EQ(RelativeWeights(r).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ShapleyWeights(r).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ShapleyWeights, TakeALimitedNumberOfPredictors) {
  const Eigen::MatrixXd r =
      Eigen::MatrixXd::Identity(kMaxShapleyPredictors + 2, kMaxShapleyPredictors + 2);
  EXPECT_THAT(ShapleyWeights(r).status().message(), HasSubstr("17 predictors"));
  EXPECT_TRUE(RelativeWeights(r).ok());
}

TEST(CompleteCases, LeaveOutRowsWithBlanks) {
  Eigen::MatrixXd rows(3, 2);
  rows << 1, 2, std::nan(""), 3, 5, 4;
  const Eigen::MatrixXd complete = CompleteCases(rows);
  ASSERT_EQ(complete.rows(), 2);
  EXPECT_EQ(complete(1, 0), 5);
}

TEST(CorrelationMatrix, OfKnownColumns) {
  Eigen::MatrixXd rows(5, 2);
  rows << 1, 2, 2, 4, 3, 5, 4, 4, 5, 5;
  const auto r = CorrelationMatrix(rows);
  EXPECT_NEAR((*r)(0, 1), 6 / std::sqrt(60), 1e-12);
  EXPECT_EQ((*r)(0, 0), 1);
}

TEST(CorrelationMatrix, RefusesConstantColumnsAndBlanks) {
  Eigen::MatrixXd rows(3, 2);
  rows << .1, 1, .1, 2, .1, 3;
  EXPECT_EQ(CorrelationMatrix(rows).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(CorrelationMatrix(rows).status().message(), HasSubstr("column 1 is 0.1"));
  rows(0, 0) = std::nan("");
  EXPECT_EQ(CorrelationMatrix(rows).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(CorrelationMatrix(rows.topRows(2)).ok());
}

/// `n` rows of as many independent normal predictors as `effects` has, and an outcome that they
/// move by these, with normal noise of 1.
Eigen::MatrixXd Simulate(uint64_t seed, Eigen::Index n, const Eigen::VectorXd& effects) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  Eigen::MatrixXd rows =
      Eigen::MatrixXd::NullaryExpr(n, effects.size() + 1, [&] { return normal(random); });
  rows.rightCols(1) += rows.leftCols(effects.size()) * effects;
  return rows;
}

TEST(AnalyseDrivers, FindsEffectsAndSaysWhatIsNone) {
  const auto a = AnalyseDrivers(Simulate(3, 400, Eigen::Vector3d(.8, -.4, 0)));
  ASSERT_TRUE(a.ok());
  EXPECT_EQ(a->n, 400);
  EXPECT_TRUE(a->drivers[0].significant);
  EXPECT_TRUE(a->drivers[1].significant);
  EXPECT_FALSE(a->drivers[2].significant);
  EXPECT_EQ(a->drivers[2].counted_weight(), 0);
  EXPECT_EQ(a->drivers[0].counted_weight(), a->drivers[0].weight);
  EXPECT_GT(a->drivers[0].correlation, 0);
  EXPECT_LT(a->drivers[1].correlation, 0);
  double weights = 0, shares = 0;
  for (const Driver& driver : a->drivers) {
    weights += driver.weight;
    shares += driver.share.value;
    EXPECT_LE(driver.share.lower, driver.share.upper);
  }
  EXPECT_NEAR(weights, a->r_squared, 1e-12);
  EXPECT_NEAR(shares, 100, 1e-9);
}

TEST(AnalyseDrivers, BothMethodsAgreeOnIndependentPredictors) {
  const Eigen::MatrixXd rows = Simulate(4, 300, Eigen::Vector2d(.7, .3));
  const auto johnson = AnalyseDrivers(rows);
  const auto shapley = AnalyseDrivers(rows, {.method = DriverMethod::kShapley});
  EXPECT_NEAR(johnson->drivers[0].share.value, shapley->drivers[0].share.value, 0.5);
}

TEST(AnalyseDrivers, TheSameSeedGivesTheSameIntervals) {
  const Eigen::MatrixXd rows = Simulate(5, 100, Eigen::Vector2d(.7, .3));
  const auto a = AnalyseDrivers(rows, {.seed = 9});
  const auto b = AnalyseDrivers(rows, {.seed = 9});
  EXPECT_EQ(a->drivers[0].share.lower, b->drivers[0].share.lower);
}

TEST(AnalyseDrivers, RefusesWhatCannotBeAnalysed) {
  const Eigen::MatrixXd rows = Simulate(6, 100, Eigen::Vector2d(.7, .3));
  EXPECT_FALSE(AnalyseDrivers(rows, {.draws = 10}).ok());
  EXPECT_FALSE(AnalyseDrivers(rows, {.reporting = {.confidence = 2}}).ok());
  Eigen::MatrixXd thin = Eigen::MatrixXd::Zero(40, 3);  // one row alone makes the columns vary
  thin.row(0) << 1, 0, 1;
  thin.row(1) << 0, 1, 0;
  EXPECT_EQ(AnalyseDrivers(thin).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(AnalyseDrivers, SeldomTakesNoiseForADriver) {
  int false_finds = 0, true_finds = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto a = AnalyseDrivers(Simulate(seed, 150, Eigen::Vector3d(.5, .5, 0)),
                                  {.draws = 200, .seed = seed});
    ASSERT_TRUE(a.ok());
    false_finds += a->drivers[2].significant;
    true_finds += a->drivers[0].significant;
  }
  EXPECT_LE(false_finds, 16);  // 5 % of 200, and two standard deviations
  EXPECT_GE(true_finds, 190);
}

TEST(AnalyseDrivers, IntervalCoversTheTrueShareAboutAsOftenAsItSays) {
  int covered = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const auto a =
        AnalyseDrivers(Simulate(seed, 200, Eigen::Vector2d(.6, .6)), {.draws = 300, .seed = seed});
    covered += a->drivers[0].share.lower <= 50 && 50 <= a->drivers[0].share.upper;
  }
  EXPECT_NEAR(covered / 300.0, 0.95, 0.035);
}

}  // namespace
}  // namespace waymark::stats
