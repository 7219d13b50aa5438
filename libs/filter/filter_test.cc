#include "libs/filter/filter.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/filter/test_records.h"

namespace waymark::filter {
namespace {

using ::testing::Eq;
using ::testing::Optional;

Filter Parsed(absl::string_view text) {
  const auto filter = Filter::Parse(text, &TestSchema());
  EXPECT_TRUE(filter.ok()) << text << ": " << filter.status();
  return filter.ok() ? *filter : Filter();
}

std::string Canonical(absl::string_view text) { return Parsed(text).ToString(); }

bool Matches(absl::string_view text, const TestRecord& record) {
  return Parsed(text).Matches(record);
}

TestRecord With(TestField field, TestRecord::Owned value, std::string member = "") {
  return TestRecord({{{field, std::move(member)}, std::move(value)}});
}

TEST(Parse, EmptyHoldsForEverything) {
  for (const char* text : {"", "  \t\n"}) {
    EXPECT_TRUE(Parsed(text).empty());
    EXPECT_TRUE(Matches(text, TestRecord()));
    EXPECT_EQ(Canonical(text), "");
  }
}

TEST(Parse, OrBindsTighterThanAnd) {
  EXPECT_EQ(Parsed("reach=1 AND reach=2 OR reach=3"), Parsed("reach=1 AND (reach=2 OR reach=3)"));
  EXPECT_NE(Parsed("reach=1 AND reach=2 OR reach=3"), Parsed("(reach=1 AND reach=2) OR reach=3"));
  EXPECT_EQ(Parsed("reach=1 OR reach=2 AND reach=3"), Parsed("(reach=1 OR reach=2) AND reach=3"));
}

TEST(Parse, SequenceMeansAnd) {
  EXPECT_EQ(Parsed("reach=1 reach=2 AND reach=3"), Parsed("reach=1 AND reach=2 AND reach=3"));
  EXPECT_EQ(Parsed("reach=1 reach=2 OR reach=3"), Parsed("reach=1 AND (reach=2 OR reach=3)"));
  EXPECT_EQ(Parsed("(reach=1)(reach=2)"), Parsed("reach=1 reach=2"));
}

TEST(Parse, NotAndMinusNegateTheNextOnly) {
  EXPECT_EQ(Canonical("NOT reach=1 reach=2"), "reach != 1 AND reach = 2");
  EXPECT_EQ(Parsed("-reach=1 OR reach=2"), Parsed("(NOT reach=1) OR reach=2"));
  EXPECT_EQ(Parsed("-(reach=1 reach=2)"), Parsed("NOT (reach=1 AND reach=2)"));
  EXPECT_EQ(Parsed("NOT(reach!=1)"), Parsed("reach=1"));
}

TEST(Parse, SpreadsAComparisonOverAGroup) {
  EXPECT_EQ(Parsed("kind = (SURVEY OR CHAT)"), Parsed("kind=SURVEY OR kind=CHAT"));
  EXPECT_EQ(Parsed("tags:(a b)"), Parsed("tags:a AND tags:b"));
  EXPECT_EQ(Parsed("tags:(a OR -b)"), Parsed("tags:a OR NOT tags:b"));
  EXPECT_EQ(Parsed("reach = (-5 OR 3)"), Parsed("reach=-5 OR reach=3"));
  // != is NOT =, so none of them.
  EXPECT_EQ(Parsed("kind != (SURVEY OR CHAT)"), Parsed("NOT (kind=SURVEY OR kind=CHAT)"));
}

TEST(Parse, TakesEveryFormOfALiteral) {
  EXPECT_EQ(Canonical("source=sfo-2017.v2"), R"(source = "sfo-2017.v2")");
  EXPECT_EQ(Canonical(R"(source='a"b' customer="c'd")"), R"(source = "a\"b" AND customer = "c'd")");
  EXPECT_EQ(Canonical(R"(source="\\ \" \' \* \n \t \r")"), R"(source = "\\ \" ' \* \n \t \r")");
  EXPECT_EQ(Canonical("source = 17"), R"(source = "17")");
  EXPECT_EQ(Canonical("reach >= -9223372036854775808"), "reach >= -9223372036854775808");
  EXPECT_EQ(Canonical("stance<1e3"), "stance < 1000.0");
  EXPECT_EQ(Canonical("finished:true"), "finished = true");
  EXPECT_EQ(Canonical("wait > -1.50s wait < 20s"), "wait > -1.5s AND wait < 20s");
  EXPECT_EQ(Canonical("wait = -0.000001s"), "wait = -0.000001s");
  EXPECT_EQ(Canonical("kind:\"CHAT\""), "kind = \"CHAT\"");
}

TEST(Parse, TakesTimesQuotedOrNot) {
  const std::string utc = R"(event_time >= "2017-05-01T12:00:00Z")";
  for (const char* text :
       {"event_time >= 2017-05-01T12:00:00Z", "event_time>='2017-05-01t12:00:00z'",
        "(event_time>=2017-05-01T14:00:00+02:00)",
        "event_time >= \"2017-05-01T11:30:00.000-00:30\""}) {
    EXPECT_EQ(Canonical(text), utc) << text;
  }
  EXPECT_EQ(Canonical("event_time=1969-12-31T23:59:59.999999Z"),
            R"(event_time = "1969-12-31T23:59:59.999999Z")");
}

TEST(Parse, TakesKeysOfMapsInEveryForm) {
  EXPECT_EQ(Canonical("attributes.segment=smb"), R"(attributes.segment = "smb")");
  EXPECT_EQ(Canonical(R"(attributes."Q 7"=1)"), R"(attributes."Q 7" = 1)");
  EXPECT_EQ(Canonical(R"(attributes.'case:concept:name'="x")"),
            R"(attributes."case:concept:name" = "x")");
  EXPECT_EQ(Canonical("attributes.a.b=1"), R"(attributes."a.b" = 1)");
  EXPECT_EQ(Canonical("attributes.NOT=1"), "attributes.NOT = 1");
  EXPECT_EQ(Canonical(R"(attributes."a*"=1)"), R"(attributes."a\*" = 1)");
  EXPECT_EQ(Canonical("attributes:segment"), "attributes.segment:*");
}

TEST(Parse, CanonicalTextReadsBackTheSame) {
  for (const char* text :
       {"NOT (reach=1 OR (reach=2 reach=3 OR -(reach=4 reach=5)))", "source=\"*\" customer=*a*",
        "source='\\*a*'", "NOT tags:* NOT attributes.x:*", "attributes.x=1.0 attributes.x=\"1\"",
        "attributes.x=true attributes.x='true'", "stance=1e300 stance=-0.0"}) {
    const Filter once = Parsed(text);
    EXPECT_EQ(Parsed(once.ToString()), once) << text << " -> " << once.ToString();
    EXPECT_EQ(Canonical(once.ToString()), once.ToString());
  }
}

TEST(Match, ComparesEveryType) {
  const TestRecord record({{{kSource, ""}, "sfo"},
                           {{kReach, ""}, int64_t{7}},
                           {{kStance, ""}, 0.5},
                           {{kFinished, ""}, true},
                           {{kEventTime, ""}, int64_t{1'000'000}},
                           {{kWait, ""}, int64_t{20'000'000}},
                           {{kKind, ""}, int64_t{2}}});
  for (const char* text :
       {"source=sfo", "source:sfo", "source>=\"sfo\"", "source<t", "reach=7", "reach>6", "reach<=7",
        "stance=0.5", "stance>0", "finished=true", "finished!=false",
        "event_time=1970-01-01T00:00:01Z", "event_time<1970-01-01T00:00:01.000001Z", "wait=20s",
        "wait>19.999999s", "kind=CHAT", "kind!=SURVEY", "kind:*", "NOT customer:*"}) {
    EXPECT_TRUE(Matches(text, record)) << text;
    EXPECT_FALSE(Matches(absl::StrCat("NOT (", text, ")"), record)) << text;
  }
}

TEST(Match, AbsentMakesEveryComparisonFalse) {
  for (const char* text :
       {"source=\"\"", "source=*", "reach=0", "reach<1", "reach>-1", "stance<=0", "finished=false",
        "event_time<2100-01-01T00:00:00Z", "kind:*", "tags:*", "tags:a", "attributes.x:*",
        "attributes.x=0", "attributes.x=false", "attributes.x=\"\""}) {
    EXPECT_FALSE(Matches(text, TestRecord())) << text;
    EXPECT_TRUE(Matches(absl::StrCat("NOT ", text), TestRecord())) << text;
  }
  EXPECT_TRUE(Matches("source != sfo", TestRecord()));
}

TEST(Match, WildcardsStandAtTheEnds) {
  const TestRecord record = With(kSource, "spring-survey");
  for (const char* text : {"source=spring*", "source=\"*survey\"", "source=*g-s*", "source=*",
                           "source:spring*", "source=\"spring-survey*\"", "source != *autumn"}) {
    EXPECT_TRUE(Matches(text, record)) << text;
  }
  for (const char* text : {"source=survey*", "source=*spring", "source=\"spring\\*\"",
                           "source=spring", "source!=spring*"}) {
    EXPECT_FALSE(Matches(text, record)) << text;
  }
  EXPECT_TRUE(Matches(R"(source="a\*")", With(kSource, "a*")));
  EXPECT_TRUE(Matches(R"(source="a\**")", With(kSource, "a*b")));
  EXPECT_FALSE(Matches(R"(source="a\**")", With(kSource, "ab")));
}

TEST(Match, AsksListsForAnElement) {
  const TestRecord record = With(kTags, std::vector<std::string>{"red", "blue"});
  EXPECT_TRUE(Matches("tags:red tags:\"blue\" tags:* tags:b*", record));
  EXPECT_FALSE(Matches("tags:green", record));
  EXPECT_FALSE(Matches("tags:re", record));
  EXPECT_FALSE(Matches("tags:*", With(kTags, std::vector<std::string>{})));
}

TEST(Match, ComparesMapValuesAsTheLiteralLooks) {
  const auto segment = [](TestRecord::Owned value) {
    return With(kAttributes, std::move(value), "x");
  };
  EXPECT_TRUE(Matches("attributes.x = 7", segment("7.0")));
  EXPECT_TRUE(Matches("attributes.x = 7", segment("007")));
  EXPECT_TRUE(Matches("attributes.x > 10", segment("9e1")));
  EXPECT_TRUE(Matches("attributes.x > 1.5", segment(int64_t{2})));
  EXPECT_TRUE(Matches("attributes.x = 9007199254740993", segment("9007199254740993")));
  EXPECT_FALSE(Matches("attributes.x = 9007199254740993", segment("9007199254740992")));
  EXPECT_FALSE(Matches("attributes.x = \"7\"", segment("7.0"))) << "quotes make it text";
  EXPECT_FALSE(Matches("attributes.x > 10", segment("9"))) << "not as text";
  EXPECT_TRUE(Matches("attributes.x > \"10\"", segment("9"))) << "as text";
  EXPECT_FALSE(Matches("attributes.x < 10", segment("unknown")));
  EXPECT_FALSE(Matches("attributes.x < 10", segment("nan")));
  EXPECT_TRUE(Matches("attributes.x = \"7\"", segment(int64_t{7})));
  EXPECT_TRUE(Matches("attributes.x = \"0.5\"", segment(0.5)));
  EXPECT_TRUE(Matches("attributes.x = true", segment("true")));
  EXPECT_TRUE(Matches("attributes.x = true", segment(true)));
  EXPECT_TRUE(Matches("attributes.x = \"false\"", segment(false)));
  EXPECT_FALSE(Matches("attributes.x = true", segment("yes")));
  EXPECT_TRUE(Matches("attributes.x = sm*", segment("smb")));
  EXPECT_TRUE(Matches("attributes.x = b", segment(std::vector<std::string>{"a", "b"})));
  EXPECT_FALSE(Matches("attributes.y:*", segment("1")));
  EXPECT_TRUE(Matches("attributes:x", segment("1")));
}

TEST(RequiredEqual, IsWhatEveryMatchMustHave) {
  const auto customer = [](absl::string_view text) {
    return Parsed(text).RequiredEqual(kCustomer);
  };
  EXPECT_THAT(customer("customer = c1"), Optional(Eq("c1")));
  EXPECT_THAT(customer("reach > 1 AND customer:c1 (source=a OR source=b)"), Optional(Eq("c1")));
  EXPECT_THAT(customer("NOT customer != \"\""), Optional(Eq("")));
  for (const char* text :
       {"", "customer != c1", "customer = c*", "customer > c1", "customer:*", "source = c1",
        "customer = c1 OR customer = c2", "NOT (customer = c1 reach = 1)",
        "(customer = c1 reach = 1) OR reach = 2"}) {
    EXPECT_EQ(customer(text), std::nullopt) << text;
  }
  EXPECT_EQ(Parsed("attributes.x = a").RequiredEqual(kAttributes), std::nullopt);
}

}  // namespace
}  // namespace waymark::filter
