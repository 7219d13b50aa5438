#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/stats/estimate.h"

namespace waymark::stats {

/// One customer followed for `time` (any unit, >= 0), until the event or until sight was lost.
struct Lifetime {
  double time = 0;
  bool event = false;
};

/// The survival curve just after a time at which events happened.
struct SurvivalPoint {
  double time = 0;
  /// Customers under observation just before `time`.
  int64_t at_risk = 0;
  int64_t events = 0;
  /// Share that is past `time` without the event.
  double survival = 1;
  /// Greenwood's (1926): S·√Σ d/(n(n - d)). 0 where the curve has fallen to 0.
  double standard_error = 0;
  /// Of the survival, on the log-log scale (Kalbfleisch & Prentice 1980), so within 0..1. Where the
  /// curve has fallen to 0: from 0 to the upper end at the point before (1 when there is none).
  Interval interval;
};

/// The curve of Kaplan & Meier (1958), S = ∏(1 - d/n), one point per distinct time with an event,
/// ascending; empty when no event was seen. Whoever is lost at a time counts as at risk there. Pure
/// function. INVALID_ARGUMENT: a negative or non-finite time, a confidence outside (0, 1).
absl::StatusOr<std::vector<SurvivalPoint>> KaplanMeier(absl::Span<const Lifetime> lifetimes,
                                                       double confidence = kDefaultConfidence);

}  // namespace waymark::stats
