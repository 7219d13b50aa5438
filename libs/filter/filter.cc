#include "libs/filter/filter.h"

#include <algorithm>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/filter/matching.h"
#include "libs/filter/parser.h"

namespace waymark::filter {
namespace {

bool Holds(const Program& program, uint32_t index, const Record& record) {
  const Node& node = program.nodes[index];
  if (node.kind == Node::Kind::kTest) {
    const Test& test = program.tests[node.test];
    return Compare(record.Get(test.field, test.member), test) != node.negated;
  }
  // kAll is settled by the first that does not hold, kAny by the first that does.
  const bool settles = node.kind == Node::Kind::kAny;
  for (uint32_t child = index + 1; child < node.end; child = program.nodes[child].end) {
    if (Holds(program, child, record) == settles) return settles != node.negated;
  }
  return settles == node.negated;
}

const std::string* EqualTo(const Test& test, int field) {
  if (test.field != field || test.op != Operator::kEqual) return nullptr;
  const auto* pattern = std::get_if<Pattern>(&test.literal);
  return pattern == nullptr || pattern->is_wildcard() ? nullptr : &pattern->text;
}

void Narrow(Operator op, int64_t value, Filter::Range* range) {
  switch (op) {
    case Operator::kEqual:
      range->min = std::max(range->min, value);
      range->max = std::min(range->max, value);
      break;
    case Operator::kLess:
      if (value == INT64_MIN) *range = {INT64_MAX, INT64_MIN};  // nothing is less
      range->max = std::min(range->max, value == INT64_MIN ? value : value - 1);
      break;
    case Operator::kLessEqual:
      range->max = std::min(range->max, value);
      break;
    case Operator::kGreater:
      if (value == INT64_MAX) *range = {INT64_MAX, INT64_MIN};
      range->min = std::max(range->min, value == INT64_MAX ? value : value + 1);
      break;
    case Operator::kGreaterEqual:
      range->min = std::max(range->min, value);
      break;
    case Operator::kPresent:
      break;
  }
}

}  // namespace

absl::StatusOr<Filter> Filter::Parse(absl::string_view text, const Schema* schema) {
  WM_ASSIGN_OR_RETURN(Program program, ParseProgram(text, *schema));
  return Filter(std::move(program), schema);
}

bool Filter::Matches(const Record& record) const { return empty() || Holds(program_, 0, record); }

template <typename Visit>
void Filter::ForEachRequired(Visit visit) const {
  const auto visit_test = [&](const Node& node) {
    if (node.kind == Node::Kind::kTest && !node.negated) visit(program_.tests[node.test]);
  };
  if (empty()) return;
  const Node& root = program_.nodes[0];
  visit_test(root);
  if (root.kind != Node::Kind::kAll || root.negated) return;
  for (uint32_t child = 1; child < root.end; child = program_.nodes[child].end) {
    visit_test(program_.nodes[child]);
  }
}

std::optional<std::string> Filter::RequiredEqual(int field) const {
  std::optional<std::string> required;
  if (empty() || schema_->field(field).type != FieldType::kString) return required;
  ForEachRequired([&](const Test& test) {
    const std::string* text = EqualTo(test, field);
    if (text != nullptr && !required.has_value()) required = *text;
  });
  return required;
}

Filter::Range Filter::RequiredRange(int field) const {
  Range range;
  ForEachRequired([&](const Test& test) {
    const auto* value = std::get_if<int64_t>(&test.literal);
    if (test.field == field && value != nullptr) Narrow(test.op, *value, &range);
  });
  return range;
}

}  // namespace waymark::filter
