#include <random>

#include "gtest/gtest.h"
#include "libs/filter/filter.h"
#include "libs/filter/test_filters.h"

namespace waymark::filter {
namespace {

TEST(Property, MatchesAsTheGrammarReads) {
  std::mt19937 random(160);
  int matches = 0, checks = 0;
  for (int i = 0; i < 3000; ++i) {
    const RandomFilter wanted = MakeFilter(4, random);
    const auto filter = Filter::Parse(wanted.text, &TestSchema());
    ASSERT_TRUE(filter.ok()) << wanted.text << ": " << filter.status();
    for (int k = 0; k < 20; ++k) {
      const TestRecord record = MakeRecord(random);
      ASSERT_EQ(filter->Matches(record), wanted.holds(record)) << wanted.text;
      matches += filter->Matches(record);
      ++checks;
    }
  }
  EXPECT_GT(matches, checks / 5);
  EXPECT_LT(matches, checks * 4 / 5);
}

TEST(Property, CanonicalTextReadsBackTheSame) {
  std::mt19937 random(161);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = MakeFilter(5, random).text;
    const auto once = Filter::Parse(text, &TestSchema());
    if (!once.ok()) continue;  // over a limit
    const std::string canonical = once->ToString();
    const auto twice = Filter::Parse(canonical, &TestSchema());
    ASSERT_TRUE(twice.ok()) << text << " -> " << canonical << ": " << twice.status();
    ASSERT_EQ(*once, *twice) << text << " -> " << canonical;
    ASSERT_EQ(twice->ToString(), canonical);
  }
}

TEST(Property, RequiredEqualIsWhatEveryMatchHas) {
  std::mt19937 random(162);
  int required = 0;
  for (int i = 0; i < 5000; ++i) {
    const RandomFilter wanted = MakeFilter(2, random);
    const auto filter = Filter::Parse(wanted.text, &TestSchema());
    ASSERT_TRUE(filter.ok()) << wanted.text;
    const auto source = filter->RequiredEqual(kSource);
    if (!source.has_value()) continue;
    ++required;
    for (int k = 0; k < 20; ++k) {
      const TestRecord record = MakeRecord(random);
      const Value has = record.Get(kSource, "");
      if (!filter->Matches(record)) continue;
      ASSERT_EQ(std::get<absl::string_view>(has), *source) << wanted.text;
    }
  }
  EXPECT_GT(required, 100);
}

TEST(Property, RequiredRangeHoldsEveryMatch) {
  std::mt19937 random(163);
  int narrowed = 0;
  for (int i = 0; i < 8000; ++i) {
    const RandomFilter wanted = MakeFilter(2, random);
    const auto filter = Filter::Parse(wanted.text, &TestSchema());
    ASSERT_TRUE(filter.ok()) << wanted.text;
    for (const int field : {kReach, kEventTime}) {
      const Filter::Range range = filter->RequiredRange(field);
      if (range.min == INT64_MIN && range.max == INT64_MAX) continue;
      ++narrowed;
      for (int k = 0; k < 20; ++k) {
        const TestRecord record = MakeRecord(random);
        if (!filter->Matches(record)) continue;
        const auto has = std::get<int64_t>(record.Get(field, ""));
        ASSERT_LE(range.min, has) << wanted.text;
        ASSERT_GE(range.max, has) << wanted.text;
      }
    }
  }
  EXPECT_GT(narrowed, 500);
}

TEST(RequiredRange, IsTheNarrowestOfWhatStandsAtTheTop) {
  const auto range = [](const char* text) {
    const Filter::Range range = Filter::Parse(text, &TestSchema())->RequiredRange(kReach);
    return std::pair(range.min, range.max);
  };
  const std::pair<int64_t, int64_t> all = {INT64_MIN, INT64_MAX};
  EXPECT_EQ(range("reach > 3 AND reach <= 9 AND reach < 20"), std::pair(int64_t{4}, int64_t{9}));
  EXPECT_EQ(range("reach = 7"), std::pair(int64_t{7}, int64_t{7}));
  EXPECT_EQ(range("reach > 3 OR reach < 1"), all);
  EXPECT_EQ(range("NOT reach > 3"), all);
  EXPECT_EQ(range("NOT (reach > 3 AND reach < 9)"), all);
  EXPECT_EQ(range("reach:* AND reach != 3"), all);
  EXPECT_EQ(range(""), all);
}

}  // namespace
}  // namespace waymark::filter
