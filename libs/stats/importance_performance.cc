#include "libs/stats/importance_performance.h"

namespace waymark::stats {
namespace {

bool IsUsable(const ImportancePerformance& point) {
  return !point.importance.suppressed && !point.performance.suppressed;
}

/// 1 above the line, -1 below it, 0 when the interval does not clear it.
int Side(const Estimate& estimate, double line) {
  return (estimate.lower > line) - (estimate.upper < line);
}

Quadrant Place(const ImportancePerformance& point, double importance_line,
               double performance_line) {
  if (!IsUsable(point)) return Quadrant::kUnclear;
  const int importance = Side(point.importance, importance_line);
  const int performance = Side(point.performance, performance_line);
  if (importance == 0 || performance == 0) return Quadrant::kUnclear;
  if (importance > 0) return performance > 0 ? Quadrant::kKeepUp : Quadrant::kConcentrateHere;
  return performance > 0 ? Quadrant::kPossibleOverkill : Quadrant::kLowPriority;
}

}  // namespace

absl::StatusOr<ImportancePerformanceMap> MapImportancePerformance(
    absl::Span<const ImportancePerformance> points) {
  Moments importance, performance;
  for (const ImportancePerformance& point : points) {
    if (!IsUsable(point)) continue;
    importance.Add(point.importance.value);
    performance.Add(point.performance.value);
  }
  if (importance.n() == 0) {
    return absl::InvalidArgumentError(
        "no item has both an importance and a performance from enough answers; collect more");
  }
  ImportancePerformanceMap map;
  map.importance_line = importance.mean();
  map.performance_line = performance.mean();
  map.quadrants.reserve(points.size());
  for (const ImportancePerformance& point : points) {
    map.quadrants.push_back(Place(point, map.importance_line, map.performance_line));
  }
  return map;
}

}  // namespace waymark::stats
