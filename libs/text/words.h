#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace waymark::text {

/// The words of a text as a search compares them: case and accents folded (NFKC case folding, then
/// marks dropped), everything but letters and digits left out, each ideograph or kana a word of its
/// own, words cut to kMaxWordBytes. Malformed UTF-8 separates words.
inline constexpr size_t kMaxWordBytes = 128;

/// Adds the words of `text` to *words, separated by single spaces. Thread-safe.
void AppendWords(absl::string_view text, std::string* words);

}  // namespace waymark::text
