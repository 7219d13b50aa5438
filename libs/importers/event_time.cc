#include "libs/importers/event_time.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace waymark::importers {
namespace {

constexpr char kUnix[] = "unix";
constexpr char kUnixMillis[] = "unix_ms";

const std::vector<std::string>& IsoPatterns() {
  static const auto& patterns = *new std::vector<std::string>{"%Y-%m-%d%ET%H:%M:%E*S%Ez",
                                                              "%Y-%m-%d %H:%M:%E*S%Ez",
                                                              "%Y-%m-%d %H:%M:%E*S %Ez",
                                                              "%Y-%m-%d%ET%H:%M%Ez",
                                                              "%Y-%m-%d%ET%H:%M:%E*S%z",
                                                              "%Y-%m-%d %H:%M:%E*S %z",
                                                              "%Y-%m-%d %H:%M:%E*S",
                                                              "%Y-%m-%d%ET%H:%M:%E*S",
                                                              "%Y-%m-%d %H:%M",
                                                              "%Y-%m-%d%ET%H:%M",
                                                              "%Y-%m-%d"};
  return patterns;
}

bool SaysOffset(absl::string_view pattern) {
  const std::string text = absl::StrReplaceAll(pattern, {{"%%", ""}});
  return pattern == kUnix || pattern == kUnixMillis || absl::StrContains(text, "%z") ||
         absl::StrContains(text, "%Ez") || absl::StrContains(text, "%E*z") ||
         absl::StrContains(text, "%s");
}

bool CanBeReadBack(const std::string& pattern) {
  const absl::Time sample = absl::FromUnixSeconds(1'700'000'000);
  absl::Time parsed;
  std::string error;
  return absl::StrContains(pattern, "%") &&
         absl::ParseTime(pattern, absl::FormatTime(pattern, sample, absl::UTCTimeZone()), &parsed,
                         &error);
}

}  // namespace

TimeParser::TimeParser(const std::vector<std::string>& formats, absl::TimeZone zone, bool has_zone)
    : formats_(formats), zone_(zone), has_zone_(has_zone) {
  for (const std::string& format : formats_) {
    if (format == "iso") {
      patterns_.insert(patterns_.end(), IsoPatterns().begin(), IsoPatterns().end());
    } else {
      patterns_.push_back(format);
    }
  }
}

absl::StatusOr<TimeParser> TimeParser::Create(std::vector<std::string> formats,
                                              absl::string_view zone) {
  absl::TimeZone loaded = absl::UTCTimeZone();
  if (!zone.empty() && !absl::LoadTimeZone(zone, &loaded)) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown time zone '", zone, "'; give an IANA name such as Europe/London"));
  }
  if (formats.empty()) formats = {"iso"};
  for (const std::string& format : formats) {
    if (format == "iso" || format == kUnix || format == kUnixMillis) continue;
    if (!CanBeReadBack(format)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", format, "' is no time format; give iso, unix, unix_ms or a pattern such ",
          "as \"%d/%m/%Y %H:%M\""));
    }
  }
  return TimeParser(formats, loaded, !zone.empty());
}

bool TimeParser::ParseAs(const std::string& pattern, absl::string_view text,
                         absl::Time* time) const {
  if (pattern == kUnix || pattern == kUnixMillis) {
    const absl::Duration unit = pattern == kUnix ? absl::Seconds(1) : absl::Milliseconds(1);
    int64_t whole;
    double number;
    if (absl::SimpleAtoi(text, &whole)) {
      *time = absl::UnixEpoch() + whole * unit;
    } else if (absl::SimpleAtod(text, &number)) {
      *time = absl::UnixEpoch() + number * unit;
    } else {
      return false;
    }
    return true;
  }
  std::string error;
  return absl::ParseTime(pattern, text, zone_, time, &error);
}

absl::StatusOr<absl::Time> TimeParser::Parse(absl::string_view text) {
  static const absl::Time first = absl::FromCivil(absl::CivilSecond(1900), absl::UTCTimeZone());
  static const absl::Time end = absl::FromCivil(absl::CivilSecond(10000), absl::UTCTimeZone());
  for (const std::string& pattern : patterns_) {
    absl::Time time;
    if (!ParseAs(pattern, text, &time)) continue;
    if (time < first || time >= end) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", text, "' lies outside the years 1900 to 9999"));
    }
    if (!has_zone_ && !SaysOffset(pattern)) assumed_utc_ = true;
    return time;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is no time written as ", absl::StrJoin(formats_, " or ")));
}

}  // namespace waymark::importers
