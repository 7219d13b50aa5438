#pragma once

#include <functional>
#include <random>
#include <string>

#include "libs/filter/test_records.h"

namespace waymark::filter {

/// A filter made at random, and what it means by another evaluation than the library's.
struct RandomFilter {
  /// What of the grammar the text is, and so where it needs parentheses.
  enum class Rule { kSimple, kTerm, kFactor, kExpression };
  std::string text;
  Rule rule = Rule::kSimple;
  std::function<bool(const TestRecord&)> holds;
  /// Every comparison is one that the columns of sql_test decide exactly.
  bool decidable = true;
};

/// Of TestSchema, `depth` groups deep at most, in random spelling.
RandomFilter MakeFilter(int depth, std::mt19937& random);

/// Of the same few values; any field may be absent.
TestRecord MakeRecord(std::mt19937& random);

}  // namespace waymark::filter
