#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace waymark::filter {

/// Microseconds since 1970 of an RFC 3339 time, e.g. "2017-05-01T00:00:00Z", of the years 1 to 9999
/// and with no more than microseconds; nothing for any other text.
std::optional<int64_t> ReadTimestamp(absl::string_view text);
/// The inverse, in UTC.
std::string TimestampText(int64_t micros);

/// Microseconds of e.g. "20s", "-1.5s"; nothing for any other text.
std::optional<int64_t> ReadDuration(absl::string_view text);
/// The inverse.
std::string DurationText(int64_t micros);

/// The shortest text that reads as the same number.
std::string NumberText(double number);

}  // namespace waymark::filter
