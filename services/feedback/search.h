#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace waymark::feedback {

/// A search for words in texts: all of them, in any order; "several in quotes" next to each other;
/// this OR that; -without; begin* for what begins so. OR binds tighter than the sequence. Words are
/// compared as libs/text/words.h folds them. Immutable, so thread-safe.
class Search {
 public:
  /// INVALID_ARGUMENT: nothing to look for, a quote that is not closed, OR without a word at one of
  /// its sides, or more than kMaxPhrases; the message says where.
  static absl::StatusOr<Search> Parse(absl::string_view text);

  static constexpr size_t kMaxPhrases = 64;

  /// As SQLite's FTS5 and PostgreSQL's tsquery read it: both find the same.
  std::string ToFts5() const;
  std::string ToTsquery() const;

 private:
  /// Words next to each other; the last may be a beginning.
  struct Phrase {
    std::vector<std::string> words;
    bool prefix = false;
  };
  /// Any of the phrases, or, when it is excluded, none.
  struct Clause {
    std::vector<Phrase> phrases;
    bool excluded = false;
  };
  friend class SearchParser;

  std::vector<Clause> clauses_;
};

}  // namespace waymark::feedback
