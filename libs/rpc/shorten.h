#pragma once

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace waymark::rpc {

/// `text` when it has `limit` bytes at most; else its beginning, cut where a UTF-8 character
/// begins, and "...", within the limit.
inline std::string Shorten(absl::string_view text, size_t limit) {
  constexpr absl::string_view kMore = "...";
  if (text.size() <= limit) return std::string(text);
  size_t end = limit - std::min(limit, kMore.size());
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(text.substr(0, end), kMore);
}

}  // namespace waymark::rpc
