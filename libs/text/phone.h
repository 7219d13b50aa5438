#pragma once

#include <re2/re2.h>

#include "absl/strings/string_view.h"
#include "libs/text/pii.h"

namespace waymark::text {

/// Tells phone numbers from the many other numbers in a text, by how they are written and by the
/// words around them. Thread-safe.
///
/// Taken without further evidence: international form (+ or 00), an area code in parentheses, an
/// extension, a leading 0 with groups, 3-3-4, or more groups of 2-4 digits with dashes or dots.
/// Other groupings and bare runs of digits need a word such as "call" before or "mobile" after
/// them. Never taken: dates, times, amounts, and what follows a word such as "order".
class PhoneDetector {
 public:
  PhoneDetector();

  /// The pattern of its candidates: the longest runs of digits with separators.
  static absl::string_view CandidatePattern();

  /// As the functions of pii.h.
  bool IsPhone(absl::string_view text, Span* candidate) const;

 private:
  bool HasCue(absl::string_view text, Span candidate) const;
  bool NamesSomethingElse(absl::string_view text, Span candidate) const;

  const RE2 cue_before_;
  const RE2 cue_after_;
  const RE2 other_before_;
};

}  // namespace waymark::text
