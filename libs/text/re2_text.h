#pragma once

#include <re2/re2.h>

#include "absl/strings/string_view.h"

namespace waymark::text {

/// Patterns over bytes, so that invalid UTF-8 cannot stop a match.
inline RE2::Options ByteOptions() {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  return options;
}

inline re2::StringPiece Piece(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace waymark::text
