#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/filter/filter.h"
#include "libs/filter/literal.h"

namespace waymark::filter {
namespace {

std::string Quote(absl::string_view text, absl::string_view escaped) {
  std::string out = "\"";
  for (const char c : text) {
    constexpr absl::string_view kControls = "\n\t\r", kLetters = "ntr";
    if (const size_t i = kControls.find(c); i != absl::string_view::npos) {
      absl::StrAppend(&out, "\\", kLetters.substr(i, 1));
      continue;
    }
    if (escaped.find(c) != absl::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

std::string Member(absl::string_view key) {
  bool plain = !key.empty() && key[0] != '-';
  for (const char c : key) plain &= absl::ascii_isalnum(c) || c == '_' || c == '-';
  return plain ? std::string(key) : Quote(key, "\\\"*");
}

std::string PatternText(const Pattern& pattern) {
  std::string quoted = Quote(pattern.text, "\\\"*");
  if (pattern.open_start) quoted.insert(1, "*");
  if (pattern.open_end && !(pattern.open_start && pattern.text.empty())) {
    quoted.insert(quoted.size() - 1, "*");
  }
  return quoted;
}

std::string WholeText(const Field& field, int64_t value) {
  switch (field.type) {
    case FieldType::kTimestamp:
      return absl::StrCat("\"", TimestampText(value), "\"");
    case FieldType::kDuration:
      return DurationText(value);
    case FieldType::kEnum:
      for (const EnumValue& one : field.values) {
        if (one.number == value) return Quote(one.name, "\\\"*");
      }
      return absl::StrCat(value);
    default:
      return absl::StrCat(value);
  }
}

std::string LiteralText(const Field& field, const Literal& literal) {
  if (const auto* pattern = std::get_if<Pattern>(&literal)) return PatternText(*pattern);
  if (const auto* truth = std::get_if<bool>(&literal)) return *truth ? "true" : "false";
  if (const auto* number = std::get_if<double>(&literal)) return NumberText(*number);
  return WholeText(field, std::get<int64_t>(literal));
}

absl::string_view OperatorText(Operator op) {
  switch (op) {
    case Operator::kLess:
      return " < ";
    case Operator::kLessEqual:
      return " <= ";
    case Operator::kGreater:
      return " > ";
    case Operator::kGreaterEqual:
      return " >= ";
    case Operator::kEqual:
    case Operator::kPresent:
      return " = ";
  }
  return " = ";
}

std::string TestText(const Schema& schema, const Test& test, bool negated) {
  const Field& field = schema.field(test.field);
  std::string left = field.name;
  if (field.type == FieldType::kMap) absl::StrAppend(&left, ".", Member(test.member));
  const absl::string_view no = negated ? "NOT " : "";
  if (test.op == Operator::kPresent) return absl::StrCat(no, left, ":*");
  const std::string literal = LiteralText(field, test.literal);
  if (field.type == FieldType::kStringList) return absl::StrCat(no, left, ":", literal);
  if (test.op == Operator::kEqual) return absl::StrCat(left, negated ? " != " : " = ", literal);
  return absl::StrCat(no, left, OperatorText(test.op), literal);
}

void Print(const Filter& filter, uint32_t index, bool in_any, std::string* out) {
  const Program& program = filter.program();
  const Node& node = program.nodes[index];
  if (node.kind == Node::Kind::kTest) {
    absl::StrAppend(out, TestText(*filter.schema(), program.tests[node.test], node.negated));
    return;
  }
  const bool is_any = node.kind == Node::Kind::kAny;
  // OR binds tighter than AND.
  const bool grouped = node.negated || (in_any && !is_any);
  absl::StrAppend(out, node.negated ? "NOT " : "", grouped ? "(" : "");
  for (uint32_t child = index + 1; child < node.end; child = program.nodes[child].end) {
    if (child != index + 1) absl::StrAppend(out, is_any ? " OR " : " AND ");
    Print(filter, child, is_any, out);
  }
  absl::StrAppend(out, grouped ? ")" : "");
}

}  // namespace

std::string Filter::ToString() const {
  std::string out;
  if (!empty()) Print(*this, 0, false, &out);
  return out;
}

}  // namespace waymark::filter
