#include "libs/stats/comparisons.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "libs/base/status_macros.h"
#include "libs/stats/distributions.h"

namespace waymark::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double PValue(double statistic, double df, Alternative alternative) {
  switch (alternative) {
    case Alternative::kGreater:
      return StudentTUpperTail(statistic, df);
    case Alternative::kLess:
      return StudentTCdf(statistic, df);
    case Alternative::kTwoSided:
      break;
  }
  return std::min(1.0, 2 * StudentTUpperTail(std::abs(statistic), df));
}

absl::Status NothingVaries() {
  return absl::FailedPreconditionError(
      "all answers are equal, so their spread is unknown and no test is possible; collect more");
}

absl::Status CheckSample(const Moments& sample) {
  if (sample.n() >= 2) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("a sample of %d; a test of means needs at least 2", sample.n()));
}

/// A test of `difference` against 0, t with `df` degrees of freedom (infinite: z).
absl::StatusOr<Comparison> Compare(double difference, double error, double df,
                                   const TestOptions& options) {
  WM_RETURN_IF_ERROR(ValidateConfidence(options.confidence));
  if (!(error > 0)) return NothingVaries();
  Comparison result;
  result.difference = difference;
  result.standard_error = error;
  result.statistic = difference / error;
  result.degrees_of_freedom = df;
  result.p_value = PValue(result.statistic, df, options.alternative);
  const double half = error * StudentTCritical(options.confidence, df);
  result.interval = {difference - half, difference + half};
  result.confidence = options.confidence;
  return result;
}

/// Compares with the error of a sum or difference of the means of independent `samples`; df after
/// Welch and Satterthwaite.
absl::StatusOr<Comparison> CompareMeans(double difference, absl::Span<const Moments* const> samples,
                                        const TestOptions& options) {
  double variance = 0, divisor = 0;
  for (const Moments* sample : samples) {
    WM_RETURN_IF_ERROR(CheckSample(*sample));
    const double part = sample->variance() / static_cast<double>(sample->n());
    variance += part;
    divisor += part * part / static_cast<double>(sample->n() - 1);
  }
  if (!(variance > 0)) return NothingVaries();
  return Compare(difference, std::sqrt(variance), variance * variance / divisor, options);
}

}  // namespace

absl::StatusOr<Comparison> WelchT(const Moments& first, const Moments& second,
                                  const TestOptions& options) {
  return CompareMeans(first.mean() - second.mean(), {&first, &second}, options);
}

absl::StatusOr<Comparison> OneSampleT(const Moments& sample, double target,
                                      const TestOptions& options) {
  return CompareMeans(sample.mean() - target, {&sample}, options);
}

absl::StatusOr<Comparison> TwoProportionZ(int64_t successes1, int64_t n1, int64_t successes2,
                                          int64_t n2, ContinuityCorrection correction,
                                          const TestOptions& options) {
  WM_ASSIGN_OR_RETURN(const Difference caffo,
                      AgrestiCaffo(successes1, n1, successes2, n2, options.confidence));
  const double size1 = static_cast<double>(n1);
  const double size2 = static_cast<double>(n2);
  const double difference =
      static_cast<double>(successes1) / size1 - static_cast<double>(successes2) / size2;
  const double pooled = static_cast<double>(successes1 + successes2) / (size1 + size2);
  const double inverse_sizes = 1 / size1 + 1 / size2;
  const double shift = correction == ContinuityCorrection::kYates ? inverse_sizes / 2 : 0;
  const double corrected = std::copysign(std::max(0.0, std::abs(difference) - shift), difference);
  WM_ASSIGN_OR_RETURN(
      Comparison result,
      Compare(corrected, std::sqrt(pooled * (1 - pooled) * inverse_sizes), kInfinity, options));
  result.difference = difference;
  result.interval = caffo.interval;
  return result;
}

absl::StatusOr<Comparison> NpsDifferenceZ(const NpsCounts& first, const NpsCounts& second,
                                          const TestOptions& options) {
  const Reporting any_n = {.confidence = options.confidence, .minimum_n = 1};
  WM_ASSIGN_OR_RETURN(const Estimate nps1, Nps(first, any_n));
  WM_ASSIGN_OR_RETURN(const Estimate nps2, Nps(second, any_n));
  if (nps1.suppressed || nps2.suppressed) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "NPS of %d and %d answers cannot be compared; both need some", nps1.n, nps2.n));
  }
  return Compare(nps1.value - nps2.value,
                 std::hypot(NpsStandardError(first), NpsStandardError(second)), kInfinity, options);
}

absl::StatusOr<Comparison> DifferenceInDifferences(const BeforeAfter& cells,
                                                   const TestOptions& options) {
  const double treated = cells.treated_after.mean() - cells.treated_before.mean();
  const double control = cells.control_after.mean() - cells.control_before.mean();
  return CompareMeans(
      treated - control,
      {&cells.treated_before, &cells.treated_after, &cells.control_before, &cells.control_after},
      options);
}

}  // namespace waymark::stats
