#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace waymark::rpc {

/// The metadata key of the W3C trace context.
inline constexpr char kTraceKey[] = "traceparent";

/// A traceparent for a new span: in the trace of `parent`, or in a new, sampled trace when `parent`
/// is not a valid version-00 traceparent.
std::string NewSpan(absl::string_view parent);

/// The 32 hexadecimal digits of a traceparent made by NewSpan.
absl::string_view TraceId(absl::string_view traceparent);

}  // namespace waymark::rpc
