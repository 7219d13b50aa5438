#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/types/span.h"
#include "libs/filter/filter.h"

namespace waymark::filter {

/// A parameter of a statement.
using SqlValue = std::variant<int64_t, double, std::string>;

/// A column that tells something of a field.
struct SqlColumn {
  enum class Tells {
    /// It holds what the record has, in an encoding that keeps order if the type has one, and is
    /// NULL exactly where the record has nothing.
    kExactly,
    /// Equal values have equal columns, but not only they, as with a hash. NULL is possible.
    kNecessary,
  };
  /// The field's index. A kMap or kStringList has no column.
  int field = 0;
  /// Trusted SQL: `c.event_time`.
  std::string column;
  Tells tells = Tells::kExactly;
  /// How a literal is written in the column: int64 for a whole number, a time, a duration
  /// (microseconds), an enum's number, a boolean (0 or 1); double; string. Nothing: not at all,
  /// which leaves the comparison out. None given: as it is.
  std::function<std::optional<SqlValue>(const SqlValue& literal)> convert = nullptr;
};

struct SqlCondition {
  /// A boolean expression to stand after AND or WHERE, in the text that libs/sql takes; "": true.
  std::string text;
  /// The values of its parameters, in their order.
  std::vector<SqlValue> parameters;
};

/// What of `filter` the columns can decide, as a condition that holds at least for every record
/// that matches: what they cannot decide counts as true. Who needs exact matches calls
/// Filter::Matches on what is selected. Parameters are numbered from `first_parameter`. Order of
/// text is left to Matches, because databases have their own.
SqlCondition ToSql(const Filter& filter, absl::Span<const SqlColumn> columns, int first_parameter);

}  // namespace waymark::filter
