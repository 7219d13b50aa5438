#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace waymark::render {

/// `text` as one line that XML can hold and a reader can trust: invalid UTF-8, control characters
/// and direction overrides are removed, runs of white space become one space, ends are trimmed.
std::string CleanText(absl::string_view text);

/// `text` with the five XML specials escaped, fit for content and quoted attributes.
std::string EscapeXml(absl::string_view text);

/// Size in pixels and weight: what a width depends on.
struct Font {
  double size = 12;
  bool bold = false;
};

/// Estimated width in pixels of clean `text` in a sans-serif font. Errs to the wide side for the
/// usual system fonts (Segoe UI, Roboto, Helvetica, Arial).
double TextWidth(absl::string_view text, const Font& font);

struct WrappedText {
  std::vector<std::string> lines;
  /// The text did not fit and the last line ends with an ellipsis.
  bool cut = false;
};

/// Clean `text` broken at spaces, and inside words that are wider than `width`, into at most
/// `max_lines` lines of at most `width` pixels. Empty text has no lines.
WrappedText WrapText(absl::string_view text, const Font& font, double width, int max_lines);

/// 1234567 as "1,234,567".
std::string FormatCount(int64_t count);

/// `value` with `decimals` digits after the point and a true minus sign; never "−0".
std::string FormatNumber(double value, int decimals);

/// A duration as people say it: "45 s", "1.5 min", "5.3 h", "2.1 d".
std::string FormatDuration(double seconds);

}  // namespace waymark::render
