#include "services/feedback/validation.h"

#include <cmath>
#include <functional>
#include <limits>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark::feedback {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<std::string> Reasons(const v1::Signal& signal) {
  std::vector<std::string> reasons;
  ValidateSignal(signal, signal.ByteSizeLong(), &reasons);
  return reasons;
}

v1::Signal Base() {
  v1::Signal signal;
  signal.set_source("sfo-2017");
  signal.set_external_id("1");
  signal.mutable_event_time()->set_seconds(1'500'000'000);
  return signal;
}

v1::Signal Interaction() {
  v1::Signal signal = Base();
  signal.mutable_interaction()->set_activity("visit");
  return signal;
}

v1::Signal WithAnswer(const std::function<void(v1::Answer*)>& fill) {
  v1::Signal signal = Base();
  v1::Answer* answer = signal.mutable_survey_response()->add_answers();
  answer->set_question("Q1");
  fill(answer);
  return signal;
}

v1::Signal Rated(v1::QuestionType type, double number) {
  return WithAnswer([&](v1::Answer* answer) {
    answer->set_type(type);
    answer->set_number(number);
  });
}

TEST(ValidationTest, AcceptsEveryKindOfSignal) {
  v1::Signal chat = Base(), social = Base(), staff = Base(), tombstone = Base();
  chat.mutable_chat_message()->set_conversation("c");
  chat.mutable_chat_message()->set_author(v1::ChatMessage::AUTHOR_CUSTOMER);
  social.mutable_social_mention()->set_network("mastodon");
  staff.mutable_staff_observation()->set_observer("e1");
  tombstone.set_deleted(true);
  for (const v1::Signal& signal :
       {Interaction(), chat, social, staff, tombstone, Rated(v1::QUESTION_TYPE_NPS, 10)}) {
    EXPECT_THAT(Reasons(signal), IsEmpty()) << signal.ShortDebugString();
  }
}

TEST(ValidationTest, NamesEachThingThatIsWrongWithItsValue) {
  v1::Signal signal = Interaction();
  signal.set_source("no spaces");
  signal.clear_external_id();
  signal.clear_event_time();
  signal.set_revision(-1);
  EXPECT_THAT(Reasons(signal),
              ElementsAre(StartsWith("source: 'no spaces'"), StartsWith("external_id: missing"),
                          StartsWith("revision: -1"), StartsWith("event_time: missing")));
}

TEST(ValidationTest, RequiresAKindUnlessDeleted) {
  EXPECT_THAT(Reasons(Base()), ElementsAre(StartsWith("kind: missing")));
}

TEST(ValidationTest, RatingsKeepTheirDefaultScales) {
  EXPECT_THAT(Reasons(Rated(v1::QUESTION_TYPE_NPS, 0)), IsEmpty());
  EXPECT_THAT(Reasons(Rated(v1::QUESTION_TYPE_CSAT, 5)), IsEmpty());
  EXPECT_THAT(Reasons(Rated(v1::QUESTION_TYPE_CES, 7)), IsEmpty());
  EXPECT_THAT(Reasons(Rated(v1::QUESTION_TYPE_NPS, 11)),
              ElementsAre(AllOf(HasSubstr("answers[0].number: 11"), HasSubstr("0-10"))));
  EXPECT_THAT(Reasons(Rated(v1::QUESTION_TYPE_CSAT, 0)), ElementsAre(HasSubstr("1-5")));
  EXPECT_THAT(Reasons(Rated(v1::QUESTION_TYPE_CES, 8)), ElementsAre(HasSubstr("1-7")));
  EXPECT_THAT(Reasons(Rated(v1::QUESTION_TYPE_RATING, 3)), ElementsAre(HasSubstr("scale")));
  EXPECT_THAT(Reasons(Rated(v1::QUESTION_TYPE_NPS, std::nan(""))), SizeIs(1));
}

TEST(ValidationTest, NamesEachAnswerOffItsScale) {
  v1::Signal signal = Rated(v1::QUESTION_TYPE_NPS, 11);
  v1::Answer* second = signal.mutable_survey_response()->add_answers();
  *second = signal.survey_response().answers(0);
  second->set_question("Q2");
  second->set_number(-1);
  EXPECT_THAT(Reasons(signal), ElementsAre(HasSubstr("'Q1'"), HasSubstr("'Q2'")));
}

TEST(ValidationTest, NpsIsAskedOnZeroToTen) {
  v1::Signal signal = Rated(v1::QUESTION_TYPE_NPS, 5);
  v1::Scale* scale = signal.mutable_survey_response()->mutable_answers(0)->mutable_scale();
  scale->set_min(1);
  scale->set_max(5);
  EXPECT_THAT(Reasons(signal), ElementsAre(HasSubstr("0-10")));
}

TEST(ValidationTest, RefusesAScaleThatIsNone) {
  for (const auto& [min, max] : std::vector<std::pair<double, double>>{
           {5, 5}, {5, 1}, {0, std::numeric_limits<double>::infinity()}, {std::nan(""), 1}}) {
    v1::Signal signal = Rated(v1::QUESTION_TYPE_RATING, 5);
    v1::Scale* scale = signal.mutable_survey_response()->mutable_answers(0)->mutable_scale();
    scale->set_min(min);
    scale->set_max(max);
    EXPECT_THAT(Reasons(signal), SizeIs(1)) << min << " " << max;
  }
}

TEST(ValidationTest, BlankAndNotApplicableAreNoRatings) {
  EXPECT_THAT(
      Reasons(WithAnswer([](v1::Answer* answer) { answer->set_type(v1::QUESTION_TYPE_NPS); })),
      IsEmpty());
  v1::Signal contradictory = Rated(v1::QUESTION_TYPE_NPS, 5);
  contradictory.mutable_survey_response()->mutable_answers(0)->set_not_applicable(true);
  EXPECT_THAT(Reasons(contradictory), ElementsAre(HasSubstr("not_applicable")));
}

TEST(ValidationTest, AValueMustSuitItsQuestionsType) {
  EXPECT_THAT(Reasons(WithAnswer([](v1::Answer* answer) {
                answer->set_type(v1::QUESTION_TYPE_NPS);
                answer->set_text("ten, says jane@example.com");
              })),
              ElementsAre(AllOf(HasSubstr("NPS"), Not(HasSubstr("jane")))));
  EXPECT_THAT(Reasons(WithAnswer([](v1::Answer* answer) {
                answer->set_type(v1::QUESTION_TYPE_CHOICE);
                answer->mutable_choices()->add_options("a");
                answer->mutable_choices()->add_options("b");
              })),
              SizeIs(1));
}

TEST(ValidationTest, AnswersEachQuestionOnce) {
  for (const int answers : {2, 40}) {
    v1::Signal signal = Base();
    for (int i = 0; i < answers; ++i) {
      v1::Answer* answer = signal.mutable_survey_response()->add_answers();
      answer->set_question(absl::StrCat("Q", i == answers - 1 ? 0 : i));
      answer->set_text("x");
    }
    EXPECT_THAT(Reasons(signal), ElementsAre(HasSubstr("more than once"))) << answers;
  }
}

TEST(ValidationTest, BoundsTextsSignalsAndAttributes) {
  const auto text = [](size_t bytes) {
    return WithAnswer([&](v1::Answer* answer) { answer->set_text(std::string(bytes, 'x')); });
  };
  EXPECT_THAT(Reasons(text(kMaxTextBytes)), IsEmpty());
  EXPECT_THAT(Reasons(text(kMaxTextBytes + 1)), ElementsAre(HasSubstr("65537 bytes")));
  EXPECT_THAT(Reasons(text(kMaxSignalBytes)), SizeIs(2));

  v1::Signal signal = Interaction();
  for (int i = 0; i < 64; ++i) signal.add_attributes()->set_key(absl::StrCat("k", i));
  EXPECT_THAT(Reasons(signal), IsEmpty());
  signal.mutable_attributes(5)->set_key("k4");
  EXPECT_THAT(Reasons(signal), ElementsAre(HasSubstr("'k4'")));
  signal.add_attributes()->set_key("one more");
  EXPECT_THAT(Reasons(signal), ElementsAre(HasSubstr("65 given")));
}

TEST(ValidationTest, RefusesTimesThatAreNone) {
  for (const auto& [seconds, nanos] :
       std::vector<std::pair<int64_t, int>>{{253402300800, 0}, {-62135596801, 0}, {0, -1}}) {
    v1::Signal signal = Interaction();
    signal.mutable_event_time()->set_seconds(seconds);
    signal.mutable_event_time()->set_nanos(nanos);
    EXPECT_THAT(Reasons(signal), ElementsAre(StartsWith("event_time")));
  }
}

TEST(ValidationTest, RefusesUnknownValuesOfEnums) {
  v1::Signal interaction = Interaction();
  interaction.mutable_interaction()->set_outcome(static_cast<v1::Interaction::Outcome>(77));
  EXPECT_THAT(Reasons(interaction), ElementsAre(StartsWith("interaction.outcome: 77")));
  EXPECT_THAT(Reasons(Rated(static_cast<v1::QuestionType>(77), 1)), ElementsAre(HasSubstr("77")));
  v1::Signal chat = Base();
  chat.mutable_chat_message()->set_conversation("c");
  EXPECT_THAT(Reasons(chat), ElementsAre(StartsWith("chat_message.author: missing")));
}

v1::Signal Chat(v1::ChatMessage::Event event) {
  v1::Signal signal = Base();
  signal.mutable_chat_message()->set_conversation("c");
  signal.mutable_chat_message()->set_author(v1::ChatMessage::AUTHOR_CUSTOMER);
  signal.mutable_chat_message()->set_event(event);
  return signal;
}

TEST(ValidationTest, ARatedChatNeedsARatingAndNoOtherHasOne) {
  EXPECT_THAT(Reasons(Chat(v1::ChatMessage::EVENT_RATED)),
              ElementsAre(StartsWith("chat_message.rating: missing")));
  for (const auto event : {v1::ChatMessage::EVENT_UNSPECIFIED, v1::ChatMessage::EVENT_RESOLVED,
                           v1::ChatMessage::EVENT_RATED}) {
    v1::Signal signal = Chat(event);
    signal.mutable_chat_message()->mutable_rating()->set_question("csat");
    signal.mutable_chat_message()->mutable_rating()->set_number(5);
    if (event == v1::ChatMessage::EVENT_RATED) {
      EXPECT_THAT(Reasons(signal), IsEmpty());
    } else {
      EXPECT_THAT(Reasons(signal), ElementsAre(HasSubstr("only EVENT_RATED")));
    }
  }
}

TEST(ValidationTest, ARatingOfAChatIsCheckedAsAnAnswerOfCsat) {
  v1::Signal signal = Chat(v1::ChatMessage::EVENT_RATED);
  signal.mutable_chat_message()->mutable_rating()->set_number(6);
  EXPECT_THAT(Reasons(signal),
              ElementsAre(StartsWith("chat_message.rating.question: missing"),
                          AllOf(StartsWith("chat_message.rating.number: 6"), HasSubstr("1-5"))));
}

TEST(ValidationTest, BoundsTeamsAndRepliedPosts) {
  v1::Signal chat = Chat(v1::ChatMessage::EVENT_TRANSFERRED);
  chat.mutable_chat_message()->set_team(std::string(128, 't'));
  EXPECT_THAT(Reasons(chat), IsEmpty());
  chat.mutable_chat_message()->set_team(std::string(129, 't'));
  EXPECT_THAT(Reasons(chat), ElementsAre(StartsWith("chat_message.team: 129 bytes")));
  v1::Signal social = Base();
  social.mutable_social_mention()->set_network("mastodon");
  social.mutable_social_mention()->set_in_reply_to(std::string(256, 'p'));
  EXPECT_THAT(Reasons(social), IsEmpty());
  social.mutable_social_mention()->set_in_reply_to(std::string(257, 'p'));
  EXPECT_THAT(Reasons(social), ElementsAre(StartsWith("social_mention.in_reply_to: 257 bytes")));
}

TEST(ValidationTest, ChecksMoneyAndConfidence) {
  v1::Signal interaction = Interaction();
  interaction.mutable_interaction()->mutable_revenue()->set_currency_code("euro");
  EXPECT_THAT(Reasons(interaction), ElementsAre(HasSubstr("'euro'")));
  v1::Signal staff = Base();
  staff.mutable_staff_observation()->set_observer("e");
  staff.mutable_staff_observation()->set_confidence(std::nan(""));
  EXPECT_THAT(Reasons(staff), ElementsAre(HasSubstr("confidence")));
}

TEST(ValidationTest, ARevisionOfACatalogueLeavesRoomForTheNextOnes) {
  const auto reasons_of = [](int64_t revision) {
    v1::TouchpointCatalogue catalogue;
    catalogue.set_revision(revision);
    std::vector<std::string> reasons;
    ValidateCatalogue(catalogue, &reasons);
    return reasons;
  };
  EXPECT_THAT(reasons_of(1), IsEmpty());
  EXPECT_THAT(reasons_of(kMaxCatalogueRevision), IsEmpty());
  for (const int64_t revision : {int64_t{0}, kMaxCatalogueRevision + 1, INT64_MAX, INT64_MIN}) {
    EXPECT_THAT(reasons_of(revision), ElementsAre(HasSubstr("revision"))) << revision;
  }
}

}  // namespace
}  // namespace waymark::feedback
