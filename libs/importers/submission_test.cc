#include "libs/importers/submission.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/importers/test_support.h"

namespace waymark::importers {
namespace {

using feedback::v1::Answer;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kMapping[] = R"(
kind: survey
source: s
event_time: {column: day, zone: UTC}
group_by: who
questions:
  - {id: score, column: score, type: rating, scale: {min: 1, max: 5}, blank: [0]}
  - {id: "{asked}", column: said, text: "{asked}", type: text}
attributes: {team: team}
)";

absl::StatusOr<ReadResult> Read(const std::string& rows) {
  return ReadCsv("who,day,score,asked,said,team\n" + rows, kMapping);
}

TEST(Submission, RowsOfOneRespondentAreOneSignalWhereverTheyStand) {
  const auto result = Read(
      "a,2024-01-01,4,Why?,warm,x\n"
      "b,2024-01-01,2,Why?,cold,y\n"
      "a,2024-01-01,4,What else?,wet,x\n");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->errors, IsEmpty());
  ASSERT_THAT(result->signals, SizeIs(2));
  EXPECT_EQ(result->signals[0].external_id(), "a");
  EXPECT_EQ(result->signals[0].sequence(), 1);
  const auto& answers = result->signals[0].survey_response().answers();
  ASSERT_THAT(answers, SizeIs(3));
  EXPECT_EQ(answers[0].number(), 4);
  EXPECT_EQ(answers[1].question(), "why");
  EXPECT_EQ(answers[2].question(), "what-else");
  EXPECT_EQ(answers[2].question_text(), "What else?");
  EXPECT_EQ(answers[2].text(), "wet");
}

TEST(Submission, ContradictionIsOneErrorThatNamesTheRowsAndValues) {
  const auto result = Read(
      "a,2024-01-01,4,Why?,warm,x\n"
      "a,2024-01-01,5,Why?,cold,y\n"
      "b,2024-01-01,2,Why?,fine,x\n");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->errors, ElementsAre(AllOf(HasSubstr("1: row 2 of the same submission"),
                                                HasSubstr("question score is 4 and 5"),
                                                HasSubstr("question why is 'warm' and 'cold'"),
                                                HasSubstr("attribute team is 'x' and 'y'"))));
  EXPECT_THAT(result->signals, SizeIs(1));
}

TEST(Submission, AnswerBeatsBlankAndEqualAnswersCollapse) {
  const auto result = Read(
      "a,2024-01-01,0,Why?,,x\n"
      "a,2024-01-01,3,Why?,warm,\n"
      "a,2024-01-01,0,Why?,warm,x\n");
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_THAT(result->errors, IsEmpty());
  const auto& answers = result->signals.at(0).survey_response().answers();
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ(answers[0].number(), 3);
  EXPECT_EQ(answers[1].text(), "warm");
}

TEST(Submission, TimeOfTheFirstRowCountsWithAWarning) {
  const auto result = Read("a,2024-01-02,4,Why?,warm,x\na,2024-01-01,4,How?,so,x\n");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->signals.at(0).event_time().seconds(), 1704153600);
  EXPECT_THAT(result->warnings, ElementsAre(HasSubstr("1 rows have another event time")));
}

TEST(Submission, BadRowSpoilsItsSubmissionAndNoOther) {
  const auto result = Read(
      "a,2024-01-01,4,Why?,warm,x\n"
      "a,2024-01-01,lots,How?,so,x\n"
      "short,row\n"
      ",2024-01-01,4,Why?,nobody,x\n"
      "b,2024-01-01,2,Why?,fine,x\n"
      "b,2024-01-01,2,,unasked,x\n"
      "c,2024-01-01,2,Why?,fine,x\n");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->errors,
              ElementsAre(HasSubstr("1: row 2 of the same submission: score: 'lots'"),
                          HasSubstr("3: has 2 values"), HasSubstr("4: external_id is empty"),
                          HasSubstr("the answer 'unasked' has no question id")));
  ASSERT_THAT(result->signals, SizeIs(1));
  EXPECT_EQ(result->signals[0].external_id(), "c");
}

}  // namespace
}  // namespace waymark::importers
