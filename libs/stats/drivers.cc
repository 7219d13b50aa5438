#include "libs/stats/drivers.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <random>
#include <utility>

#include <Eigen/Eigenvalues>

#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "libs/base/status_macros.h"

namespace waymark::stats {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// Below this the smallest eigenvalue of a correlation matrix is rounding error.
constexpr double kSingular = 1e-9;

absl::Status ValidateCorrelation(const MatrixXd& r) {
  if (r.rows() != r.cols() || r.rows() < 2) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "a %d x %d matrix is no correlation of predictors and an outcome; give a square one of at "
        "least 2",
        r.rows(), r.cols()));
  }
  if (r.allFinite() && r.isApprox(r.transpose(), 1e-9) &&
      (r.diagonal().array() - 1).abs().maxCoeff() < 1e-9 && r.cwiseAbs().maxCoeff() <= 1 + 1e-9) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "the matrix is no correlation matrix; give a symmetric one within -1..1 with ones on its "
      "diagonal");
}

absl::StatusOr<Eigen::SelfAdjointEigenSolver<MatrixXd>> DecomposePredictors(const MatrixXd& r) {
  WM_RETURN_IF_ERROR(ValidateCorrelation(r));
  const Index k = r.rows() - 1;
  Eigen::SelfAdjointEigenSolver<MatrixXd> solver(r.topLeftCorner(k, k));
  if (solver.info() == Eigen::Success && solver.eigenvalues()(0) > kSingular) return solver;
  return absl::FailedPreconditionError(
      "the predictors depend on each other linearly, so their effects cannot be told apart; leave "
      "out one of those that repeat another");
}

/// Fills table[mask] with R² of every subset of predictors. `rest` is the covariance of the
/// predictors not yet decided on and the outcome (last), given those of `mask`.
void FillSubsets(const MatrixXd& rest, int predictor, size_t mask, double r_squared,
                 std::vector<double>& table) {
  const Index m = rest.rows() - 1;
  if (m == 0) {
    table[mask] = r_squared;
    return;
  }
  const MatrixXd without = rest.bottomRightCorner(m, m);
  FillSubsets(without, predictor + 1, mask, r_squared, table);
  const VectorXd pivot = rest.col(0).tail(m);
  const double gain = pivot(m - 1) * pivot(m - 1) / rest(0, 0);
  FillSubsets(without - pivot * pivot.transpose() / rest(0, 0), predictor + 1,
              mask | (size_t{1} << predictor), r_squared + gain, table);
}

/// The share of orders in which exactly a given set of `size` of k - 1 others comes before.
std::vector<double> OrderShares(int k) {
  std::vector<double> shares(static_cast<size_t>(k));
  double share = 1.0 / k;
  for (int size = 0; size < k; ++size) {
    shares[static_cast<size_t>(size)] = share;
    share *= static_cast<double>(size + 1) / std::max(1, k - 1 - size);
  }
  return shares;
}

absl::StatusOr<DriverWeights> Weigh(const MatrixXd& correlation, DriverMethod method) {
  return method == DriverMethod::kShapley ? ShapleyWeights(correlation)
                                          : RelativeWeights(correlation);
}

/// Correlations of `rows` without one of its columns, taken from those of all columns.
MatrixXd WithoutColumn(const MatrixXd& correlation, Index column) {
  std::vector<Index> kept;
  for (Index c = 0; c < correlation.cols(); ++c) {
    if (c != column) kept.push_back(c);
  }
  return correlation(kept, kept);
}

/// What the bootstrap draws say: per predictor its shares of R² and its lead over noise.
struct Draws {
  std::vector<std::vector<double>> shares;
  std::vector<std::vector<double>> leads;

  explicit Draws(size_t predictors) : shares(predictors), leads(predictors) {}
  size_t size() const { return shares[0].size(); }
};

