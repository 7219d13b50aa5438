#include "libs/filter/parser.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"
#include "libs/base/utf8.h"
#include "libs/filter/check.h"
#include "libs/filter/lexer.h"

namespace waymark::filter {
namespace {

using Kind = Token::Kind;
using Place = Lexer::Place;

struct Tree {
  Node::Kind kind = Node::Kind::kTest;
  bool negated = false;
  uint32_t test = 0;
  std::vector<Tree> children = {};
};

Tree Group(Node::Kind kind, std::vector<Tree> children) {
  if (children.size() == 1) return std::move(children[0]);
  Tree group{.kind = kind};
  for (Tree& child : children) {
    if (child.kind == kind && !child.negated) {
      for (Tree& grandchild : child.children) group.children.push_back(std::move(grandchild));
    } else {
      group.children.push_back(std::move(child));
    }
  }
  return group;
}

Tree Negate(Tree tree) {
  tree.negated = !tree.negated;
  return tree;
}

void Flatten(const Tree& tree, std::vector<Node>* nodes) {
  const size_t at = nodes->size();
  nodes->push_back({.kind = tree.kind, .negated = tree.negated, .test = tree.test});
  for (const Tree& child : tree.children) Flatten(child, nodes);
  (*nodes)[at].end = nodes->size();
}

absl::Status CheckText(absl::string_view text, const Lexer& lexer) {
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the filter has ", text.size(), " bytes, more than ", kMaxBytes, "; shorten it"));
  }
  if (const size_t bad = FindInvalidUtf8(text); bad != absl::string_view::npos) {
    return lexer.Error(bad, "this is not UTF-8");
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if (absl::ascii_iscntrl(text[i]) && !absl::ascii_isspace(text[i])) {
      return lexer.Error(i, "a control character cannot be part of a filter");
    }
  }
  return absl::OkStatus();
}

// The grammar of AIP-160 by recursive descent, one function a rule:
//   expression = factor { ["AND"] factor }         a sequence means AND as well
//   factor     = term { "OR" term }
//   term       = ["NOT" | "-"] simple
//   simple     = path comparator (value | "(" expression of values ")") | "(" expression ")"
class Parser {
 public:
  Parser(absl::string_view text, const Schema& schema) : schema_(schema), lexer_(text) {}

  absl::StatusOr<Program> Parse(absl::string_view text) {
    WM_RETURN_IF_ERROR(CheckText(text, lexer_));
    WM_ASSIGN_OR_RETURN(const Token first, lexer_.Peek(Place::kName));
    if (first.kind == Kind::kEnd) return Program();
    WM_ASSIGN_OR_RETURN(const Tree tree, Expression(nullptr));
    WM_ASSIGN_OR_RETURN(const Token rest, lexer_.Peek(Place::kName));
    if (rest.kind != Kind::kEnd) {
      return lexer_.Error(rest.begin, "')' closes what was never opened; remove it");
    }
    Flatten(tree, &program_.nodes);
    return std::move(program_);
  }

 private:
  /// What the values in a group after a comparator are compared with.
  struct Left {
    Target target;
    Token comparator;
  };

  static Place PlaceIn(const Left* left) { return left == nullptr ? Place::kName : Place::kValue; }

  absl::StatusOr<Tree> Expression(const Left* left) {
    std::vector<Tree> factors;
    while (true) {
      WM_ASSIGN_OR_RETURN(Tree factor, Factor(left));
      factors.push_back(std::move(factor));
      WM_ASSIGN_OR_RETURN(const Token next, lexer_.Peek(PlaceIn(left)));
      if (next.kind == Kind::kEnd || next.kind == Kind::kClose) break;
      if (next.kind == Kind::kAnd) lexer_.Skip(next);
    }
    return Group(Node::Kind::kAll, std::move(factors));
  }

  absl::StatusOr<Tree> Factor(const Left* left) {
    std::vector<Tree> terms;
    while (true) {
      WM_ASSIGN_OR_RETURN(Tree term, Term(left));
      terms.push_back(std::move(term));
      WM_ASSIGN_OR_RETURN(const Token next, lexer_.Peek(PlaceIn(left)));
      if (next.kind != Kind::kOr) break;
      lexer_.Skip(next);
    }
    return Group(Node::Kind::kAny, std::move(terms));
  }

  absl::StatusOr<Tree> Term(const Left* left) {
    WM_ASSIGN_OR_RETURN(const Token first, lexer_.Peek(PlaceIn(left)));
    if (first.kind != Kind::kNot && first.kind != Kind::kMinus) return Simple(left);
    lexer_.Skip(first);
    WM_ASSIGN_OR_RETURN(const Token next, lexer_.Peek(PlaceIn(left)));
    if (first.kind == Kind::kMinus && next.begin != first.end) {
      return lexer_.Error(first.begin, "'-' stands directly before what it negates; or write NOT");
    }
    WM_ASSIGN_OR_RETURN(Tree simple, Simple(left));
    return Negate(std::move(simple));
  }

  absl::StatusOr<Tree> Simple(const Left* left) {
    WM_ASSIGN_OR_RETURN(Token first, lexer_.Peek(PlaceIn(left)));
    if (first.kind == Kind::kOpen) return Composite(first, left);
    if (!first.is_name_or_value()) return NothingToCompare(first, left);
    lexer_.Skip(first);
    if (left != nullptr) return Comparison(*left, first);
    return Restriction(std::move(first));
  }

