#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace waymark::stats {

// Many tests at once, after Benjamini & Hochberg (1995): among what is selected at q, the expected
// share of false finds is at most q for independent or positively dependent tests. Pure functions.
// INVALID_ARGUMENT: a p-value outside 0..1, q outside (0, 1).

/// Adjusted p-values in the order given: min over j >= i of m·p(j)/j, at most 1. A test is selected
/// at q exactly when its adjusted value is <= q.
absl::StatusOr<std::vector<double>> BenjaminiHochberg(absl::Span<const double> p_values);

/// Whether each test is selected at the false discovery rate `q`.
absl::StatusOr<std::vector<bool>> SelectAtFalseDiscoveryRate(absl::Span<const double> p_values,
                                                             double q);

}  // namespace waymark::stats
