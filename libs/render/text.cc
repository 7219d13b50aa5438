#include "libs/render/text.h"

#include <array>
#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace waymark::render {
namespace {

// Advance widths of DejaVu Sans, the widest of the common fallbacks, for ' ' to '~' in 1/1000 em.
constexpr std::array<int, 95> kAsciiWidths = {
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361,  318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635,  611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352,  635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592,  525, 636, 337, 636, 838};
// Between DejaVu Sans and the narrower fonts that most machines have.
constexpr double kTypicalFont = 0.95;
constexpr double kBoldFactor = 1.12;
constexpr absl::string_view kEllipsis = "…";

struct Rune {
  char32_t code = 0;
  size_t size = 0;
};

// The code point at `pos`, or nothing where the bytes are no valid UTF-8.
std::optional<Rune> DecodeRune(absl::string_view text, size_t pos) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(pos);
  if (lead < 0x80) return Rune{lead, 1};
  const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || pos + size > text.size()) return std::nullopt;
  char32_t code = lead & (0xFF >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(pos + i) & 0xC0) != 0x80) return std::nullopt;
    code = code << 6 | (byte(pos + i) & 0x3F);
  }
  constexpr char32_t kLowest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLowest[size] || code > 0x10FFFF || surrogate) return std::nullopt;
  return Rune{code, size};
}

bool IsSpace(char32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x2028 ||
         c == 0x2029 || c == 0x3000 || (c >= 0x2000 && c <= 0x200A);
}

bool IsUnwanted(char32_t c) {
  const bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
  const bool direction = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  const bool no_character = (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF) || c == 0xFEFF;
  return control || direction || no_character;
}

// Belongs to the character before it: combining marks, joiners, variation selectors, skin tones.
bool IsExtension(char32_t c) {
  return (c >= 0x0300 && c <= 0x036F) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE00 && c <= 0xFE0F) ||
         (c >= 0x1F3FB && c <= 0x1F3FF);
}

bool IsWide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) || c >= 0x1F000;
}

double RuneWidth(char32_t c) {
  if (c >= ' ' && c <= '~') return kAsciiWidths[c - ' '] / 1000.0;
  if (IsExtension(c)) return 0;
  if (IsWide(c)) return 1.25;
  if (c >= 0x0400 && c <= 0x04FF) return 0.72;
  return c >= 0x2010 && c <= 0x27BF ? 0.8 : 0.66;
}

// The longest prefix of whole characters that is at most `width` wide, at least one character.
size_t FittingPrefix(absl::string_view text, const Font& font, double width) {
  size_t end = 0;
  for (size_t pos = 0; pos < text.size();) {
    const std::optional<Rune> rune = DecodeRune(text, pos);
    const size_t next = pos + (rune ? rune->size : 1);
    const bool extension = rune && IsExtension(rune->code);
    if (end > 0 && !extension && TextWidth(text.substr(0, next), font) > width) break;
    pos = end = next;
  }
  return end;
}

std::string WithEllipsis(absl::string_view line, const Font& font, double width) {
  const double room = width - TextWidth(kEllipsis, font);
  if (TextWidth(line, font) > room) line = line.substr(0, FittingPrefix(line, font, room));
  while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
  return absl::StrCat(line, kEllipsis);
}

}  // namespace

std::string CleanText(absl::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  bool pending_space = false;
  for (size_t pos = 0; pos < text.size();) {
    const std::optional<Rune> rune = DecodeRune(text, pos);
    const size_t start = pos;
    pos += rune ? rune->size : 1;
    if (rune && IsSpace(rune->code)) {
      pending_space = !clean.empty();
    } else if (rune && !IsUnwanted(rune->code)) {
      if (pending_space) clean.push_back(' ');
      pending_space = false;
      absl::StrAppend(&clean, text.substr(start, rune->size));
    }
  }
  return clean;
}

std::string EscapeXml(absl::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

double TextWidth(absl::string_view text, const Font& font) {
  double ems = 0;
  for (size_t pos = 0; pos < text.size();) {
    const std::optional<Rune> rune = DecodeRune(text, pos);
    if (rune) ems += RuneWidth(rune->code);
    pos += rune ? rune->size : 1;
  }
  return ems * font.size * kTypicalFont * (font.bold ? kBoldFactor : 1);
}

WrappedText WrapText(absl::string_view text, const Font& font, double width, int max_lines) {
  WrappedText wrapped;
  std::string line;
  const auto full = [&] { return static_cast<int>(wrapped.lines.size()) + 1 >= max_lines; };
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const std::string longer = line.empty() ? std::string(word) : absl::StrCat(line, " ", word);
    if (TextWidth(longer, font) <= width) {
      line = longer;
      continue;
    }
    if (full()) {
      wrapped.lines.push_back(WithEllipsis(longer, font, width));
      wrapped.cut = true;
      return wrapped;
    }
    if (!line.empty()) wrapped.lines.push_back(std::move(line));
    while (TextWidth(word, font) > width) {
      if (full()) {
        wrapped.lines.push_back(WithEllipsis(word, font, width));
        wrapped.cut = true;
        return wrapped;
      }
      const size_t end = FittingPrefix(word, font, width);
      if (end == word.size()) break;
      wrapped.lines.emplace_back(word.substr(0, end));
      word.remove_prefix(end);
    }
    line = std::string(word);
  }
  if (!line.empty()) wrapped.lines.push_back(std::move(line));
  return wrapped;
}

std::string FormatCount(int64_t count) {
  std::string digits = absl::StrCat(count);
  const int first = count < 0 ? 1 : 0;
  for (int pos = static_cast<int>(digits.size()) - 3; pos > first; pos -= 3) {
    digits.insert(pos, ",");
  }
  return digits;
}

std::string FormatNumber(double value, int decimals) {
  std::string digits = absl::StrFormat("%.*f", decimals, std::abs(value));
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return value < 0 && !zero ? absl::StrCat("−", digits) : digits;
}

std::string FormatDuration(double seconds) {
  constexpr double kMinute = 60, kHour = 3600, kDay = 86400;
  if (seconds < 0.95) return absl::StrFormat("%.0f ms", seconds * 1000);
  if (seconds < 59.5) return absl::StrFormat("%.0f s", seconds);
  if (seconds < 9.95 * kMinute) return absl::StrFormat("%.1f min", seconds / kMinute);
  if (seconds < 59.5 * kMinute) return absl::StrFormat("%.0f min", seconds / kMinute);
  if (seconds < 47.95 * kHour) return absl::StrFormat("%.1f h", seconds / kHour);
  if (seconds < 99.95 * kDay) return absl::StrFormat("%.1f d", seconds / kDay);
  return absl::StrFormat("%.0f d", seconds / kDay);
}

}  // namespace waymark::render
