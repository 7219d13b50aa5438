#include "libs/filter/sql.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace waymark::filter {
namespace {

// What stands between column and parameter where the test holds, and where it does not.
std::pair<absl::string_view, absl::string_view> SqlOperators(Operator op) {
  switch (op) {
    case Operator::kLess:
      return {" < ", " >= "};
    case Operator::kLessEqual:
      return {" <= ", " > "};
    case Operator::kGreater:
      return {" > ", " <= "};
    case Operator::kGreaterEqual:
      return {" >= ", " < "};
    case Operator::kEqual:
    case Operator::kPresent:
      return {" = ", " <> "};
  }
  return {" = ", " <> "};
}

std::optional<SqlValue> ValueOf(const Literal& literal) {
  if (const auto* whole = std::get_if<int64_t>(&literal)) return SqlValue(*whole);
  if (const auto* number = std::get_if<double>(&literal)) return SqlValue(*number);
  if (const auto* truth = std::get_if<bool>(&literal)) return SqlValue(int64_t{*truth});
  const auto* pattern = std::get_if<Pattern>(&literal);
  if (pattern == nullptr || pattern->is_wildcard()) return std::nullopt;
  return SqlValue(pattern->text);
}

// Writes the condition with negations moved down to the comparisons, so that a NULL, which is
// neither true nor false, never stands under a NOT.
class Writer {
 public:
  Writer(const Filter& filter, absl::Span<const SqlColumn> columns, int first_parameter)
      : filter_(filter), columns_(columns), first_parameter_(first_parameter) {}

  SqlCondition Write() && {
    SqlCondition condition;
    if (!filter_.empty()) condition.text = Condition(0, false).value_or("");
    condition.parameters = std::move(parameters_);
    return condition;
  }

 private:
  // Nothing: true.
  std::optional<std::string> Condition(uint32_t index, bool negated) {
    const Program& program = filter_.program();
    const Node& node = program.nodes[index];
    negated = negated != node.negated;
    if (node.kind == Node::Kind::kTest) return TestCondition(program.tests[node.test], negated);
    const bool all = (node.kind == Node::Kind::kAll) != negated;
    const size_t parameters = parameters_.size();
    std::vector<std::string> parts;
    for (uint32_t child = index + 1; child < node.end; child = program.nodes[child].end) {
      std::optional<std::string> part = Condition(child, negated);
      if (part.has_value()) {
        parts.push_back(*std::move(part));
      } else if (!all) {
        parameters_.resize(parameters);
        return std::nullopt;
      }
    }
    if (parts.empty()) return std::nullopt;
    if (parts.size() == 1) return std::move(parts[0]);
    return absl::StrCat("(", absl::StrJoin(parts, all ? " AND " : " OR "), ")");
  }

  const SqlColumn* ColumnOf(const Test& test) const {
    const FieldType type = filter_.schema()->field(test.field).type;
    if (type == FieldType::kMap || type == FieldType::kStringList) return nullptr;
    for (const SqlColumn& column : columns_) {
      if (column.field == test.field) return &column;
    }
    return nullptr;
  }

  std::optional<std::string> TestCondition(const Test& test, bool negated) {
    const SqlColumn* column = ColumnOf(test);
    if (column == nullptr) return std::nullopt;
    const bool exact = column->tells == SqlColumn::Tells::kExactly;
    if (!exact && (negated || test.op != Operator::kEqual)) return std::nullopt;
    if (test.op == Operator::kPresent) {
      return absl::StrCat(column->column, negated ? " IS NULL" : " IS NOT NULL");
    }
    if (test.op != Operator::kEqual && std::holds_alternative<Pattern>(test.literal)) {
      return std::nullopt;
    }
    std::optional<SqlValue> value = ValueOf(test.literal);
    if (value.has_value() && column->convert != nullptr) value = column->convert(*value);
    if (!value.has_value()) return std::nullopt;
    parameters_.push_back(*std::move(value));
    const std::string parameter = absl::StrCat("$", first_parameter_ + parameters_.size() - 1);
    const auto [op, opposite] = SqlOperators(test.op);
    if (!negated) return absl::StrCat(column->column, op, parameter);
    return absl::StrCat("(", column->column, " IS NULL OR ", column->column, opposite, parameter,
                        ")");
  }

  const Filter& filter_;
  const absl::Span<const SqlColumn> columns_;
  const int first_parameter_;
  std::vector<SqlValue> parameters_;
};

}  // namespace

SqlCondition ToSql(const Filter& filter, absl::Span<const SqlColumn> columns, int first_parameter) {
  return Writer(filter, columns, first_parameter).Write();
}

}  // namespace waymark::filter