/// One bootstrap sample of `rows` with a column of noise before the outcome.
MatrixXd Resample(const MatrixXd& rows, std::mt19937_64& random) {
  const Index k = rows.cols() - 1;
  std::uniform_int_distribution<Index> any_row(0, rows.rows() - 1);
  std::normal_distribution<double> noise;
  MatrixXd sample(rows.rows(), rows.cols() + 1);
  for (Index r = 0; r < rows.rows(); ++r) {
    const Index source = any_row(random);
    sample.row(r).head(k) = rows.row(source).head(k);
    sample(r, k) = noise(random);
    sample(r, k + 1) = rows(source, k);
  }
  return sample;
}

/// Adds one draw to `draws`; leaves it out, with the status, when the sample is degenerate.
absl::Status AddDraw(const MatrixXd& rows, DriverMethod method, std::mt19937_64& random,
                     Draws& draws) {
  const Index k = rows.cols() - 1;
  WM_ASSIGN_OR_RETURN(const MatrixXd r, CorrelationMatrix(Resample(rows, random)));
  WM_ASSIGN_OR_RETURN(const DriverWeights with_noise, Weigh(r, method));
  WM_ASSIGN_OR_RETURN(const DriverWeights plain, Weigh(WithoutColumn(r, k), method));
  if (!(plain.r_squared > 0)) return absl::FailedPreconditionError("R² is 0");
  const double noise = with_noise.weights[static_cast<size_t>(k)];
  for (size_t j = 0; j < draws.shares.size(); ++j) {
    draws.shares[j].push_back(100 * plain.weights[j] / plain.r_squared);
    draws.leads[j].push_back(with_noise.weights[j] - noise);
  }
  return absl::OkStatus();
}

absl::StatusOr<Draws> Bootstrap(const MatrixXd& rows, const DriverOptions& options) {
  Draws draws(static_cast<size_t>(rows.cols() - 1));
  std::mt19937_64 random(options.seed);
  for (int i = 0; i < options.draws; ++i) {
    // A degenerate sample says nothing about the weights; the count below guards the rest.
    AddDraw(rows, options.method, random, draws).IgnoreError();
  }
  if (2 * draws.size() >= static_cast<size_t>(options.draws)) return draws;
  return absl::FailedPreconditionError(
      absl::StrFormat("only %d of %d bootstrap samples of the %d rows have columns that vary "
                      "independently; collect more answers",
                      draws.size(), options.draws, rows.rows()));
}

/// The middle `confidence` of `values`, which get sorted.
Interval Percentiles(std::vector<double>& values, double confidence) {
  std::sort(values.begin(), values.end());
  const double last = static_cast<double>(values.size() - 1);
  const double tail = (1 - confidence) / 2;
  return {values[static_cast<size_t>(std::floor(tail * last))],
          values[static_cast<size_t>(std::ceil((1 - tail) * last))]};
}

absl::Status Validate(const MatrixXd& rows, const DriverOptions& options) {
  WM_RETURN_IF_ERROR(Validate(options.reporting));
  const Index limit = kMaxShapleyPredictors - 1;
  if (options.method == DriverMethod::kShapley && rows.cols() - 1 > limit) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%d predictors; the bootstrap of Shapley weights takes at most %d, use relative weights",
        rows.cols() - 1, limit));
  }
  if (options.draws >= 100) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%d bootstrap draws; give at least 100", options.draws));
}

}  // namespace

MatrixXd CompleteCases(const MatrixXd& rows) {
  std::vector<Index> complete;
  for (Index r = 0; r < rows.rows(); ++r) {
    if (!rows.row(r).hasNaN()) complete.push_back(r);
  }
  return rows(complete, Eigen::all);
}

