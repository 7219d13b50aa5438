#pragma once

#include <cstdint>

#include "absl/status/status.h"

namespace waymark::stats {

inline constexpr double kDefaultConfidence = 0.95;
inline constexpr int64_t kDefaultMinimumN = 10;

struct Interval {
  double lower = 0;
  double upper = 0;

  bool Contains(double x) const { return lower <= x && x <= upper; }
};

/// A number as it is reported: never without its interval and the number of answers behind it.
struct Estimate {
  double value = 0;
  /// The interval that holds the true value with probability `confidence`.
  double lower = 0;
  double upper = 0;
  /// In (0, 1).
  double confidence = kDefaultConfidence;
  /// Answers (or customers, whatever the function counts) behind the value.
  int64_t n = 0;
  /// True: too few answers to report. value, lower and upper are then 0 (never NaN) and mean
  /// nothing; show "too few answers" and n. An Estimate of nothing is suppressed.
  bool suppressed = true;
};

/// How numbers are reported.
struct Reporting {
  double confidence = kDefaultConfidence;
  /// An estimate from fewer answers is suppressed.
  int64_t minimum_n = kDefaultMinimumN;
};

/// INVALID_ARGUMENT unless `confidence` is within (0, 1).
absl::Status ValidateConfidence(double confidence);

/// INVALID_ARGUMENT for a confidence outside (0, 1) or a negative minimum.
absl::Status Validate(const Reporting& reporting);

/// `value` with its interval; the suppressed form when n is 0 or below the minimum.
Estimate MakeEstimate(double value, Interval interval, int64_t n, const Reporting& reporting);

/// `interval` with both ends moved into `range`.
Interval Clamp(Interval interval, Interval range);

/// Count, mean and variance of a stream of numbers in constant memory. Numerically stable (Welford
/// 1962) and mergeable in any order (Chan, Golub & LeVeque 1979). Not thread-safe.
class Moments {
 public:
  Moments() = default;

  /// The moments of a sample known by its size, mean and variance (with n - 1), e.g. read back from
  /// a table. n >= 0, variance >= 0.
  static Moments FromSummary(int64_t n, double mean, double variance);

  void Add(double x) { Add(x, 1); }
  /// Adds `x` as often as `times` (>= 0) says.
  void Add(double x, int64_t times);
  void Merge(const Moments& other);

  int64_t n() const { return n_; }
  /// 0 when empty.
  double mean() const { return mean_; }
  /// The unbiased sample variance (divisor n - 1); 0 when n < 2.
  double variance() const;
  double standard_deviation() const;
  /// Of the mean: standard deviation over √n; 0 when n < 2.
  double standard_error() const;

 private:
  Moments(int64_t n, double mean, double m2) : n_(n), mean_(mean), m2_(m2) {}

  int64_t n_ = 0;
  double mean_ = 0;
  double m2_ = 0;  // sum of squared deviations from the mean
};

}  // namespace waymark::stats
