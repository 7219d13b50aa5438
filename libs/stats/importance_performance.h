#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/stats/estimate.h"

namespace waymark::stats {

/// The fields of an importance-performance map (Martilla & James 1977).
enum class Quadrant {
  kConcentrateHere,   ///< important, performs badly
  kKeepUp,            ///< important, performs well
  kLowPriority,       ///< unimportant, performs badly
  kPossibleOverkill,  ///< unimportant, performs well
  kUnclear,           ///< an interval reaches over a line, or an estimate is suppressed
};

struct ImportancePerformance {
  Estimate importance;
  Estimate performance;
};

struct ImportancePerformanceMap {
  /// The crosshair: the means over all points that are not suppressed. Show it with the map.
  double importance_line = 0;
  double performance_line = 0;
  /// One per point, in order.
  std::vector<Quadrant> quadrants;
};

/// Places a point in a quadrant only if its intervals clear both lines. Pure function.
/// INVALID_ARGUMENT when no point has both estimates.
absl::StatusOr<ImportancePerformanceMap> MapImportancePerformance(
    absl::Span<const ImportancePerformance> points);

}  // namespace waymark::stats