absl::StatusOr<MatrixXd> CorrelationMatrix(const MatrixXd& rows) {
  if (rows.rows() < 3 || rows.cols() < 2) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "correlations of %d rows and %d columns; give at least 3 and 2", rows.rows(), rows.cols()));
  }
  if (!rows.allFinite()) {
    return absl::InvalidArgumentError(
        "a row has a value that is not a finite number; leave out rows with blanks first");
  }
  MatrixXd standard = rows.rowwise() - rows.colwise().mean();
  for (Index c = 0; c < standard.cols(); ++c) {
    if ((rows.col(c).array() == rows(0, c)).all()) {
      return absl::FailedPreconditionError(
          absl::StrFormat("column %d is %g in every row and correlates with nothing; leave it out",
                          c + 1, rows(0, c)));
    }
    standard.col(c).normalize();
  }
  MatrixXd correlation = standard.transpose() * standard;
  correlation.diagonal().setOnes();
  return correlation;
}

absl::StatusOr<DriverWeights> RelativeWeights(const MatrixXd& correlation) {
  WM_ASSIGN_OR_RETURN(const auto solver, DecomposePredictors(correlation));
  const Index k = correlation.rows() - 1;
  // Johnson's Λ: correlations of the predictors with their closest orthogonal counterparts.
  const VectorXd beta = solver.operatorInverseSqrt() * correlation.col(k).head(k);
  const VectorXd weights = solver.operatorSqrt().cwiseAbs2() * beta.cwiseAbs2();
  return DriverWeights{{weights.begin(), weights.end()}, weights.sum()};
}

absl::StatusOr<DriverWeights> ShapleyWeights(const MatrixXd& correlation) {
  WM_RETURN_IF_ERROR(DecomposePredictors(correlation).status());
  const int k = static_cast<int>(correlation.rows()) - 1;
  if (k > kMaxShapleyPredictors) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d predictors; Shapley weights take at most %d, use relative weights", k,
                        kMaxShapleyPredictors));
  }
  std::vector<double> r_squared(size_t{1} << k);
  FillSubsets(correlation, 0, 0, 0, r_squared);
  const std::vector<double> order_share = OrderShares(k);
  DriverWeights result;
  result.weights.resize(static_cast<size_t>(k));
  result.r_squared = r_squared.back();
  for (size_t mask = 0; mask < r_squared.size(); ++mask) {
    const double share = order_share[std::min<size_t>(std::popcount(mask), k - 1)];
    for (int j = 0; j < k; ++j) {
      const size_t bit = size_t{1} << j;
      if (mask & bit) continue;
      result.weights[static_cast<size_t>(j)] += share * (r_squared[mask | bit] - r_squared[mask]);
    }
  }
  return result;
}

absl::StatusOr<DriverAnalysis> AnalyseDrivers(const MatrixXd& rows, const DriverOptions& options) {
  WM_RETURN_IF_ERROR(Validate(rows, options));
  WM_ASSIGN_OR_RETURN(const MatrixXd correlation, CorrelationMatrix(rows));
  WM_ASSIGN_OR_RETURN(const DriverWeights weights, Weigh(correlation, options.method));
  if (!(weights.r_squared > 0)) {
    return absl::FailedPreconditionError(
        "the predictors explain nothing of the outcome (R² is 0), so it has no shares");
  }
  WM_ASSIGN_OR_RETURN(Draws draws, Bootstrap(rows, options));
  DriverAnalysis analysis;
  analysis.r_squared = weights.r_squared;
  analysis.n = rows.rows();
  const double confidence = options.reporting.confidence;
  for (size_t j = 0; j < weights.weights.size(); ++j) {
    Driver driver;
    driver.weight = weights.weights[j];
    driver.share =
        MakeEstimate(100 * driver.weight / weights.r_squared,
                     Percentiles(draws.shares[j], confidence), analysis.n, options.reporting);
    driver.correlation = correlation(static_cast<Index>(j), correlation.cols() - 1);
    driver.significant = Percentiles(draws.leads[j], confidence).lower > 0;
    analysis.drivers.push_back(std::move(driver));
  }
  return analysis;
}

}  // namespace waymark::stats
