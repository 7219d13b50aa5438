#pragma once

#include <functional>
#include <optional>

#include "absl/strings/string_view.h"
#include "libs/filter/sql.h"

namespace waymark::fuzz {

/// What `condition`, which filter::ToSql made with parameters from $1, says of a row by SQL's logic
/// of three values; nothing: NULL. `cell` gives a column's value, nothing for NULL. Ends the
/// process at text that is not of that form, at a parameter out of its order and at one left over.
std::optional<bool> EvaluateSql(
    const filter::SqlCondition& condition,
    const std::function<std::optional<filter::SqlValue>(absl::string_view column)>& cell);

}  // namespace waymark::fuzz
