#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/columns/view.h"

namespace waymark::columns {

/// Which occurrence of the first step a windowed funnel measures from.
enum class FunnelStart {
  /// The case's first one, whatever comes of it.
  kFirst,
  /// The one from which the case gets farthest (as ClickHouse's windowFunnel).
  kAny,
};

struct FunnelSpec {
  /// 1-64 steps, in order. A step may be named more than once; one event serves one of them.
  std::vector<std::string> steps;
  /// All steps must lie within this of the first, inclusive. Nothing: any time later ("eventual").
  std::optional<int64_t> window_micros;
  /// Without a window both policies give the same counts.
  FunnelStart start = FunnelStart::kFirst;
};

struct FunnelStep {
  std::string step;
  /// Cases that got at least this far: never more than at the step before.
  int64_t reached = 0;
  /// Cases that got exactly this far; at the last step, those that completed.
  int64_t stopped = 0;
};

/// reached[0] + never_entered = cases; reached[i] = stopped[i] + reached[i+1].
struct Funnel {
  int64_t cases = 0;
  int64_t never_entered = 0;
  std::vector<FunnelStep> steps;
};

/// Counts how far each case of `view` gets through the steps, with any other events in between.
/// INVALID_ARGUMENT: no step or more than 64, or a window below zero.
absl::StatusOr<Funnel> MeasureFunnel(const View& view, const FunnelSpec& spec);

}  // namespace waymark::columns
