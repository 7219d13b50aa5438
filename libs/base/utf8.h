#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace waymark {

/// Where the first byte stands that is not UTF-8; npos when all of `text` is.
size_t FindInvalidUtf8(absl::string_view text);

/// `text` when it has `limit` bytes at most; else its beginning, cut where a UTF-8 character
/// begins, and "...", within the limit.
std::string Shorten(absl::string_view text, size_t limit);

}  // namespace waymark
