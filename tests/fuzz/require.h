#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"

namespace waymark::fuzz {

/// Ends the process, which the fuzzer takes for a finding, unless `condition` holds.
inline void Require(bool condition, absl::string_view what, absl::string_view about = "") {
  if (condition) return;
  std::fprintf(stderr, "BROKEN: %s: %s\n", std::string(what).c_str(), std::string(about).c_str());
  std::abort();
}

}  // namespace waymark::fuzz
