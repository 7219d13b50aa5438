#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace waymark::filter {

enum class Comparator { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kHas };

struct Token {
  enum class Kind {
    kEnd,
    kText,
    kString,
    kAnd,
    kOr,
    kNot,
    kMinus,
    kOpen,
    kClose,
    kDot,
    kComparator,
    /// A character that no filter holds outside quotes.
    kOther,
  };
  Kind kind = Kind::kEnd;
  Comparator comparator = Comparator::kEqual;
  /// Where it stands, in bytes.
  size_t begin = 0;
  size_t end = 0;
  /// As it is written; of kString what is meant by it.
  std::string text;
  /// Where in `text` a '*' is a wildcard.
  std::vector<size_t> stars;

  bool is_name_or_value() const { return kind == Kind::kText || kind == Kind::kString; }
};

/// For messages: "'abc'", "the end of the filter".
std::string Describe(const Token& token);

/// Cuts a filter into tokens. What unquoted text may hold depends on its place: a name ends at a
/// dot and may not begin with '-', a value like 2.5, -1 or 2017-05-01T00:00:00Z goes on.
class Lexer {
 public:
  enum class Place { kName, kValue };

  /// `text` must outlive the lexer.
  explicit Lexer(absl::string_view text) : text_(text) {}

  /// The next token, which stays the next one until Skip. INVALID_ARGUMENT: a quote that is never
  /// closed, an escape that there is not.
  absl::StatusOr<Token> Peek(Place place) const;
  void Skip(const Token& token) { position_ = token.end; }

  /// Whether `c` follows with nothing between.
  bool IsNext(char c) const { return position_ < text_.size() && text_[position_] == c; }
  size_t position() const { return position_; }

  /// INVALID_ARGUMENT "column N: message"; columns count characters from 1.
  absl::Status Error(size_t byte, absl::string_view message) const;

 private:
  absl::StatusOr<Token> Quoted(size_t begin) const;
  Token Text(size_t begin, Place place) const;

  const absl::string_view text_;
  size_t position_ = 0;
};

/// Whether `text` is a number as JSON has them, except that zeros may lead.
bool IsNumber(absl::string_view text);

}  // namespace waymark::filter
