#include "libs/stats/intervals.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "libs/base/status_macros.h"
#include "libs/stats/distributions.h"

namespace waymark::stats {

absl::Status ValidateProportion(int64_t successes, int64_t n) {
  if (n > 0 && successes >= 0 && successes <= n) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%d of %d is no proportion; give 0 <= count <= n and n > 0", successes, n));
}

absl::StatusOr<Interval> WilsonInterval(int64_t successes, int64_t n, double confidence) {
  WM_RETURN_IF_ERROR(ValidateProportion(successes, n));
  WM_RETURN_IF_ERROR(ValidateConfidence(confidence));
  const double size = static_cast<double>(n);
  const double p = static_cast<double>(successes) / size;
  const double z = NormalCritical(confidence);
  const double shrink = 1 + z * z / size;
  const double centre = (p + z * z / (2 * size)) / shrink;
  const double half = z / shrink * std::sqrt(p * (1 - p) / size + z * z / (4 * size * size));
  // The ends are exactly 0 and 1 there; the formula leaves a rounding error.
  return Interval{successes == 0 ? 0 : centre - half, successes == n ? 1 : centre + half};
}

absl::StatusOr<Estimate> ShareEstimate(int64_t successes, int64_t n, const Reporting& reporting) {
  WM_RETURN_IF_ERROR(Validate(reporting));
  if (n == 0 && successes == 0) return MakeEstimate(0, {}, 0, reporting);
  WM_ASSIGN_OR_RETURN(const Interval wilson, WilsonInterval(successes, n, reporting.confidence));
  return MakeEstimate(100.0 * static_cast<double>(successes) / static_cast<double>(n),
                      {100 * wilson.lower, 100 * wilson.upper}, n, reporting);
}

absl::StatusOr<Estimate> MeanEstimate(const Moments& moments, const Reporting& reporting,
                                      Interval range) {
  WM_RETURN_IF_ERROR(Validate(reporting));
  Reporting effective = reporting;
  effective.minimum_n = std::max<int64_t>(2, reporting.minimum_n);
  if (moments.n() < 2) return MakeEstimate(0, {}, moments.n(), effective);
  const double half = moments.standard_error() *
                      StudentTCritical(reporting.confidence, static_cast<double>(moments.n() - 1));
  return MakeEstimate(moments.mean(), Clamp({moments.mean() - half, moments.mean() + half}, range),
                      moments.n(), effective);
}

absl::StatusOr<Difference> AgrestiCaffo(int64_t successes1, int64_t n1, int64_t successes2,
                                        int64_t n2, double confidence) {
  WM_RETURN_IF_ERROR(ValidateProportion(successes1, n1));
  WM_RETURN_IF_ERROR(ValidateProportion(successes2, n2));
  WM_RETURN_IF_ERROR(ValidateConfidence(confidence));
  const double size1 = static_cast<double>(n1 + 2);
  const double size2 = static_cast<double>(n2 + 2);
  const double p1 = static_cast<double>(successes1 + 1) / size1;
  const double p2 = static_cast<double>(successes2 + 1) / size2;
  const double error = std::sqrt(p1 * (1 - p1) / size1 + p2 * (1 - p2) / size2);
  const double half = NormalCritical(confidence) * error;
  const double value = p1 - p2;
  return Difference{value, error, Clamp({value - half, value + half}, {-1, 1})};
}

absl::StatusOr<int64_t> SampleSizeForProportion(double full_width, double p, double confidence) {
  WM_RETURN_IF_ERROR(ValidateConfidence(confidence));
  if (!(full_width > 0 && full_width <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the interval's full width is %g; give a share within (0, 1]", full_width));
  }
  if (!(p > 0 && p < 1)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the expected proportion is %g; give a share between 0 and 1", p));
  }
  const double z = NormalCritical(confidence);
  const double size = std::ceil(4 * z * z * p * (1 - p) / (full_width * full_width));
  if (size < 9e18) return static_cast<int64_t>(size);
  return absl::InvalidArgumentError(
      absl::StrFormat("a width of %g needs %g answers; give a wider one", full_width, size));
}

}  // namespace waymark::stats
