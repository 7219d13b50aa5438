#pragma once

#include <string>

#include "absl/container/inlined_vector.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::feedback {

/// What customers and staff wrote in their own words: redacted before it is stored, searched
/// afterwards. The pointers are into `signal`.
absl::InlinedVector<std::string*, 8> FreeTexts(v1::Signal* signal);

}  // namespace waymark::feedback
