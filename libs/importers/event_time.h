#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace waymark::importers {

/// Reads times as a file writes them. Not thread-safe.
class TimeParser {
 public:
  /// ISO 8601 in UTC unless they say otherwise.
  TimeParser() : TimeParser({"iso"}, absl::UTCTimeZone(), false) {}

  /// `formats` are tried in turn; each is `iso` (2024-03-13T10:21:14.5+01:00, the T may be a space,
  /// seconds, offset and time may be missing), `unix`, `unix_ms`, or absl's strptime-like pattern,
  /// e.g. "%d/%m/%Y %H:%M". `zone` is the IANA zone of times without offset; empty: UTC.
  /// INVALID_ARGUMENT: an unknown zone, or a pattern that cannot be read back.
  static absl::StatusOr<TimeParser> Create(std::vector<std::string> formats,
                                           absl::string_view zone);

  /// INVALID_ARGUMENT: `text` fits none of the formats, or lies outside the years 1900 to 9999, as
  /// a year of two digits does.
  absl::StatusOr<absl::Time> Parse(absl::string_view text);

  /// Whether a time without offset was read although no zone was named, so that UTC was assumed.
  bool assumed_utc() const { return assumed_utc_; }

 private:
  TimeParser(const std::vector<std::string>& formats, absl::TimeZone zone, bool has_zone);
  bool ParseAs(const std::string& pattern, absl::string_view text, absl::Time* time) const;

  std::vector<std::string> formats_;
  std::vector<std::string> patterns_;
  absl::TimeZone zone_;
  bool has_zone_;
  bool assumed_utc_ = false;
};

}  // namespace waymark::importers
