#include "libs/stats/estimate.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "libs/base/status_macros.h"

namespace waymark::stats {

absl::Status ValidateConfidence(double confidence) {
  if (confidence > 0 && confidence < 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("confidence is %g; give a value between 0 and 1, e.g. 0.95", confidence));
}

absl::Status Validate(const Reporting& reporting) {
  WM_RETURN_IF_ERROR(ValidateConfidence(reporting.confidence));
  if (reporting.minimum_n >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("minimum_n is %d; give 0 or more", reporting.minimum_n));
}

Estimate MakeEstimate(double value, Interval interval, int64_t n, const Reporting& reporting) {
  Estimate estimate;
  estimate.confidence = reporting.confidence;
  estimate.n = n;
  estimate.suppressed = n == 0 || n < reporting.minimum_n;
  if (estimate.suppressed) return estimate;
  estimate.value = value;
  estimate.lower = interval.lower;
  estimate.upper = interval.upper;
  return estimate;
}

Interval Clamp(Interval interval, Interval range) {
  return {std::clamp(interval.lower, range.lower, range.upper),
          std::clamp(interval.upper, range.lower, range.upper)};
}

Moments Moments::FromSummary(int64_t n, double mean, double variance) {
  return Moments(n, n == 0 ? 0 : mean, n < 2 ? 0 : variance * static_cast<double>(n - 1));
}

void Moments::Add(double x, int64_t times) { Merge(Moments(times, x, 0)); }

void Moments::Merge(const Moments& other) {
  if (other.n_ == 0) return;
  const double total = static_cast<double>(n_ + other.n_);
  const double share = static_cast<double>(other.n_) / total;
  const double delta = other.mean_ - mean_;
  m2_ += other.m2_ + delta * delta * static_cast<double>(n_) * share;
  mean_ += delta * share;
  n_ += other.n_;
}

double Moments::variance() const { return n_ < 2 ? 0 : m2_ / static_cast<double>(n_ - 1); }

double Moments::standard_deviation() const { return std::sqrt(variance()); }

double Moments::standard_error() const {
  return n_ < 2 ? 0 : std::sqrt(variance() / static_cast<double>(n_));
}

}  // namespace waymark::stats
