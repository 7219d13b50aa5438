#pragma once

#include <cstdint>
#include <limits>

#include "absl/status/statusor.h"
#include "libs/stats/estimate.h"

namespace waymark::stats {

// Pure functions; safe from any thread. Proportions and their intervals are 0..1 unless said.
// Impossible counts or a confidence outside (0, 1) are INVALID_ARGUMENT.

/// The interval of Wilson (1927) for a proportion: centre (p + z²/2n)/(1 + z²/n), half width
/// z/(1 + z²/n)·√(p(1 - p)/n + z²/4n²). n > 0.
absl::StatusOr<Interval> WilsonInterval(int64_t successes, int64_t n,
                                        double confidence = kDefaultConfidence);

/// successes of n as a percentage 0..100 with Wilson's interval; suppressed when n is too small.
absl::StatusOr<Estimate> ShareEstimate(int64_t successes, int64_t n,
                                       const Reporting& reporting = {});

inline constexpr Interval kUnbounded = {-std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::infinity()};

/// The mean with Student's t interval, its ends moved into `range` (the scale that the numbers have
/// by nature). Suppressed also when n < 2, where no interval exists. Where all numbers are equal
/// the interval is that one point.
absl::StatusOr<Estimate> MeanEstimate(const Moments& moments, const Reporting& reporting = {},
                                      Interval range = kUnbounded);

/// A difference with the standard error and the interval that belong to it.
struct Difference {
  double value = 0;
  double standard_error = 0;
  Interval interval;
};

/// The difference of two proportions (first minus second) after one success and one failure are
/// added to each group: Agresti & Caffo (2000). Both n > 0.
absl::StatusOr<Difference> AgrestiCaffo(int64_t successes1, int64_t n1, int64_t successes2,
                                        int64_t n2, double confidence = kDefaultConfidence);

/// The smallest n at which a proportion's interval, z/√n·√(p(1 - p)) to either side, is at most
/// `full_width` wide (0..1) if the proportion is `p`; p = 0.5 is the worst case.
absl::StatusOr<int64_t> SampleSizeForProportion(double full_width, double p = 0.5,
                                                double confidence = kDefaultConfidence);

/// INVALID_ARGUMENT unless 0 <= successes <= n and n > 0.
absl::Status ValidateProportion(int64_t successes, int64_t n);

}  // namespace waymark::stats
