#include "libs/filter/lexer.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/utf8.h"

namespace waymark::filter {
namespace {

using Kind = Token::Kind;

constexpr size_t kShownBytes = 64;
constexpr absl::string_view kSpace = " \t\r\n";

bool IsOneOf(char c, absl::string_view set) { return set.find(c) != absl::string_view::npos; }

// 2017-05-01T: the one value that goes on after a colon.
bool BeginsTime(absl::string_view text) {
  constexpr absl::string_view kForm = "dddd-dd-ddT";
  if (text.size() < kForm.size()) return false;
  for (size_t i = 0; i < kForm.size(); ++i) {
    const bool fits = kForm[i] == 'd'   ? absl::ascii_isdigit(text[i])
                      : kForm[i] == 'T' ? IsOneOf(text[i], "Tt")
                                        : text[i] == kForm[i];
    if (!fits) return false;
  }
  return true;
}

size_t Digits(absl::string_view text, size_t i) {
  while (i < text.size() && absl::ascii_isdigit(text[i])) ++i;
  return i;
}

Kind KindOf(absl::string_view word) {
  if (word == "AND") return Kind::kAnd;
  if (word == "OR") return Kind::kOr;
  if (word == "NOT") return Kind::kNot;
  return Kind::kText;
}

Token Simple(Kind kind, size_t begin, absl::string_view text,
             Comparator comparator = Comparator::kEqual) {
  return {.kind = kind,
          .comparator = comparator,
          .begin = begin,
          .end = begin + text.size(),
          .text = std::string(text)};
}

Token ComparatorAt(absl::string_view text, size_t begin) {
  const bool equals = begin + 1 < text.size() && text[begin + 1] == '=';
  const absl::string_view two = text.substr(begin, 2), one = text.substr(begin, 1);
  switch (text[begin]) {
    case '<':
      return equals ? Simple(Kind::kComparator, begin, two, Comparator::kLessEqual)
                    : Simple(Kind::kComparator, begin, one, Comparator::kLess);
    case '>':
      return equals ? Simple(Kind::kComparator, begin, two, Comparator::kGreaterEqual)
                    : Simple(Kind::kComparator, begin, one, Comparator::kGreater);
    case '!':
      return equals ? Simple(Kind::kComparator, begin, two, Comparator::kNotEqual)
                    : Simple(Kind::kOther, begin, one);
    case ':':
      return Simple(Kind::kComparator, begin, one, Comparator::kHas);
    default:
      return Simple(Kind::kComparator, begin, one, Comparator::kEqual);
  }
}

}  // namespace

std::string Describe(const Token& token) {
  if (token.kind == Kind::kEnd) return "the end of the filter";
  return absl::StrCat("'", Shorten(token.text, kShownBytes), "'");
}

bool IsNumber(absl::string_view text) {
  size_t i = !text.empty() && text[0] == '-' ? 1 : 0;
  const size_t whole = Digits(text, i);
  if (whole == i) return false;
  i = whole;
  if (i < text.size() && text[i] == '.') {
    const size_t end = Digits(text, i + 1);
    if (end == i + 1) return false;
    i = end;
  }
  if (i < text.size() && IsOneOf(text[i], "eE")) {
    ++i;
    if (i < text.size() && IsOneOf(text[i], "+-")) ++i;
    const size_t end = Digits(text, i);
    if (end == i) return false;
    i = end;
  }
  return i == text.size();
}

absl::Status Lexer::Error(size_t byte, absl::string_view message) const {
  size_t column = 1;
  for (size_t i = 0; i < byte && i < text_.size(); ++i) {
    if ((static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80) ++column;
  }
  return absl::InvalidArgumentError(absl::StrCat("column ", column, ": ", message));
}

absl::StatusOr<Token> Lexer::Peek(Place place) const {
  size_t i = position_;
  while (i < text_.size() && IsOneOf(text_[i], kSpace)) ++i;
  if (i == text_.size()) return Token{.begin = i, .end = i};
  const absl::string_view one = text_.substr(i, 1);
  switch (text_[i]) {
    case '(':
      return Simple(Kind::kOpen, i, one);
    case ')':
      return Simple(Kind::kClose, i, one);
    case ',':
    case '\\':
      return Simple(Kind::kOther, i, one);
    case '"':
    case '\'':
      return Quoted(i);
    case '=':
    case '!':
    case '<':
    case '>':
    case ':':
      return ComparatorAt(text_, i);
    case '.':
      return place == Place::kName ? Simple(Kind::kDot, i, one) : Text(i, place);
    case '-': {
      const bool number = i + 1 < text_.size() && absl::ascii_isdigit(text_[i + 1]);
      return place == Place::kValue && number ? Text(i, place) : Simple(Kind::kMinus, i, one);
    }
    default:
      return Text(i, place);
  }
}

Token Lexer::Text(size_t begin, Place place) const {
  size_t i = begin;
  const bool time = place == Place::kValue && BeginsTime(text_.substr(begin));
  for (; i < text_.size(); ++i) {
    const char c = text_[i];
    if (IsOneOf(c, kSpace) || IsOneOf(c, "()\"',=<>!\\")) break;
    if (c == ':' && !time) break;
    if (c == '.' && place == Place::kName) break;
  }
  const absl::string_view text = text_.substr(begin, i - begin);
  Token token = Simple(KindOf(text), begin, text);
  for (size_t star = text.find('*'); star != absl::string_view::npos;
       star = text.find('*', star + 1)) {
    token.stars.push_back(star);
  }
  return token;
}

absl::StatusOr<Token> Lexer::Quoted(size_t begin) const {
  const char quote = text_[begin];
  Token token{.kind = Kind::kString, .begin = begin};
  for (size_t i = begin + 1; i < text_.size(); ++i) {
    char c = text_[i];
    if (c == quote) {
      token.end = i + 1;
      return token;
    }
    if (c == '*') token.stars.push_back(token.text.size());
    if (c == '\\') {
      constexpr absl::string_view kEscapes = "\\\"'*ntr", kMeant = "\\\"'*\n\t\r";
      const size_t which = i + 1 < text_.size() ? kEscapes.find(text_[i + 1]) : 0;
      if (which == absl::string_view::npos) {
        return Error(i, R"(after '\' comes one of \ " ' * n t r; write \\ for a backslash)");
      }
      c = kMeant[which];
      ++i;
    }
    token.text.push_back(c);
  }
  return Error(begin, "the quote that begins here is never closed");
}

}  // namespace waymark::filter
