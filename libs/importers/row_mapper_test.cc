#include "libs/importers/row_mapper.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/importers/test_support.h"

namespace waymark::importers {
namespace {

using feedback::v1::Answer;
using feedback::v1::Signal;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kSurvey[] = R"(
kind: survey
source: s
event_time: {column: day, zone: UTC}
external_id: id
questions:
  - {column: score, type: rating, scale: {min: 1, max: 5}, blank: [0], not_applicable: [6]}
)";

constexpr char kEvents[] = R"(
kind: interaction
source: e
event_time: {column: at, zone: UTC}
external_id: hash
customer: user
interaction: {activity: what}
)";

const Answer& FirstAnswer(const Signal& signal) { return signal.survey_response().answers(0); }

TEST(RowMapper, RatingsKeepTheirScaleAndCodesAreNoRatings) {
  const auto result = ReadCsv(
      "id,day,score\n1,2024-01-01,4\n2,2024-01-01,0\n3,2024-01-01,6\n4,2024-01-01,\n"
      "5,2024-01-01,9\n",
      kSurvey);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_THAT(result->signals, SizeIs(5));
  EXPECT_EQ(FirstAnswer(result->signals[0]).number(), 4);
  EXPECT_EQ(FirstAnswer(result->signals[0]).scale().max(), 5);
  EXPECT_EQ(FirstAnswer(result->signals[1]).value_case(), Answer::VALUE_NOT_SET);
  EXPECT_FALSE(FirstAnswer(result->signals[1]).not_applicable());
  EXPECT_TRUE(FirstAnswer(result->signals[2]).not_applicable());
  EXPECT_THAT(result->signals[3].survey_response().answers(), IsEmpty());
  // Off its scale, which is for the service to quarantine.
  EXPECT_EQ(FirstAnswer(result->signals[4]).number(), 9);
}

TEST(RowMapper, NamesEverythingThatIsWrongWithARow) {
  const auto result = ReadCsv("id,day,score\n,tomorrow,good\n7,2024-01-01,5\n", kSurvey);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->errors, ElementsAre(AllOf(HasSubstr("1: external_id is empty"),
                                                HasSubstr("event_time 'tomorrow'"),
                                                HasSubstr("score: 'good' is not a number"))));
  EXPECT_THAT(result->signals, SizeIs(1));
}

TEST(RowMapper, MissingColumnsStopBeforeTheFirstRowAndListTheFiles) {
  const auto result = ReadCsv("id,date,rating,note\n1,2024-01-01,4,x\n", kSurvey);
  EXPECT_TRUE(absl::IsInvalidArgument(result.status()));
  EXPECT_THAT(result.status().message(),
              AllOf(HasSubstr("lacks the columns 'day', 'score'"),
                    HasSubstr("its columns are: id, date, rating, note")));
}

TEST(RowMapper, OptionalColumnsMayBeMissing) {
  const auto result = ReadCsv("id,day\n1,2024-01-01\n", absl::StrCat(kSurvey, R"(
    optional: true
)"));
  EXPECT_FALSE(result.ok());  // The flow map of the question is closed: nothing can be added to it.
  const auto mapping = Mapping::Parse(kSurvey, "m", {{"questions.score.optional", "true"}});
  ASSERT_TRUE(mapping.ok());
  const TempFile file("id,day\n1,2024-01-01\n");
  const auto read = ReadAll(Format::kCsv, file.path(), {.mapping = *mapping});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->signals.at(0).survey_response().answers(), IsEmpty());
}

TEST(RowMapper, MappedColumnThatIsThereTwiceIsRefused) {
  EXPECT_THAT(ReadCsv("id,day,score,score\n1,2024-01-01,4,5\n", kSurvey).status().message(),
              HasSubstr("has twice the column 'score'"));
  EXPECT_TRUE(ReadCsv("id,day,score,x,x\n1,2024-01-01,4,5,6\n", kSurvey).ok());
}