  absl::StatusOr<Tree> Composite(const Token& open, const Left* left) {
    if (++depth_ > kMaxDepth) {
      return lexer_.Error(open.begin,
                          absl::StrCat("parentheses are nested more than ", kMaxDepth, " deep"));
    }
    lexer_.Skip(open);
    WM_ASSIGN_OR_RETURN(Tree tree, Expression(left));
    WM_ASSIGN_OR_RETURN(const Token close, lexer_.Peek(PlaceIn(left)));
    if (close.kind != Kind::kClose) {
      return lexer_.Error(open.begin, "the parenthesis that opens here is never closed");
    }
    lexer_.Skip(close);
    --depth_;
    return tree;
  }

  absl::StatusOr<Tree> Restriction(Token first) {
    std::vector<Token> path = {std::move(first)};
    while (path[0].kind == Kind::kText && lexer_.IsNext('.')) {
      lexer_.Skip({.end = lexer_.position() + 1});
      const size_t begin = lexer_.position();
      WM_ASSIGN_OR_RETURN(Token part, lexer_.Peek(Place::kName));
      const bool word = part.is_name_or_value() || part.kind == Kind::kAnd ||
                        part.kind == Kind::kOr || part.kind == Kind::kNot;
      if (!word || part.begin != begin) {
        return lexer_.Error(begin, "after '.' comes a name, or one in quotes");
      }
      lexer_.Skip(part);
      path.push_back(std::move(part));
    }
    WM_RETURN_IF_ERROR(RefuseCall(path[0]));
    WM_ASSIGN_OR_RETURN(const Token comparator, lexer_.Peek(Place::kName));
    if (comparator.kind == Kind::kOther) {
      return lexer_.Error(comparator.begin, absl::StrCat(Describe(comparator),
                                                         " is no comparator; there are "
                                                         "= != < <= > >= :"));
    }
    if (comparator.kind != Kind::kComparator) return Bare(path);
    if (path[0].kind == Kind::kString) {
      return lexer_.Error(path[0].begin,
                          absl::StrCat("a field is named without quotes: ", Describe(path[0])));
    }
    WM_ASSIGN_OR_RETURN(Target target, ResolveTarget(schema_, lexer_, path));
    lexer_.Skip(comparator);
    const Left left{.target = std::move(target), .comparator = comparator};
    WM_ASSIGN_OR_RETURN(Tree tree, Argument(left));
    return comparator.comparator == Comparator::kNotEqual ? Negate(std::move(tree)) : tree;
  }

  absl::StatusOr<Tree> Argument(const Left& left) {
    WM_ASSIGN_OR_RETURN(const Token value, lexer_.Peek(Place::kValue));
    if (value.kind == Kind::kOpen) return Composite(value, &left);
    if (!value.is_name_or_value()) {
      return lexer_.Error(
          value.begin, absl::StrCat("after '", left.comparator.text, "' comes a value, not ",
                                    Describe(value), "; put it in quotes if it is meant as text"));
    }
    lexer_.Skip(value);
    return Comparison(left, value);
  }

  absl::StatusOr<Tree> Comparison(const Left& left, const Token& value) {
    WM_RETURN_IF_ERROR(RefuseCall(value));
    if (program_.tests.size() == kMaxComparisons) {
      return lexer_.Error(value.begin, absl::StrCat("the filter compares more than ",
                                                    kMaxComparisons, " times; split it"));
    }
    WM_ASSIGN_OR_RETURN(Test test,
                        CheckComparison(schema_, lexer_, left.target, left.comparator, value));
    program_.tests.push_back(std::move(test));
    return Tree{.test = static_cast<uint32_t>(program_.tests.size() - 1)};
  }

  // A word and directly after it a parenthesis.
  absl::Status RefuseCall(const Token& word) const {
    if (word.kind != Kind::kText || !lexer_.IsNext('(')) return absl::OkStatus();
    return lexer_.Error(word.begin, absl::StrCat(Describe(word),
                                                 " is called like a function; there "
                                                 "are no functions in filters"));
  }

  absl::Status Bare(const std::vector<Token>& path) const {
    const Token& word = path[0];
    const std::string upper = absl::AsciiStrToUpper(word.text);
    if (word.kind == Kind::kText && (upper == "AND" || upper == "OR" || upper == "NOT")) {
      return lexer_.Error(word.begin, absl::StrCat("write ", upper, " in capitals"));
    }
    const auto target = ResolveTarget(schema_, lexer_, path);
    if (target.ok() && word.kind == Kind::kText) {
      const Field& field = schema_.field(target->field);
      const absl::string_view key = field.type == FieldType::kMap ? ".KEY" : "";
      return lexer_.Error(word.begin,
                          absl::StrCat("'", field.name, "' is compared with nothing; write ",
                                       field.name, key, ":* to ask whether it is there"));
    }
    return lexer_.Error(word.begin,
                        absl::StrCat(Describe(word),
                                     " stands alone; compare a field with it, as in "
                                     "FIELD = VALUE",
                                     schema_.bare_hint().empty() ? "" : ". ", schema_.bare_hint()));
  }

  absl::Status NothingToCompare(const Token& found, const Left* left) const {
    const absl::string_view wanted =
        left == nullptr ? "a comparison like FIELD = VALUE" : "a value";
    std::string message = absl::StrCat("here comes ", wanted, ", not ", Describe(found));
    if (found.kind == Kind::kComparator || found.kind == Kind::kOther) {
      absl::StrAppend(&message, "; a value with one of ( ) , : = < > ! \\ in it stands in quotes");
    }
    return lexer_.Error(found.begin, message);
  }

  const Schema& schema_;
  Lexer lexer_;
  Program program_;
  int depth_ = 0;
};

}  // namespace

absl::StatusOr<Program> ParseProgram(absl::string_view text, const Schema& schema) {
  return Parser(text, schema).Parse(text);
}

}  // namespace waymark::filter
