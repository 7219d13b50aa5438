#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace waymark::filter {

/// What a text is compared with: itself, or with `open` ends its end, beginning or any part.
struct Pattern {
  std::string text;
  bool open_start = false;
  bool open_end = false;

  bool is_wildcard() const { return open_start || open_end; }
  friend bool operator==(const Pattern&, const Pattern&) = default;
};

enum class Operator { kEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kPresent };

/// int64: a whole number, a time, a duration, an enum's number. None: kPresent.
using Literal = std::variant<std::monostate, int64_t, double, bool, Pattern>;

/// One comparison. `!=` is a negated kEqual; `:` is kEqual, of a list with any of its elements.
struct Test {
  int field = 0;
  /// The key of a kMap.
  std::string member;
  Operator op = Operator::kEqual;
  Literal literal;

  friend bool operator==(const Test&, const Test&) = default;
};

struct Node {
  enum class Kind { kAll, kAny, kTest };
  Kind kind = Kind::kTest;
  bool negated = false;
  /// The node after the last one below this.
  uint32_t end = 0;
  /// Which of Program::tests; of kTest.
  uint32_t test = 0;

  friend bool operator==(const Node&, const Node&) = default;
};

/// A checked filter: a tree with each node before its children, which lie at i + 1, at the end of
/// that one, and so on until its own end. No node: holds for everything. A group has two children
/// or more, and none of its own kind unless it is negated.
struct Program {
  std::vector<Node> nodes;
  std::vector<Test> tests;

  friend bool operator==(const Program&, const Program&) = default;
};

}  // namespace waymark::filter