TEST(RowMapper, AliasesNameColumnsOfOtherFiles) {
  const auto result = ReadCsv("*ID,day,score\n1,2024-01-01,4\n",
                              absl::StrCat(kSurvey, "aliases: {id: [\"*ID\"]}\n"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->signals.at(0).external_id(), "1");
}

TEST(RowMapper, FillsTheFieldsOfTheKind) {
  const auto result = ReadCsv("at,user,what,price,how,n\n2024-01-01,u,buy,19.99,Bought,5\n", R"(
kind: interaction
source: e
event_time: {column: at, zone: UTC}
external_id: [user, n]
customer: user
sequence: n
interaction:
  activity: what
  revenue: {column: price, currency: EUR}
  outcome: {column: how, values: {Bought: converted}}
  channel: {template: web}
)");
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_THAT(result->errors, IsEmpty());
  const Signal& signal = result->signals.at(0);
  EXPECT_EQ(signal.external_id(), "u/5");
  EXPECT_EQ(signal.sequence(), 5);
  EXPECT_EQ(signal.interaction().channel(), "web");
  EXPECT_EQ(signal.interaction().outcome(), feedback::v1::Interaction::OUTCOME_CONVERTED);
  EXPECT_EQ(signal.interaction().revenue().micros(), 19990000);
  EXPECT_EQ(signal.interaction().revenue().currency_code(), "EUR");
}

TEST(RowMapper, ReadsChatSocialAndStaff) {
  const std::string head = "source: x\nevent_time: {column: at, zone: UTC}\nexternal_id: hash\n";
  const auto chat = ReadCsv("at,c,a,t\n2024-01-01,7,C,hello\n2024-01-01,7,robot,hi\n",
                            head +
                                "kind: chat\nchat: {conversation: c, author: {column: a, "
                                "values: {C: customer}}, text: t}\n");
  ASSERT_TRUE(chat.ok()) << chat.status();
  EXPECT_EQ(chat->signals.at(0).chat_message().author(),
            feedback::v1::ChatMessage::AUTHOR_CUSTOMER);
  EXPECT_THAT(chat->errors,
              ElementsAre(HasSubstr("2: author: 'robot' is none of customer, agent, bot")));
  const auto social = ReadCsv("at,n,t,r\n2024-01-01,mastodon,nice,120\n",
                              head + "kind: social\nsocial: {network: n, text: t, reach: r}\n");
  ASSERT_TRUE(social.ok()) << social.status();
  EXPECT_EQ(social->signals.at(0).social_mention().reach(), 120);
  const auto staff =
      ReadCsv("at,o,s,until\n2024-01-01,ann,LEAVING,2024-06-01\n",
              head + "kind: staff\nstaff: {observer: o, stance: s, expire_time: until}\n");
  ASSERT_TRUE(staff.ok()) << staff.status();
  EXPECT_EQ(staff->signals.at(0).staff_observation().stance(),
            feedback::v1::StaffObservation::STANCE_LEAVING);
  EXPECT_EQ(staff->signals[0].staff_observation().expire_time().seconds(), 1717200000);
}

TEST(RowMapper, ReadsAnswersOfEveryType) {
  const auto result = ReadCsv("id,day,t,b,c,m1,m2\n1,2024-01-01,\"it's, fine\",Y,red,x,\n", R"(
kind: survey
source: s
event_time: {column: day, zone: UTC}
external_id: id
questions:
  - {column: t, type: text, text: "What of {c}?"}
  - {column: b, type: boolean}
  - {column: c, type: choice, values: {red: Red}}
  - {id: m, columns: [m1, m2], type: multiple_choice}
)");
  ASSERT_TRUE(result.ok()) << result.status();
  const auto& answers = result->signals.at(0).survey_response().answers();
  ASSERT_THAT(answers, SizeIs(4));
  EXPECT_EQ(answers[0].text(), "it's, fine");
  EXPECT_EQ(answers[0].question_text(), "What of red?");
  EXPECT_TRUE(answers[1].boolean());
  EXPECT_THAT(answers[2].choices().options(), ElementsAre("Red"));
  EXPECT_EQ(answers[3].question(), "m");
  EXPECT_THAT(answers[3].choices().options(), ElementsAre("x"));
}

constexpr char kWideSurvey[] = R"(
kind: survey
source: s
event_time: {column: day, zone: UTC}
external_id: id
questions:
  - {id: areas, type: matrix, rows: {food: q1, shops: q2, wifi: q3}, scale: {min: 1, max: 5},
     blank: [0], not_applicable: [6], values: {five: 5}, optional: true, text: "How were they?",
     version: "{wave}"}
  - {id: plans, type: matrix, rows: {car: c}}
  - {id: order, columns: [r1, r2], type: ranking}
  - {column: visited, type: date, formats: ["%d/%m/%Y", iso]}
)";

