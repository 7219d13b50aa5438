#include "libs/filter/check.h"

#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status_macros.h"
#include "libs/filter/literal.h"

namespace waymark::filter {
namespace {

using Kind = Token::Kind;

std::string Names(const std::vector<Field>& fields) {
  return absl::StrJoin(fields, ", ", [](std::string* out, const Field& field) {
    absl::StrAppend(out, field.name, field.type == FieldType::kMap ? ".KEY" : "");
  });
}

std::string Names(const std::vector<EnumValue>& values) {
  return absl::StrJoin(values, ", ", [](std::string* out, const EnumValue& value) {
    absl::StrAppend(out, value.name);
  });
}

Operator OperatorOf(Comparator comparator) {
  switch (comparator) {
    case Comparator::kLess:
      return Operator::kLess;
    case Comparator::kLessEqual:
      return Operator::kLessEqual;
    case Comparator::kGreater:
      return Operator::kGreater;
    case Comparator::kGreaterEqual:
      return Operator::kGreaterEqual;
    case Comparator::kEqual:
    case Comparator::kNotEqual:
    case Comparator::kHas:
      return Operator::kEqual;
  }
  return Operator::kEqual;
}

bool IsUnquoted(const Token& value, absl::string_view text) {
  return value.kind == Kind::kText && value.text == text;
}

// Checks one comparison; short-lived.
class Checker {
 public:
  Checker(const Lexer& lexer, const Field& field, const Token& comparator, const Token& value)
      : lexer_(lexer), field_(field), comparator_(comparator), value_(value) {}

  absl::Status CheckOperator() const {
    const bool equality = OperatorOf(comparator_.comparator) == Operator::kEqual;
    switch (field_.type) {
      case FieldType::kStringList:
        if (comparator_.comparator == Comparator::kHas) return absl::OkStatus();
        return lexer_.Error(comparator_.begin,
                            absl::StrCat("'", field_.name, "' is a list: ask for an element by ",
                                         field_.name, ":VALUE"));
      case FieldType::kBool:
      case FieldType::kEnum:
        if (equality) return absl::OkStatus();
        return lexer_.Error(
            comparator_.begin,
            absl::StrCat("'", field_.name, "' has no order: compare it by = or !="));
      default:
        return absl::OkStatus();
    }
  }

  absl::StatusOr<Literal> Read() const {
    switch (field_.type) {
      case FieldType::kString:
      case FieldType::kStringList:
        return ReadPattern();
      case FieldType::kInt:
        return ReadInt();
      case FieldType::kDouble:
        return ReadDouble();
      case FieldType::kBool:
        if (IsUnquoted(value_, "true")) return Literal(true);
        if (IsUnquoted(value_, "false")) return Literal(false);
        return WrongValue("true or false, without quotes");
      case FieldType::kTimestamp:
        if (const auto micros = ReadTimestamp(value_.text)) return Literal(*micros);
        return WrongValue("a time like \"2017-05-01T00:00:00Z\", to the microsecond");
      case FieldType::kDuration:
        if (const auto micros = ReadDuration(value_.text)) return Literal(*micros);
        return WrongValue("a duration in seconds like 20s or 1.5s, to the microsecond");
      case FieldType::kEnum:
        return ReadEnum();
      case FieldType::kMap:
        return ReadScalar();
    }
    return WrongValue("a known type");
  }

 private:
  absl::Status WrongValue(absl::string_view wanted) const {
    return lexer_.Error(
        value_.begin,
        absl::StrCat("'", field_.name, "' is compared with ", wanted, "; ", Describe(value_),
                     value_.kind == Kind::kString ? " in quotes" : "", " is not that"));
  }

  absl::StatusOr<Literal> ReadInt() const {
    int64_t number = 0;
    if (value_.kind == Kind::kText && IsNumber(value_.text) &&
        absl::SimpleAtoi(value_.text, &number)) {
      return Literal(number);
    }
    return WrongValue("a whole number of 64 bits, without quotes");
  }

  absl::StatusOr<Literal> ReadDouble() const {
    double number = 0;
    if (value_.kind == Kind::kText && IsNumber(value_.text) &&
        absl::SimpleAtod(value_.text, &number) && std::isfinite(number)) {
      return Literal(number);
    }
    return WrongValue("a number, without quotes");
  }

  absl::StatusOr<Literal> ReadEnum() const {
    for (const EnumValue& one : field_.values) {
      if (one.name == value_.text) return Literal(one.number);
    }
    return WrongValue(absl::StrCat("one of ", Names(field_.values)));
  }

