#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/stats/estimate.h"
#include "services/scoring/evidence.h"
#include "services/scoring/selection.h"

namespace waymark::scoring {

/// A segment (an attribute's value) whose customers rate significantly lower than the others.
struct SufferingSegment {
  std::string key;
  std::string value;
  /// Customers with ratings inside and outside the segment.
  int64_t customers = 0;
  int64_t others = 0;
  double mean = 0;
  double others_mean = 0;
  /// others_mean - mean in points of 1..100, with its interval; n is `customers`.
  stats::Estimate loss;
  double standard_error = 0;
  double adjusted_p_value = 1;
};

/// Compares, for each attribute with 2 to 50 values, the customers of each value with all others:
/// Welch's test of their mean scores, one-sided, at a false discovery rate of 5 % over all values,
/// both groups of at least 30, and at least 3 points apart. Largest loss first.
std::vector<SufferingSegment> FindSufferingSegments(const EvidenceData& data,
                                                    const Selection& selection);

/// A hand-off between channels as journey discovered it: reached = lost + continued.
struct HandoffCounts {
  std::string activity;
  std::string from_channel;
  std::string to_channel;
  std::string next_activity;
  int64_t reached = 0;
  int64_t lost = 0;
  int64_t continued = 0;
};

struct LossyHandoff {
  HandoffCounts counts;
  /// Share of lost cases at all other hand-offs, 0..1.
  double others_share = 0;
  /// Lost share above that of the others, in percentage points, with its interval; n is `reached`.
  stats::Estimate excess;
  double standard_error = 0;
  double adjusted_p_value = 1;
};

/// Hand-offs that lose significantly more than the others: pooled z test with continuity correction
/// against all others together, one-sided, at a false discovery rate of 5 %, at least 30 cases, at
/// least 5 percentage points and twice as much. A place where nobody goes on is an end, not a
/// hand-off. Largest excess first.
std::vector<LossyHandoff> FindLossyHandoffs(const std::vector<HandoffCounts>& handoffs);

/// Whether a customer uses the service as ever, judged by interactions per day in the last 28 days
/// before the latest signal against the 56 days before those.
enum class Usage {
  /// Fewer than 4 interactions in the earlier period: nothing to compare with.
  kUnknown,
  /// At least 60 % of the earlier rate.
  kHealthy,
  kFalling,
  /// None in the last 28 days.
  kStopped,
};

/// Customers whose sources contradict one another.
struct Contradictions {
  /// Ids of customers whose usage is healthy but of whom staff say that they leave, sorted.
  std::vector<std::string> healthy_but_leaving;
  /// Mean confidence of the staff in that, 0..1; 1 where none was stated.
  double staff_confidence = 0;
  /// How many customers staff say leave, and how many of them have a usage to judge by.
  int64_t leaving = 0;
  int64_t leaving_with_usage = 0;
  /// Ids of customers with a mean score of at least 70 who stopped using the service, sorted.
  std::vector<std::string> satisfied_but_gone;
  /// Customers whose usage stopped.
  int64_t stopped = 0;
};

Contradictions FindContradictions(const EvidenceData& data);

}  // namespace waymark::scoring
