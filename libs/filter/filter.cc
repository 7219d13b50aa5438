#include "libs/filter/filter.h"

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

const std::string* EqualTo(const Program& program, const Node& node, int field) {
  if (node.kind != Node::Kind::kTest || node.negated) return nullptr;
  const Test& test = program.tests[node.test];
  if (test.field != field || test.op != Operator::kEqual) return nullptr;
  const auto* pattern = std::get_if<Pattern>(&test.literal);
  return pattern == nullptr || pattern->is_wildcard() ? nullptr : &pattern->text;
}

}  // namespace

absl::StatusOr<Filter> Filter::Parse(absl::string_view text, const Schema* schema) {
  WM_ASSIGN_OR_RETURN(Program program, ParseProgram(text, *schema));
  return Filter(std::move(program), schema);
}

bool Filter::Matches(const Record& record) const { return empty() || Holds(program_, 0, record); }

std::optional<std::string> Filter::RequiredEqual(int field) const {
  if (empty() || schema_->field(field).type != FieldType::kString) return std::nullopt;
  const Node& root = program_.nodes[0];
  if (const std::string* text = EqualTo(program_, root, field)) return *text;
  if (root.kind != Node::Kind::kAll || root.negated) return std::nullopt;
  for (uint32_t child = 1; child < root.end; child = program_.nodes[child].end) {
    if (const std::string* text = EqualTo(program_, program_.nodes[child], field)) return *text;
  }
  return std::nullopt;
}

}  // namespace waymark::filter