TEST(RowMapper, ReadsTheRowsOfAMatrix) {
  const auto result = ReadCsv(
      "id,day,wave,q1,q2,q3,c,r1,r2,visited\n"
      "1,2024-01-01,w2,five,6,0,rent,x,y,29/02/2024\n"
      "2,2024-01-01,w2,,,,,,,2024-03-01\n"
      "3,2024-01-01,w2,lots,2,,,,,\n"
      "4,2024-01-01,w2,1,,,,,,30/02/2024\n",
      kWideSurvey);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->errors, ElementsAre(HasSubstr("3: areas/food: 'lots'"),
                                          HasSubstr("4: visited: '30/02/2024'")));
  const auto& answers = result->signals.at(0).survey_response().answers();
  ASSERT_THAT(answers, SizeIs(4));
  EXPECT_EQ(answers[0].type(), feedback::v1::QUESTION_TYPE_MATRIX);
  EXPECT_EQ(answers[0].question_version(), "w2");
  ASSERT_THAT(answers[0].matrix().rows(), SizeIs(3));
  EXPECT_EQ(answers[0].matrix().rows(0).row(), "food");
  EXPECT_EQ(answers[0].matrix().rows(0).number(), 5);
  EXPECT_TRUE(answers[0].matrix().rows(1).not_applicable());
  EXPECT_EQ(answers[0].matrix().rows(2).value_case(), feedback::v1::MatrixRow::VALUE_NOT_SET);
  EXPECT_EQ(answers[1].matrix().rows(0).option(), "rent");
  EXPECT_THAT(answers[2].choices().options(), ElementsAre("x", "y"));
  EXPECT_EQ(answers[3].date().ShortDebugString(), "year: 2024 month: 2 day: 29");
  const auto& blank = result->signals.at(1).survey_response().answers();
  ASSERT_THAT(blank, SizeIs(1));
  EXPECT_EQ(blank[0].date().month(), 3);
}

TEST(RowMapper, RowsOfAnOptionalMatrixMayBeMissing) {
  const auto result =
      ReadCsv("id,day,wave,q2,c,r1,r2,visited\n1,2024-01-01,w,4,,,,\n", kWideSurvey);
  ASSERT_TRUE(result.ok()) << result.status();
  const auto& answers = result->signals.at(0).survey_response().answers();
  ASSERT_THAT(answers, SizeIs(1));
  ASSERT_THAT(answers[0].matrix().rows(), SizeIs(1));
  EXPECT_EQ(answers[0].matrix().rows(0).row(), "shops");
  EXPECT_THAT(ReadCsv("id,day,wave,q2,r1,r2,visited\n", kWideSurvey).status().message(),
              HasSubstr("lacks the column 'c'"));
}

TEST(RowMapper, ARowOfAChatWithARatingIsARating) {
  const auto chat = ReadCsv(
      "at,c,a,t,stars\n2024-01-01,7,customer,hello,\n"
      "2024-01-01,7,customer,,4\n",
      R"(
kind: chat
source: x
event_time: {column: at, zone: UTC}
external_id: hash
chat: {conversation: c, author: a, text: t}
questions: [{id: chat-csat, column: stars, type: csat}]
)");
  ASSERT_TRUE(chat.ok()) << chat.status();
  EXPECT_THAT(chat->errors, IsEmpty());
  EXPECT_FALSE(chat->signals.at(0).chat_message().has_rating());
  const auto& rated = chat->signals.at(1).chat_message();
  EXPECT_EQ(rated.event(), feedback::v1::ChatMessage::EVENT_RATED);
  EXPECT_EQ(rated.rating().question(), "chat-csat");
  EXPECT_EQ(rated.rating().number(), 4);
}

