#include "libs/filter/literal.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "libs/filter/lexer.h"

namespace waymark::filter {
namespace {

constexpr int64_t kMicros = 1'000'000;
// 0001-01-01T00:00:00Z and the last microsecond of the year 9999.
constexpr int64_t kFirstMicro = -62'135'596'800 * kMicros;
constexpr int64_t kLastMicro = 253'402'300'800 * kMicros - 1;

// A 'd' in `form` is a digit, any other character is itself in either case.
bool HasForm(absl::string_view text, absl::string_view form) {
  if (text.size() != form.size()) return false;
  for (size_t i = 0; i < form.size(); ++i) {
    const bool fits =
        form[i] == 'd' ? absl::ascii_isdigit(text[i]) : absl::ascii_toupper(text[i]) == form[i];
    if (!fits) return false;
  }
  return true;
}

// absl::ParseTime alone would take more: "infinite-future", years of any length, spaces.
bool HasTimeForm(absl::string_view text) {
  constexpr absl::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= kForm.size() || !HasForm(text.substr(0, kForm.size()), kForm)) return false;
  size_t i = kForm.size();
  if (text[i] == '.') {
    const size_t point = i++;
    while (i < text.size() && absl::ascii_isdigit(text[i])) ++i;
    if (i == point + 1) return false;
  }
  const absl::string_view zone = text.substr(i);
  if (zone == "Z" || zone == "z") return true;
  return zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && HasForm(zone.substr(1), "dd:dd");
}

}  // namespace

std::optional<int64_t> ReadTimestamp(absl::string_view text) {
  absl::Time time;
  std::string error;
  if (!HasTimeForm(text) ||
      !absl::ParseTime(absl::RFC3339_full, absl::AsciiStrToUpper(text), &time, &error)) {
    return std::nullopt;
  }
  const int64_t micros = absl::ToUnixMicros(time);
  if (micros < kFirstMicro || micros > kLastMicro || absl::FromUnixMicros(micros) != time) {
    return std::nullopt;
  }
  return micros;
}

std::string TimestampText(int64_t micros) {
  return absl::FormatTime("%E4Y-%m-%d%ET%H:%M:%E*SZ", absl::FromUnixMicros(micros),
                          absl::UTCTimeZone());
}

std::optional<int64_t> ReadDuration(absl::string_view text) {
  if (!absl::EndsWith(text, "s")) return std::nullopt;
  const absl::string_view number = text.substr(0, text.size() - 1);
  if (!IsNumber(number) || absl::StrContains(number, 'e') || absl::StrContains(number, 'E')) {
    return std::nullopt;
  }
  const size_t point = std::min(number.find('.'), number.size());
  const absl::string_view fraction =
      point < number.size() ? number.substr(point + 1) : absl::string_view();
  int64_t seconds = 0, part = 0;
  if (fraction.size() > 6 || !absl::SimpleAtoi(number.substr(0, point), &seconds)) {
    return std::nullopt;
  }
  if (seconds > INT64_MAX / kMicros - 1 || seconds < INT64_MIN / kMicros + 1) return std::nullopt;
  if (!fraction.empty()) {
    if (!absl::SimpleAtoi(fraction, &part)) return std::nullopt;
    for (size_t i = fraction.size(); i < 6; ++i) part *= 10;
  }
  return number[0] == '-' ? seconds * kMicros - part : seconds * kMicros + part;
}

std::string DurationText(int64_t micros) {
  const int64_t seconds = micros / kMicros, part = std::abs(micros % kMicros);
  std::string text = absl::StrCat(micros < 0 && seconds == 0 ? "-" : "", seconds);
  if (part != 0) {
    absl::StrAppendFormat(&text, ".%06d", part);
    while (text.back() == '0') text.pop_back();
  }
  return absl::StrCat(text, "s");
}

std::string NumberText(double number) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), number).ptr;
  std::string text(buffer, end);
  // So that it stays a fraction when it is read again.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace waymark::filter
