#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "libs/columns/view.h"

namespace waymark::columns {

/// One exact sequence of steps and the cases that walked it.
struct Variant {
  std::vector<std::string> steps;
  int64_t count = 0;
  /// count / all cases.
  double share = 0;
  /// Of these cases, from first to last event.
  double mean_seconds = 0;
};

struct Variants {
  int64_t cases = 0;
  /// How many different sequences there are.
  int64_t distinct = 0;
  /// The most frequent, by count, highest first, then by the names of their steps.
  std::vector<Variant> top;
};

/// The `limit` most frequent variants. Exact: sequences are told apart by comparing them, the hash
/// only finds candidates.
Variants CountVariants(const View& view, size_t limit);

}  // namespace waymark::columns
