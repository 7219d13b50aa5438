#include "libs/filter/matching.h"

#include <charconv>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "libs/filter/lexer.h"

namespace waymark::filter {
namespace {

template <typename T>
bool Ordered(const T& value, Operator op, const T& literal) {
  switch (op) {
    case Operator::kEqual:
      return value == literal;
    case Operator::kLess:
      return value < literal;
    case Operator::kLessEqual:
      return value <= literal;
    case Operator::kGreater:
      return value > literal;
    case Operator::kGreaterEqual:
      return value >= literal;
    case Operator::kPresent:
      return true;
  }
  return false;
}

bool Fits(absl::string_view text, const Pattern& pattern) {
  if (pattern.open_start && pattern.open_end) return absl::StrContains(text, pattern.text);
  return pattern.open_start ? absl::EndsWith(text, pattern.text)
                            : absl::StartsWith(text, pattern.text);
}

bool CompareText(absl::string_view value, Operator op, const Pattern& pattern) {
  if (pattern.is_wildcard()) return Fits(value, pattern);
  return Ordered(value, op, absl::string_view(pattern.text));
}

// Compares one value that is there with the literal of `test`: one function for each type of value.
struct Comparison {
  const Test& test;

  bool operator()(std::monostate) const { return false; }

  bool operator()(int64_t value) const {
    if (const auto* literal = std::get_if<int64_t>(&test.literal)) {
      return Ordered(value, test.op, *literal);
    }
    if (const auto* literal = std::get_if<double>(&test.literal)) {
      return Ordered(static_cast<double>(value), test.op, *literal);
    }
    return AsText(value);
  }

  bool operator()(double value) const {
    if (const auto* literal = std::get_if<int64_t>(&test.literal)) {
      return Ordered(value, test.op, static_cast<double>(*literal));
    }
    if (const auto* literal = std::get_if<double>(&test.literal)) {
      return Ordered(value, test.op, *literal);
    }
    return AsText(value);
  }

  bool operator()(bool value) const {
    if (const auto* literal = std::get_if<bool>(&test.literal)) return value == *literal;
    const auto* pattern = std::get_if<Pattern>(&test.literal);
    return pattern != nullptr && CompareText(value ? "true" : "false", test.op, *pattern);
  }

  bool operator()(absl::string_view value) const {
    if (const auto* pattern = std::get_if<Pattern>(&test.literal)) {
      return CompareText(value, test.op, *pattern);
    }
    if (const auto* literal = std::get_if<bool>(&test.literal)) {
      return value == (*literal ? "true" : "false");
    }
    if (!IsNumber(value)) return false;
    if (int64_t whole = 0; absl::SimpleAtoi(value, &whole)) return (*this)(whole);
    double number = 0;
    return absl::SimpleAtod(value, &number) && (*this)(number);
  }

  bool operator()(const TextList& values) const {
    for (size_t i = 0; i < values.size(); ++i) {
      if ((*this)(values[i])) return true;
    }
    return false;
  }

  template <typename Number>
  bool AsText(Number value) const {
    const auto* pattern = std::get_if<Pattern>(&test.literal);
    if (pattern == nullptr) return false;
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
    return CompareText(absl::string_view(buffer, end - buffer), test.op, *pattern);
  }
};

bool IsPresent(const Value& value) {
  if (const auto* list = std::get_if<TextList>(&value)) return list->size() > 0;
  return !std::holds_alternative<std::monostate>(value);
}

}  // namespace

bool Compare(const Value& value, const Test& test) {
  if (test.op == Operator::kPresent) return IsPresent(value);
  return std::visit(Comparison{test}, value);
}

}  // namespace waymark::filter
