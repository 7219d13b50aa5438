#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "absl/status/statusor.h"
#include "libs/stats/estimate.h"

namespace waymark::stats {

// How much each predictor (a touchpoint's rating) matters for an outcome (overall satisfaction).
// Everywhere the LAST column is the outcome and the others are the predictors. Weights divide R²
// among the predictors, so they are fair where predictors correlate; ranking by |beta| is not, for
// a suppressor has a large beta and explains little. Pure functions. INVALID_ARGUMENT: a matrix of
// the wrong shape or with values that are not finite. FAILED_PRECONDITION: a column is constant, or
// the predictors depend on each other linearly, so that nothing can be told apart.

/// The rows without NaN (no answer, not applicable), in order.
Eigen::MatrixXd CompleteCases(const Eigen::MatrixXd& rows);

/// Pearson correlations between the columns of `rows` (at least 3 rows).
absl::StatusOr<Eigen::MatrixXd> CorrelationMatrix(const Eigen::MatrixXd& rows);

struct DriverWeights {
  /// Per predictor, >= 0; they add up to r_squared.
  std::vector<double> weights;
  double r_squared = 0;
};

/// Relative weights of Johnson (2000).
absl::StatusOr<DriverWeights> RelativeWeights(const Eigen::MatrixXd& correlation);

/// Shapley values of R², also known as LMG (Lindeman, Merenda & Gold 1980): the mean gain of R² by
/// a predictor over all orders of entry. Time grows as 2^predictors; INVALID_ARGUMENT above
/// kMaxShapleyPredictors.
absl::StatusOr<DriverWeights> ShapleyWeights(const Eigen::MatrixXd& correlation);
inline constexpr int kMaxShapleyPredictors = 16;

enum class DriverMethod { kRelativeWeights, kShapley };

struct DriverOptions {
  DriverMethod method = DriverMethod::kRelativeWeights;
  /// Bootstrap samples of the rows; at least 100.
  int draws = 1000;
  /// The same seed and rows give the same answer.
  uint64_t seed = 1;
  Reporting reporting;
};

struct Driver {
  /// Part of R² that belongs to the predictor.
  double weight = 0;
  /// The same as a percentage of R², with a percentile bootstrap interval.
  Estimate share;
  /// Pearson's correlation with the outcome: says the direction, which a weight has not.
  double correlation = 0;
  /// Whether the predictor explains more than pure noise put beside it: the bootstrap interval of
  /// (its weight - the noise's weight) lies above 0 (Tonidandel, LeBreton & Johnson 2009).
  bool significant = false;

  /// What the driver counts in a ranking: an insignificant one counts nothing.
  double counted_weight() const { return significant ? weight : 0; }
};

struct DriverAnalysis {
  /// In the order of the columns.
  std::vector<Driver> drivers;
  double r_squared = 0;
  int64_t n = 0;
};

/// Weights with bootstrap intervals from complete `rows`. With few rows the shares are suppressed.
/// FAILED_PRECONDITION also when R² is 0 or when more than half of the bootstrap samples are
/// degenerate (too few distinct rows).
absl::StatusOr<DriverAnalysis> AnalyseDrivers(const Eigen::MatrixXd& rows,
                                              const DriverOptions& options = {});

}  // namespace waymark::stats
