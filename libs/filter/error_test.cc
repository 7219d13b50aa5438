#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/filter/filter.h"
#include "libs/filter/test_records.h"

namespace waymark::filter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string ErrorOf(absl::string_view text) {
  const absl::Status status = Filter::Parse(text, &TestSchema()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(status.message());
}

TEST(Error, IsToldWordForWord) {
  EXPECT_EQ(ErrorOf("colour = red"),
            "column 1: there is no field 'colour'; there are source, customer, reach, stance, "
            "finished, event_time, wait, kind, tags, attributes.KEY");
  EXPECT_EQ(ErrorOf("reach = 1 AND wifi"),
            "column 15: 'wifi' stands alone; compare a field with it, as in FIELD = VALUE. To look "
            "for words in texts use `search`.");
  EXPECT_EQ(ErrorOf("kind = PHONE"),
            "column 8: 'kind' is compared with one of SURVEY, CHAT; 'PHONE' is not that");
  EXPECT_EQ(ErrorOf("reach = \"7\""),
            "column 9: 'reach' is compared with a whole number of 64 bits, without quotes; '7' in "
            "quotes is not that");
  EXPECT_EQ(ErrorOf("finished > true"),
            "column 10: 'finished' has no order: compare it by = or !=");
  EXPECT_EQ(ErrorOf("source = now()"),
            "column 10: 'now' is called like a function; there are no functions in filters");
}

TEST(Error, ColumnsCountCharacters) {
  EXPECT_THAT(ErrorOf("source = \"\xc3\xa9\xe2\x82\xac\" AND wifi"),
              StartsWith("column 19: 'wifi'"));
}

struct Case {
  const char* text;
  int column;
  const char* says;
};

TEST(Error, SaysWhereAndWhatToDo) {
  const Case cases[] = {
      // The language.
      {"reach = 1 and reach = 2", 11, "write AND in capitals"},
      {"not reach = 1", 1, "write NOT in capitals"},
      {"reach = 1 AND", 14,
       "here comes a comparison like FIELD = VALUE, not the end of the filter"},
      {"OR reach = 1", 1, "not 'OR'"},
      {"NOT NOT reach = 1", 5, "not 'NOT'"},
      {"(reach = 1", 1, "the parenthesis that opens here is never closed"},
      {"()", 2, "not ')'"},
      {"reach = 1)", 10, "closes what was never opened"},
      {"- reach = 1", 1, "'-' stands directly before"},
      {"reach == 1", 8, "after '=' comes a value, not '='"},
      {"reach =", 8, "comes a value, not the end of the filter"},
      {"reach = AND", 9, "not 'AND'; put it in quotes"},
      {"reach ! 1", 7, "'!' is no comparator"},
      {"source = a:b", 11, "in quotes"},
      {"source = \"abc", 10, "never closed"},
      {"source = \"a\\x\"", 12, "write \\\\ for a backslash"},
      {"source = a\\*", 11, "in quotes"},
      {"source = 'it''s'", 14, "'s' stands alone"},
      {"source = (a OR b", 10, "never closed"},
      {"source = (a = b)", 13, "here comes a value, not '='"},
      {"regex(source, \"a\")", 1, "no functions"},
      {"\"source\" = a", 1, "without quotes"},
      {"source = \"a\x01\"", 12, "control character"},
      {"source = \"\xff\"", 11, "not UTF-8"},
      {"wifi", 1, "stands alone"},
      {"\"no wifi\"", 1, "use `search`"},
      {"source", 1, "write source:* to ask"},
      {"attributes.x", 1, "write attributes.KEY:* to ask"},
      {"source. = a", 8, "after '.' comes a name"},
      {"attributes. x = a", 12, "after '.' comes a name"},
      // Fields.
      {"source.x = a", 8, "'source' is one value; leave out what follows it: 'x'"},
      {"attributes = a", 12, "name one, as in attributes.KEY=VALUE"},
      {"attributes:*", 11, "name one"},
      {"attributes:a*", 12, "a key has no wildcards"},
      {"attributes.a*:x", 12, "a wildcard may stand in values only"},
      {"source* = a", 1, "is no name"},
      // Operators.
      {"tags = a", 6, "ask for an element by tags:VALUE"},
      {"tags != a", 6, "tags:VALUE"},
      {"kind < CHAT", 6, "no order"},
      {"attributes.x < true", 14, "no order"},
      // Values.
      {"reach = 2.5", 9, "a whole number"},
      {"reach = 9223372036854775808", 9, "a whole number of 64 bits"},
      {"reach = x", 9, "'x' is not that"},
      {"stance = 1e999", 10, "a number"},
      {"stance = nan", 10, "a number"},
      {"stance = 0x10", 10, "a number"},
      {"finished = yes", 12, "true or false"},
      {"finished = 'true'", 12, "without quotes"},
      {"event_time > 2017-05-01", 14, "a time like \"2017-05-01T00:00:00Z\""},
      {"event_time > 2017-02-30T00:00:00Z", 14, "a time like"},
      {"event_time > 2017-05-01T00:00:00", 14, "a time like"},
      {"event_time > 2017-05-01T00:00:00.0000001Z", 14, "to the microsecond"},
      {"event_time > \"2017-05-01T00:00:00+05   \"", 14, "a time like"},
      {"event_time > 0001-01-01T00:00:00+01:00", 14, "a time like"},
      {"event_time > infinite-future", 14, "a time like"},
      {"wait > 20", 8, "a duration in seconds like 20s"},
      {"wait > 1m", 8, "a duration"},
      {"wait > 9223372036854775807s", 8, "a duration"},
      {"kind = survey", 8, "one of SURVEY, CHAT"},
      {"source = \"a*b\"", 10, "at the beginning or the end"},
      {"source < a*", 10, "'*' is a wildcard"},
      {"attributes.x = 1e999", 16, "a number"},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(ErrorOf(one.text),
                AllOf(StartsWith(absl::StrCat("column ", one.column, ": ")), HasSubstr(one.says)))
        << one.text;
  }
}

std::string Repeated(absl::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) absl::StrAppend(&out, text);
  return out;
}

TEST(Limit, Bytes) {
  const std::string longest = absl::StrCat("source=\"", Repeated("x", 8192 - 9), "\"");
  EXPECT_TRUE(Filter::Parse(longest, &TestSchema()).ok());
  EXPECT_EQ(ErrorOf(longest + " "), "the filter has 8193 bytes, more than 8192; shorten it");
}

TEST(Limit, Depth) {
  const auto nested = [](int depth) {
    return absl::StrCat(Repeated("(", depth), "reach=1", Repeated(")", depth));
  };
  EXPECT_TRUE(Filter::Parse(nested(32), &TestSchema()).ok());
  EXPECT_EQ(ErrorOf(nested(33)), "column 33: parentheses are nested more than 32 deep");
  EXPECT_TRUE(Filter::Parse(Repeated(nested(32) + " ", 3), &TestSchema()).ok());
}

TEST(Limit, Comparisons) {
  EXPECT_TRUE(Filter::Parse(Repeated("reach=1 ", 256), &TestSchema()).ok());
  EXPECT_THAT(ErrorOf(Repeated("reach=1 ", 257)), HasSubstr("compares more than 256 times"));
}

TEST(Error, ShortensWhatItQuotes) {
  EXPECT_LT(ErrorOf(absl::StrCat("reach=", Repeated("x", 5000))).size(), 300u);
  EXPECT_LT(ErrorOf(absl::StrCat("attributes=\"", Repeated("x", 5000), "\"")).size(), 300u);
}

}  // namespace
}  // namespace waymark::filter
