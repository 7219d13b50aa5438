#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "libs/stats/estimate.h"
#include "libs/stats/intervals.h"
#include "libs/stats/metrics.h"

namespace waymark::stats {

// Pure functions; safe from any thread. INVALID_ARGUMENT: impossible counts, a sample of fewer than
// two where a variance is needed, a confidence outside (0, 1). FAILED_PRECONDITION: nothing varies
// (all answers equal), so that there is no test.

/// What a test has to show about the difference "first minus second" (or "sample minus target").
enum class Alternative { kTwoSided, kGreater, kLess };

/// The outcome of a test of "no difference".
struct Comparison {
  /// First minus second.
  double difference = 0;
  double standard_error = 0;
  /// z or t; its sign follows the difference.
  double statistic = 0;
  /// Infinite for z.
  double degrees_of_freedom = 0;
  double p_value = 1;
  /// Two-sided at `confidence`, whatever the alternative.
  Interval interval;
  double confidence = kDefaultConfidence;
};

struct TestOptions {
  Alternative alternative = Alternative::kTwoSided;
  double confidence = kDefaultConfidence;
};

/// Welch's t test (1947) of two means, df after Satterthwaite (1946).
absl::StatusOr<Comparison> WelchT(const Moments& first, const Moments& second,
                                  const TestOptions& options = {});

/// Student's t test of a mean against a fixed target.
absl::StatusOr<Comparison> OneSampleT(const Moments& sample, double target,
                                      const TestOptions& options = {});

enum class ContinuityCorrection { kNone, kYates };

/// z test of two proportions with pooled variance. Yates' correction moves the difference towards 0
/// by (1/n1 + 1/n2)/2 before the statistic is taken. `difference` is the raw one; the interval is
/// that of Agresti & Caffo.
absl::StatusOr<Comparison> TwoProportionZ(int64_t successes1, int64_t n1, int64_t successes2,
                                          int64_t n2, ContinuityCorrection correction,
                                          const TestOptions& options = {});

/// z test of two NPS in points (first minus second).
absl::StatusOr<Comparison> NpsDifferenceZ(const NpsCounts& first, const NpsCounts& second,
                                          const TestOptions& options = {});

/// Four cells of a before/after comparison with a control group.
struct BeforeAfter {
  Moments treated_before;
  Moments treated_after;
  Moments control_before;
  Moments control_after;
};

/// Difference in differences, the 2×2 interaction of means: (treated after - treated before) -
/// (control after - control before), for independent samples; error √Σs²/n over the four cells, df
/// after Welch and Satterthwaite.
absl::StatusOr<Comparison> DifferenceInDifferences(const BeforeAfter& cells,
                                                   const TestOptions& options = {});

}  // namespace waymark::stats
