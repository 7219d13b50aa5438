#include "services/cli/signal_text.h"

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "libs/filter/filter.h"
#include "libs/filter/schema.h"
#include "services/cli/table.h"

namespace waymark::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::Pair;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

std::string Summary(const std::string& text) {
  return SummaryOf(Parse<feedback::v1::Signal>(text));
}

TEST(SignalTextTest, ASurveyIsItsFirstRatingsAndWords) {
  EXPECT_EQ(Summary(R"(survey_response {
      answers { question: "why" text: "Friendly staff" }
      answers { question: "nps" number: 9 }
      answers { question: "blank" }
      answers { question: "again" boolean: true }
      answers { question: "ways" choices { options: "web" options: "shop" } }
      answers { question: "more" number: 4.5 }
      answers { question: "most" number: 1 } })"),
            "nps 9, again yes, ways web, shop +2, \"Friendly staff\"");
  EXPECT_EQ(Summary("survey_response { completion: COMPLETION_DECLINED }"), "declined");
  EXPECT_EQ(Summary("survey_response {}"), "");
}

TEST(SignalTextTest, OtherKindsSayWhoAndWhat) {
  EXPECT_EQ(Summary(R"(chat_message { author: AUTHOR_AGENT event: EVENT_RESOLVED text: "Done" })"),
            "agent [resolved] \"Done\"");
  EXPECT_EQ(Summary(R"(chat_message { author: AUTHOR_CUSTOMER event: EVENT_RATED
                                      rating { number: 4 } })"),
            "customer [rated] 4");
  EXPECT_EQ(
      Summary(R"(social_mention { network: "mastodon" post_type: POST_TYPE_REPLY text: "x" })"),
      "mastodon reply \"x\"");
  EXPECT_EQ(Summary(R"(interaction { activity: "checkout" channel: "web" outcome: OUTCOME_CONVERTED
                                     revenue { currency_code: "EUR" micros: 9500000 } })"),
            "checkout converted EUR 9.50 (web)");
  EXPECT_EQ(Summary(R"(staff_observation { observer: "eve" department: "sales"
                                           stance: STANCE_AT_RISK statement: "Annoyed" })"),
            "sales at risk \"Annoyed\"");
  EXPECT_EQ(Summary(""), "");
}

TEST(SignalTextTest, DetailsLeaveOutWhatIsNotGiven) {
  const Details details = DetailsOf(Parse<feedback::v1::StoredSignal>(R"(
      signal { source: "web" external_id: "a" event_time { seconds: 60 } customer: "ann"
               attributes { key: "segment" value: "smb" }
               survey_response {
                 answers { question: "nps" number: 9 question_text: "Would you?" }
                 answers { question: "grid" matrix { rows { row: "a" number: 2 }
                                                     rows { row: "b" not_applicable: true } } } } }
      enrichment { placements { touchpoint: "desk" question: "nps" } })"));
  EXPECT_THAT(details, Contains(Pair("event time", "1970-01-01T00:01:00Z")));
  EXPECT_THAT(details, Contains(Pair("touchpoint", "desk (nps)")));
  EXPECT_THAT(details, Contains(Pair("attributes.segment", "smb")));
  EXPECT_THAT(details, Contains(Pair("nps", "9 — Would you?")));
  EXPECT_THAT(details, Contains(Pair("grid", "a 2, b not applicable")));
  EXPECT_THAT(details, Not(Contains(Pair("account", ::testing::_))));
}

TEST(SignalTextTest, AConversationSaysWhoWaited) {
  const Details details = DetailsOf(Parse<feedback::v1::Conversation>(R"(
      source: "inbox" conversation: "c" customer_messages: 3
      first_response_time { seconds: 90 } waiting_time { seconds: 120 }
      resolutions { time { seconds: 60 } agent: "bob" rating { number: 5 } reopened: true })"));
  EXPECT_THAT(details, Contains(Pair("state", "resolved")));
  EXPECT_THAT(details, Contains(Pair("first response after", "1.5 min")));
  EXPECT_THAT(details,
              Contains(Pair("resolved", "1970-01-01 00:01, by bob, rated 5, opened again")));
}

TEST(SignalTextTest, ALiteralMeansItsTextWhateverItHolds) {
  EXPECT_EQ(FilterLiteral("ann"), R"("ann")");
  const filter::Schema schema({{"customer"}});
  for (const std::string text : {"ann", "a\"b", "a\\", "*", "a*b*", "tab\tline\n\r", "'", "ä 服",
                                 "x AND customer = y", "\\n"}) {
    const auto parsed = filter::Filter::Parse("customer = " + FilterLiteral(text), &schema);
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    EXPECT_EQ(parsed->RequiredEqual(0), text);
  }
}

TEST(SignalTextTest, LongTextsAreCutAtTheirColumns) {
  EXPECT_EQ(Cut("short", 5), "short");
  EXPECT_EQ(Cut("a long text", 6), "a lon…");
  EXPECT_EQ(Cut("a long text", 7), "a long…");
  EXPECT_EQ(Cut("服务很差", 5), "服务…");
  EXPECT_EQ(Cut("two\nlines", 20), "two lines");
}

}  // namespace
}  // namespace waymark::cli
