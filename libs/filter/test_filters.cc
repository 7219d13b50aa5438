#include "libs/filter/test_filters.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace waymark::filter {
namespace {

using Rule = RandomFilter::Rule;
using Owned = TestRecord::Owned;

int Pick(int n, std::mt19937& random) { return std::uniform_int_distribution<>(0, n - 1)(random); }

template <typename T>
const T& Pick(const std::vector<T>& from, std::mt19937& random) {
  return from[Pick(static_cast<int>(from.size()), random)];
}

const std::vector<std::string>& Texts() {
  static const auto& texts = *new std::vector<std::string>{"", "a", "b", "ab", "A", "a b", "1"};
  return texts;
}

const Owned* Find(const TestRecord& record, int field, const std::string& member = "") {
  const auto found = record.values().find({field, member});
  return found == record.values().end() ? nullptr : &found->second;
}

struct Comparing {
  std::string text;
  std::function<bool(double sign)> holds;
};

// By the sign of (value - literal).
Comparing PickComparing(bool ordered, std::mt19937& random) {
  static const auto& all = *new std::vector<Comparing>{
      {"=", [](double sign) { return sign == 0; }},  {":", [](double sign) { return sign == 0; }},
      {"!=", [](double sign) { return sign != 0; }}, {"<", [](double sign) { return sign < 0; }},
      {"<=", [](double sign) { return sign <= 0; }}, {">", [](double sign) { return sign > 0; }},
      {">=", [](double sign) { return sign >= 0; }}};
  return all[Pick(ordered ? 7 : 3, random)];
}

template <typename T>
RandomFilter Compared(int field, const Comparing& comparing, const std::string& literal, T value) {
  const bool negative = comparing.text == "!=";
  return {.text = absl::StrCat(TestSchema().field(field).name, comparing.text, literal),
          .holds = [=, holds = comparing.holds](const TestRecord& record) {
            const Owned* found = Find(record, field);
            if (found == nullptr) return negative;
            const T& has = std::get<T>(*found);
            return holds(has < value ? -1 : has == value ? 0 : 1);
          }};
}

RandomFilter OfText(int field, std::mt19937& random) {
  const std::string text = Pick(Texts(), random);
  const Comparing comparing = PickComparing(true, random);
  RandomFilter filter = Compared(field, comparing, absl::StrCat("\"", text, "\""), text);
  const bool equality = absl::StrContains("=:!=", comparing.text);
  filter.decidable = field == kSource && equality;
  if (!equality || Pick(3, random) != 0) return filter;
  const bool negative = comparing.text == "!=", at_start = Pick(2, random) == 0;
  filter.text = absl::StrCat(TestSchema().field(field).name, comparing.text, at_start ? "'" : "'*",
                             text, at_start ? "*'" : "'");
  filter.decidable = false;
  filter.holds = [=](const TestRecord& record) {
    const Owned* found = Find(record, field);
    if (found == nullptr) return negative;
    const std::string& has = std::get<std::string>(*found);
    return (at_start ? has.rfind(text, 0) == 0 : absl::EndsWith(has, text)) != negative;
  };
  return filter;
}

RandomFilter OfTags(std::mt19937& random) {
  const std::string tag = Pick(Texts(), random);
  return {.text = absl::StrCat("tags:\"", tag, "\""),
          .holds =
              [tag](const TestRecord& record) {
                const Owned* found = Find(record, kTags);
                if (found == nullptr) return false;
                const auto& tags = std::get<std::vector<std::string>>(*found);
                return std::find(tags.begin(), tags.end(), tag) != tags.end();
              },
          .decidable = false};
}

// The texts of attributes are "1" or no number.
RandomFilter OfAttribute(std::mt19937& random) {
  if (Pick(2, random) == 0) {
    return {.text = "attributes.x > 0.5",
            .holds =
                [](const TestRecord& record) {
                  const Owned* found = Find(record, kAttributes, "x");
                  return found != nullptr && std::get<std::string>(*found) == "1";
                },
            .decidable = false};
  }
  const std::string text = Pick(Texts(), random);
  return {.text = absl::StrCat("attributes.x=\"", text, "\""),
          .holds =
              [text](const TestRecord& record) {
                const Owned* found = Find(record, kAttributes, "x");
                return found != nullptr && std::get<std::string>(*found) == text;
              },
          .decidable = false};
}

RandomFilter OfPresence(std::mt19937& random) {
  const int field = Pick(kAttributes, random);
  return {.text = absl::StrCat(TestSchema().field(field).name, ":*"),
          .holds = [field](const TestRecord& record) { return Find(record, field) != nullptr; },
          .decidable = field != kCustomer && field != kTags};
}

RandomFilter OneComparison(std::mt19937& random) {
  const int64_t number = Pick(4, random) - 1;
  const Comparing any = PickComparing(true, random), equal = PickComparing(false, random);
  switch (Pick(12, random)) {
    case 0:
    case 1:
      return OfText(kSource, random);
    case 2:
      return OfText(kCustomer, random);
    case 3:
      return OfTags(random);
    case 4:
      return OfAttribute(random);
    case 5:
      return OfPresence(random);
    case 6:
      return Compared(kStance, any, absl::StrCat(number, ".5"), number < 0 ? -1.5 : number + 0.5);
    case 7:
      return Compared(kFinished, equal, number > 0 ? "true" : "false", number > 0);
    case 8:
      return Compared(kEventTime, any, absl::StrCat("1970-01-01T00:00:0", number + 1, "Z"),
                      (number + 1) * 1'000'000);
    case 9: {
      RandomFilter wait = Compared(kWait, any, absl::StrCat(number, "s"), number * 1'000'000);
      wait.decidable = number % 2 == 0;
      return wait;
    }
    case 10:
      return Compared(kKind, equal, number > 0 ? "SURVEY" : "CHAT", int64_t{number > 0 ? 1 : 2});
    default:
      return Compared(kReach, any, absl::StrCat(number), number);
  }
}

std::string As(Rule at_most, const RandomFilter& filter, std::mt19937& random) {
  const bool needs = filter.rule > at_most;
  return needs || Pick(8, random) == 0 ? absl::StrCat("(", filter.text, ")") : filter.text;
}

RandomFilter Joined(bool all, int depth, std::mt19937& random) {
  RandomFilter joined{.rule = all ? Rule::kExpression : Rule::kFactor};
  std::vector<std::function<bool(const TestRecord&)>> parts;
  for (int i = Pick(3, random) + 2; i > 0; --i) {
    RandomFilter part = MakeFilter(depth - 1, random);
    if (!joined.text.empty()) joined.text += !all ? " OR " : Pick(2, random) == 0 ? " AND " : " ";
    joined.text += As(all ? Rule::kFactor : Rule::kTerm, part, random);
    joined.decidable &= part.decidable;
    parts.push_back(std::move(part.holds));
  }
  joined.holds = [all, parts = std::move(parts)](const TestRecord& record) {
    const auto holds = [&](const auto& part) { return part(record); };
    return all ? std::all_of(parts.begin(), parts.end(), holds)
               : std::any_of(parts.begin(), parts.end(), holds);
  };
  return joined;
}

}  // namespace