TEST(RowMapper, SkipsWhatTheMappingSkipsAndEmptyRows) {
  const auto result = ReadCsv("at,user,what\n2024-01-01,u,go\n,,\n2024-01-01,bot,go\n",
                              absl::StrCat(kEvents, "skip: [{column: user, values: [bot]}]\n"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->signals, SizeIs(1));
  EXPECT_THAT(result->errors, IsEmpty());
  EXPECT_THAT(result->warnings, ElementsAre(HasSubstr("2 rows were empty or skipped")));
}

TEST(RowMapper, RepeatsGetIdsOfTheirOwnWhateverTheUnmappedColumnsHold) {
  const std::string rows = "2024-01-01,u,go,1\n2024-01-01,u,go,2\n2024-01-01,u,stop,3\n";
  const auto first = ReadCsv("at,user,what,n\n" + rows, kEvents);
  const auto again = ReadCsv("n,what,user,at\n1,go,u,2024-01-01\n2,go,u,2024-01-01\n", kEvents);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(first->signals.at(0).external_id().substr(0, 32),
            first->signals.at(1).external_id().substr(0, 32));
  EXPECT_NE(first->signals[0].external_id(), first->signals[1].external_id());
  EXPECT_NE(first->signals[0].external_id().substr(0, 32),
            first->signals.at(2).external_id().substr(0, 32));
  EXPECT_EQ(first->signals[1].external_id(), again->signals.at(1).external_id());
}

TEST(RowMapper, CaseColumnTakesThePlaceOfTheCustomer) {
  const auto result = ReadCsv("at,user,what,order\n2024-01-01,u,go,o7\n", kEvents, "order");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->signals.at(0).customer(), "o7");
  EXPECT_THAT(ReadCsv("at,user,what\n2024-01-01,u,go\n", kEvents, "order").status().message(),
              HasSubstr("lacks the column 'order'"));
}

TEST(RowMapper, TextOfTenMegabytesIsAnErrorOfItsRow) {
  const auto result = ReadCsv(absl::StrCat("at,user,what\n2024-01-01,u,",
                                           std::string(10 << 20, 'x'), "\n2024-01-01,u,go\n"),
                              kEvents);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->errors, ElementsAre(AllOf(HasSubstr("1: the signal would have 10485"),
                                                HasSubstr("column 'what' holds 10485760"))));
  EXPECT_THAT(result->signals, SizeIs(1));
}

TEST(RowMapper, EventTimeTakesTheFirstRuleWhoseColumnsTheFileHas) {
  const std::string mapping = R"(
kind: interaction
source: e
event_time:
  - {column: at, if_columns: [v2], zone: UTC}
  - {template: "2020-05-{day}", zone: UTC}
external_id: hash
interaction: {activity: what}
)";
  const auto old_file = ReadCsv("day,at,what\n7,2024-01-01,go\n", mapping);
  ASSERT_TRUE(old_file.ok()) << old_file.status();
  EXPECT_EQ(old_file->signals.at(0).event_time().seconds(), 1588809600);
  const auto new_file = ReadCsv("v2,at,what\n1,2024-01-01,go\n", mapping);
  ASSERT_TRUE(new_file.ok()) << new_file.status();
  EXPECT_EQ(new_file->signals.at(0).event_time().seconds(), 1704067200);
  EXPECT_THAT(ReadCsv("what\ngo\n", mapping).status().message(),
              HasSubstr("lacks the column 'day'"));
}

TEST(RowMapper, WarnsOfTimesWithoutZoneAndOfConstantTimes) {
  const std::string rest =
      "kind: interaction\nsource: e\nexternal_id: hash\ninteraction: {activity: what}\n";
  EXPECT_THAT(ReadCsv("at,what\n2024-01-01,go\n", rest + "event_time: at\n")->warnings,
              ElementsAre(HasSubstr("taken as UTC")));
  EXPECT_THAT(ReadCsv("at,what\n2024-01-01T00:00:00Z,go\n", rest + "event_time: at\n")->warnings,
              IsEmpty());
  EXPECT_THAT(
      ReadCsv("what\ngo\n", rest + "event_time: {template: 2024-01-01, zone: UTC}\n")->warnings,
      ElementsAre(HasSubstr("same event time")));
}

TEST(RowMapper, NeedsASourceAndAMapping) {
  const TempFile file("at,user,what\n2024-01-01,u,go\n");
  EXPECT_THAT(ReadAll(Format::kCsv, file.path(), {}).status().message(),
              HasSubstr("needs a mapping"));
  auto mapping = Mapping::Parse(kEvents, "m");
  ASSERT_TRUE(mapping.ok());
  mapping->source.clear();
  EXPECT_THAT(ReadAll(Format::kCsv, file.path(), {.mapping = *mapping}).status().message(),
              HasSubstr("has no source"));
  const auto named = ReadAll(Format::kCsv, file.path(), {.mapping = *mapping, .source = "mine"});
  EXPECT_EQ(named->signals.at(0).source(), "mine");
}

}  // namespace
}  // namespace waymark::importers
