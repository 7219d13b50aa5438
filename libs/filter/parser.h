#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/filter/program.h"
#include "libs/filter/schema.h"

namespace waymark::filter {

inline constexpr size_t kMaxBytes = 8 << 10;
inline constexpr int kMaxDepth = 32;
inline constexpr size_t kMaxComparisons = 256;

/// Reads and checks a filter; see Filter::Parse.
absl::StatusOr<Program> ParseProgram(absl::string_view text, const Schema& schema);

}  // namespace waymark::filter