RandomFilter MakeFilter(int depth, std::mt19937& random) {
  const int form = depth == 0 ? 0 : Pick(5, random);
  if (form <= 1) return OneComparison(random);
  if (form >= 3) return Joined(form == 3, depth, random);
  RandomFilter filter = MakeFilter(depth - 1, random);
  filter.text =
      absl::StrCat(Pick(2, random) == 0 ? "NOT " : "-", As(Rule::kSimple, filter, random));
  filter.rule = Rule::kTerm;
  filter.holds = [holds = std::move(filter.holds)](const TestRecord& record) {
    return !holds(record);
  };
  return filter;
}

TestRecord MakeRecord(std::mt19937& random) {
  std::map<TestRecord::Key, Owned> values;
  const auto maybe = [&](int field, Owned value, std::string member = "") {
    if (Pick(4, random) == 0) return;
    values.emplace(TestRecord::Key{field, std::move(member)}, std::move(value));
  };
  maybe(kSource, Pick(Texts(), random));
  maybe(kCustomer, Pick(Texts(), random));
  maybe(kReach, int64_t{Pick(4, random) - 1});
  maybe(kStance, Pick(5, random) - 1.5);
  maybe(kFinished, Pick(2, random) == 0);
  maybe(kEventTime, int64_t{Pick(4, random)} * 1'000'000);
  maybe(kWait, int64_t{Pick(4, random) - 1} * 1'000'000);
  maybe(kKind, int64_t{Pick(2, random) + 1});
  maybe(kTags, std::vector<std::string>{Pick(Texts(), random), Pick(Texts(), random)});
  maybe(kAttributes, Pick(Texts(), random), "x");
  return TestRecord(std::move(values));
}

}  // namespace waymark::filter
