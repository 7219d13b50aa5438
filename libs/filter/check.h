#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/filter/lexer.h"
#include "libs/filter/program.h"
#include "libs/filter/schema.h"

namespace waymark::filter {

/// What stands left of a comparator.
struct Target {
  int field = 0;
  /// The key of a kMap, when one is named.
  std::optional<std::string> member;
};

/// What `path`, names between dots, means by `schema`. INVALID_ARGUMENT: there is no such field;
/// the message lists those that there are. `lexer` made the tokens.
absl::StatusOr<Target> ResolveTarget(const Schema& schema, const Lexer& lexer,
                                     const std::vector<Token>& path);

/// The test that a comparison makes; of `!=` that of `=`, which the caller negates.
/// INVALID_ARGUMENT: the field cannot be compared like this, or not with this value.
absl::StatusOr<Test> CheckComparison(const Schema& schema, const Lexer& lexer, const Target& target,
                                     const Token& comparator, const Token& value);

}  // namespace waymark::filter
