#include "tests/fuzz/sql_evaluator.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "tests/fuzz/require.h"

namespace waymark::fuzz {
namespace {

using filter::SqlValue;

template <typename T>
bool Ordered(const T& a, absl::string_view op, const T& b) {
  if (op == "=") return a == b;
  if (op == "<>") return a != b;
  if (op == "<") return a < b;
  if (op == "<=") return a <= b;
  if (op == ">") return a > b;
  Require(op == ">=", "known operator", op);
  return a >= b;
}

// expression = "(" expression { ("AND" | "OR") expression } ")"
//            | column ("IS NULL" | "IS NOT NULL" | operator parameter)
class Evaluator {
 public:
  using Cell = std::function<std::optional<SqlValue>(absl::string_view)>;

  Evaluator(const filter::SqlCondition& condition, const Cell& cell)
      : rest_(condition.text), parameters_(condition.parameters), cell_(cell) {}

  std::optional<bool> Evaluate() {
    const std::optional<bool> result = Expression();
    Require(rest_.empty(), "nothing follows the condition", rest_);
    Require(used_ == parameters_.size(), "every parameter is used");
    return result;
  }

 private:
  std::optional<bool> Expression() {
    if (!Take("(")) return Comparison();
    std::optional<bool> result = Expression();
    absl::string_view joint;
    while (!Take(")")) {
      const absl::string_view next = Take(" AND ") ? "AND" : Take(" OR ") ? "OR" : "";
      Require(!next.empty() && (joint.empty() || joint == next), "one joint a group", rest_);
      joint = next;
      const std::optional<bool> part = Expression();
      // What settles a group settles it beside NULL as well.
      const bool settles = joint == "OR";
      const bool settled = result == settles || part == settles;
      const bool unknown = !result.has_value() || !part.has_value();
      result = settled   ? std::optional<bool>(settles)
               : unknown ? std::nullopt
                         : std::optional<bool>(!settles);
    }
    return result;
  }

  std::optional<bool> Comparison() {
    const std::optional<SqlValue> value = cell_(Word());
    Require(Take(" "), "a space follows the column", rest_);
    if (Take("IS NULL")) return !value.has_value();
    if (Take("IS NOT NULL")) return value.has_value();
    const absl::string_view op = Word();
    Require(Take(" $"), "a parameter follows the operator", rest_);
    size_t number = 0;
    Require(absl::SimpleAtoi(Word(), &number) && number == ++used_ && used_ <= parameters_.size(),
            "parameters stand in their order", rest_);
    const SqlValue& parameter = parameters_[number - 1];
    if (!value.has_value()) return std::nullopt;
    Require(value->index() == parameter.index(), "column and parameter have one type");
    if (const auto* whole = std::get_if<int64_t>(&*value)) {
      return Ordered(*whole, op, std::get<int64_t>(parameter));
    }
    if (const auto* real = std::get_if<double>(&*value)) {
      return Ordered(*real, op, std::get<double>(parameter));
    }
    Require(op == "=" || op == "<>", "text is not ordered in SQL", op);
    return Ordered(std::get<std::string>(*value), op, std::get<std::string>(parameter));
  }

  bool Take(absl::string_view text) {
    if (!absl::StartsWith(rest_, text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  absl::string_view Word() {
    size_t end = 0;
    while (end < rest_.size() && rest_[end] != ' ' && rest_[end] != ')') ++end;
    const absl::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return word;
  }

  absl::string_view rest_;
  const std::vector<SqlValue>& parameters_;
  const Cell& cell_;
  size_t used_ = 0;
};

}  // namespace

std::optional<bool> EvaluateSql(
    const filter::SqlCondition& condition,
    const std::function<std::optional<SqlValue>(absl::string_view column)>& cell) {
  if (condition.text.empty()) {
    Require(condition.parameters.empty(), "no parameters without a condition");
    return true;
  }
  return Evaluator(condition, cell).Evaluate();
}

}  // namespace waymark::fuzz