  // The value of a map: what the literal looks like decides.
  absl::StatusOr<Literal> ReadScalar() const {
    if (value_.kind == Kind::kText && IsNumber(value_.text)) {
      int64_t whole = 0;
      if (absl::SimpleAtoi(value_.text, &whole)) return Literal(whole);
      return ReadDouble();
    }
    if (IsUnquoted(value_, "true") || IsUnquoted(value_, "false")) {
      if (OperatorOf(comparator_.comparator) == Operator::kEqual) {
        return Literal(value_.text == "true");
      }
      return lexer_.Error(comparator_.begin,
                          "true and false have no order: compare by = or !=, or put it in quotes "
                          "to compare it as text");
    }
    return ReadPattern();
  }

  absl::StatusOr<Literal> ReadPattern() const {
    Pattern pattern{.text = value_.text};
    const std::vector<size_t>& stars = value_.stars;
    if (stars.empty()) return Literal(std::move(pattern));
    if (OperatorOf(comparator_.comparator) != Operator::kEqual) {
      return lexer_.Error(value_.begin,
                          "'*' is a wildcard, which goes with =, != and : only; write \\* in "
                          "quotes for the character");
    }
    const size_t last = pattern.text.size() - 1;
    for (const size_t star : stars) {
      if (star != 0 && star != last) {
        return lexer_.Error(value_.begin,
                            absl::StrCat("in ", Describe(value_),
                                         " a '*' stands inside; as a wildcard it stands at the "
                                         "beginning or the end, write \\* in quotes for the "
                                         "character"));
      }
    }
    pattern.open_start = stars.front() == 0;
    pattern.open_end = stars.back() == last;
    if (pattern.open_end) pattern.text.pop_back();
    if (pattern.open_start && !pattern.text.empty()) pattern.text.erase(0, 1);
    return Literal(std::move(pattern));
  }

  const Lexer& lexer_;
  const Field& field_;
  const Token& comparator_;
  const Token& value_;
};

absl::StatusOr<Test> OfWholeMap(const Field& field, const Lexer& lexer, const Target& target,
                                const Token& comparator, const Token& value) {
  if (comparator.comparator != Comparator::kHas || IsUnquoted(value, "*")) {
    return lexer.Error(comparator.begin,
                       absl::StrCat("'", field.name, "' holds values by key: name one, as in ",
                                    field.name, ".KEY", comparator.text, "VALUE"));
  }
  if (!value.stars.empty()) {
    return lexer.Error(
        value.begin,
        absl::StrCat("a key has no wildcards: write \\* in quotes for a '*' in ", Describe(value)));
  }
  return Test{.field = target.field, .member = value.text, .op = Operator::kPresent};
}

}  // namespace

absl::StatusOr<Target> ResolveTarget(const Schema& schema, const Lexer& lexer,
                                     const std::vector<Token>& path) {
  std::string name, member;
  for (size_t i = 0; i < path.size(); ++i) {
    if (!path[i].stars.empty() && path[i].kind != Kind::kString) {
      return lexer.Error(
          path[i].begin,
          absl::StrCat(Describe(path[i]), " is no name: a wildcard may stand in values only"));
    }
    absl::StrAppend(&name, i > 0 ? "." : "", path[i].text);
    if (i > 0) absl::StrAppend(&member, i > 1 ? "." : "", path[i].text);
  }
  if (const auto whole = schema.Find(name)) return Target{.field = *whole};
  const auto field = schema.Find(path[0].text);
  if (!field.has_value()) {
    return lexer.Error(path[0].begin, absl::StrCat("there is no field ",
                                                   Describe({.kind = Kind::kText, .text = name}),
                                                   "; there are ", Names(schema.fields())));
  }
  if (schema.field(*field).type != FieldType::kMap) {
    return lexer.Error(path[1].begin, absl::StrCat("'", schema.field(*field).name,
                                                   "' is one value; leave out what follows it: ",
                                                   Describe(path[1])));
  }
  return Target{.field = *field, .member = std::move(member)};
}

absl::StatusOr<Test> CheckComparison(const Schema& schema, const Lexer& lexer, const Target& target,
                                     const Token& comparator, const Token& value) {
  const Field& field = schema.field(target.field);
  if (field.type == FieldType::kMap && !target.member.has_value()) {
    return OfWholeMap(field, lexer, target, comparator, value);
  }
  Test test{.field = target.field, .member = target.member.value_or("")};
  if (comparator.comparator == Comparator::kHas && IsUnquoted(value, "*")) {
    test.op = Operator::kPresent;
    return test;
  }
  const Checker checker(lexer, field, comparator, value);
  WM_RETURN_IF_ERROR(checker.CheckOperator());
  WM_ASSIGN_OR_RETURN(test.literal, checker.Read());
  test.op = OperatorOf(comparator.comparator);
  return test;
}

}  // namespace waymark::filter
