#include "libs/stats/multiple_testing.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "absl/strings/str_format.h"
#include "libs/base/status_macros.h"

namespace waymark::stats {

absl::StatusOr<std::vector<double>> BenjaminiHochberg(absl::Span<const double> p_values) {
  for (const double p : p_values) {
    if (!(p >= 0 && p <= 1)) {
      return absl::InvalidArgumentError(absl::StrFormat("p-value %g; give 0..1", p));
    }
  }
  std::vector<size_t> descending(p_values.size());
  std::iota(descending.begin(), descending.end(), 0);
  std::sort(descending.begin(), descending.end(),
            [&](size_t a, size_t b) { return p_values[a] > p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double smallest = 1;
  size_t rank = p_values.size();
  for (const size_t i : descending) {
    smallest = std::min(
        smallest, p_values[i] * static_cast<double>(p_values.size()) / static_cast<double>(rank--));
    adjusted[i] = smallest;
  }
  return adjusted;
}

absl::StatusOr<std::vector<bool>> SelectAtFalseDiscoveryRate(absl::Span<const double> p_values,
                                                             double q) {
  if (!(q > 0 && q < 1)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("false discovery rate %g; give a value between 0 and 1, e.g. 0.05", q));
  }
  WM_ASSIGN_OR_RETURN(const std::vector<double> adjusted, BenjaminiHochberg(p_values));
  std::vector<bool> selected;
  selected.reserve(adjusted.size());
  for (const double p : adjusted) selected.push_back(p <= q);
  return selected;
}

}  // namespace waymark::stats
