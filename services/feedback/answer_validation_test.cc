#include "services/feedback/answer_validation.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/feedback/validation.h"

namespace waymark::feedback {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Fill = std::function<void(v1::Answer*)>;

Reasons Check(const v1::Answer& answer, v1::QuestionType standard = v1::QUESTION_TYPE_UNSPECIFIED) {
  Reasons reasons;
  CheckAnswer({"survey_response.answers", 0}, answer, standard, &reasons);
  return reasons;
}

v1::Answer Of(v1::QuestionType type, const Fill& fill) {
  v1::Answer answer;
  answer.set_question("Q1");
  answer.set_type(type);
  fill(&answer);
  return answer;
}

Reasons Check(v1::QuestionType type, const Fill& fill) { return Check(Of(type, fill)); }

void SetScale(double min, double max, v1::Answer* answer) {
  answer->mutable_scale()->set_min(min);
  answer->mutable_scale()->set_max(max);
}

Fill Options(const std::vector<std::string>& options) {
  return [options](v1::Answer* answer) {
    answer->mutable_choices();
    for (const std::string& option : options) answer->mutable_choices()->add_options(option);
  };
}

Fill Day(int year, int month, int day) {
  return [=](v1::Answer* answer) {
    answer->mutable_date()->set_year(year);
    answer->mutable_date()->set_month(month);
    answer->mutable_date()->set_day(day);
  };
}

/// A matrix on 1-5 with one row a value.
v1::Answer Rows(const std::vector<double>& values) {
  v1::Answer answer = Of(v1::QUESTION_TYPE_MATRIX, [](v1::Answer* one) { SetScale(1, 5, one); });
  answer.mutable_matrix();
  for (const double value : values) {
    v1::MatrixRow* row = answer.mutable_matrix()->add_rows();
    row->set_row(absl::StrCat("row", answer.matrix().rows_size()));
    row->set_number(value);
  }
  return answer;
}

TEST(AnswerValidationTest, EachTypeTakesItsOwnValuesOnly) {
  const std::vector<Fill> values = {[](v1::Answer* answer) {
                                      SetScale(0, 10, answer);
                                      answer->set_number(3);
                                    },
                                    [](v1::Answer* answer) { answer->set_text("fine"); },
                                    [](v1::Answer* answer) { answer->set_boolean(false); },
                                    Options({"a"}),
                                    Day(2024, 2, 29),
                                    [](v1::Answer* answer) {
                                      answer->mutable_matrix()->add_rows()->set_row("r");
                                      answer->mutable_matrix()->mutable_rows(0)->set_option("yes");
                                    }};
  const struct {
    v1::QuestionType type;
    int value;  // Which of `values` suits it; -1: all.
  } kTypes[] = {{v1::QUESTION_TYPE_UNSPECIFIED, -1}, {v1::QUESTION_TYPE_NPS, 0},
                {v1::QUESTION_TYPE_CSAT, 0},         {v1::QUESTION_TYPE_CES, 0},
                {v1::QUESTION_TYPE_RATING, 0},       {v1::QUESTION_TYPE_CHOICE, 3},
                {v1::QUESTION_TYPE_RANKING, 3},      {v1::QUESTION_TYPE_MULTIPLE_CHOICE, 3},
                {v1::QUESTION_TYPE_TEXT, 1},         {v1::QUESTION_TYPE_BOOLEAN, 2},
                {v1::QUESTION_TYPE_MATRIX, 5},       {v1::QUESTION_TYPE_DATE, 4}};
  for (const auto& [type, suits] : kTypes) {
    for (size_t i = 0; i < values.size(); ++i) {
      const auto reasons = Check(type, values[i]);
      if (suits < 0 || suits == static_cast<int>(i)) {
        EXPECT_THAT(reasons, IsEmpty()) << v1::QuestionType_Name(type) << " " << i;
      } else {
        EXPECT_THAT(reasons, ElementsAre(AllOf(HasSubstr("does not suit"),
                                               HasSubstr(v1::QuestionType_Name(type)))));
      }
    }
  }
}

TEST(AnswerValidationTest, StandardRatingsAreWholeNumbersAndOthersNeedNotBe) {
  for (const auto type : {v1::QUESTION_TYPE_NPS, v1::QUESTION_TYPE_CSAT, v1::QUESTION_TYPE_CES}) {
    EXPECT_THAT(Check(type, [](v1::Answer* answer) { answer->set_number(4.5); }),
                ElementsAre(AllOf(HasSubstr("number: 4.5"), HasSubstr("RATING"))));
  }
  EXPECT_THAT(Check(v1::QUESTION_TYPE_RATING,
                    [](v1::Answer* answer) {
                      SetScale(0.5, 5, answer);
                      answer->set_number(4.5);
                    }),
              IsEmpty());
}

TEST(AnswerValidationTest, ChoicesAreDistinctAndAsManyAsTheTypeSays) {
  EXPECT_THAT(Check(v1::QUESTION_TYPE_CHOICE, Options({"a", "b"})),
              ElementsAre(HasSubstr("2 options")));
  for (const auto type : {v1::QUESTION_TYPE_CHOICE, v1::QUESTION_TYPE_MULTIPLE_CHOICE,
                          v1::QUESTION_TYPE_RANKING, v1::QUESTION_TYPE_UNSPECIFIED}) {
    EXPECT_THAT(Check(type, Options({})), ElementsAre(HasSubstr("no option")));
    EXPECT_THAT(Check(type, Options({""})), ElementsAre(HasSubstr("0 bytes")));
    EXPECT_THAT(Check(type, Options({std::string(1025, 'x')})), ElementsAre(HasSubstr("1025")));
  }
  for (const auto type : {v1::QUESTION_TYPE_MULTIPLE_CHOICE, v1::QUESTION_TYPE_RANKING}) {
    EXPECT_THAT(Check(type, Options({"b", "a"})), IsEmpty());
    EXPECT_THAT(Check(type, Options({"a", "b", "a"})),
                ElementsAre(AllOf(HasSubstr("'a'"), HasSubstr("twice"))));
  }
  std::vector<std::string> many;
  for (int i = 0; i < 200; ++i) many.push_back(absl::StrCat(i));
  EXPECT_THAT(Check(v1::QUESTION_TYPE_RANKING, Options(many)), IsEmpty());
  many[199] = "0";
  EXPECT_THAT(Check(v1::QUESTION_TYPE_RANKING, Options(many)), ElementsAre(HasSubstr("twice")));
  many.push_back("more");
  EXPECT_THAT(Check(v1::QUESTION_TYPE_RANKING, Options(many)), ElementsAre(HasSubstr("201")));
}

TEST(AnswerValidationTest, ADateIsADayOfTheGregorianCalendar) {
  for (const Fill& day : {Day(2024, 2, 29), Day(2000, 2, 29), Day(1, 1, 1), Day(9999, 12, 31)}) {
    EXPECT_THAT(Check(v1::QUESTION_TYPE_DATE, day), IsEmpty());
  }
  for (const Fill& day : {Day(2023, 2, 29), Day(1900, 2, 29), Day(2024, 4, 31), Day(2024, 13, 1),
                          Day(2024, 0, 1), Day(2024, 1, 0), Day(2024, 1, 32), Day(0, 1, 1),
                          Day(10000, 1, 1), Day(-4, 2, 29), Day(2024, INT32_MAX, INT32_MIN)}) {
    EXPECT_THAT(Check(v1::QUESTION_TYPE_DATE, day),
                ElementsAre(AllOf(StartsWith("survey_response.answers[0].date: question 'Q1'"),
                                  HasSubstr("is no day"))));
  }
}

TEST(AnswerValidationTest, NamesEachRowOfAMatrixThatIsOffTheScale) {
  EXPECT_THAT(Check(Rows({1, 5, 2.5})), IsEmpty());
  EXPECT_THAT(Check(Rows({0, 3, 6})),
              ElementsAre(AllOf(HasSubstr("'row1': 0"), HasSubstr("1-5")), HasSubstr("'row3': 6")));
  v1::Answer unscaled = Rows({1, 2});
  unscaled.clear_scale();
  EXPECT_THAT(Check(unscaled), ElementsAre(AllOf(HasSubstr("scale"), HasSubstr("'Q1'"))));
}

TEST(AnswerValidationTest, ChecksTheRowsOfAMatrix) {
  v1::Answer answer = Rows({1, 2, 3});
  answer.mutable_matrix()->mutable_rows(2)->set_row("row1");
  EXPECT_THAT(Check(answer), ElementsAre(AllOf(HasSubstr("'row1'"), HasSubstr("twice"))));

  answer = Rows({1, 2});
  answer.mutable_matrix()->mutable_rows(0)->set_not_applicable(true);
  EXPECT_THAT(Check(answer), ElementsAre(HasSubstr("'row1' is not_applicable and has a value")));
  answer.mutable_matrix()->mutable_rows(0)->clear_value();
  answer.mutable_matrix()->mutable_rows(1)->clear_value();
  EXPECT_THAT(Check(answer), IsEmpty());

  answer.mutable_matrix()->mutable_rows(0)->clear_row();
  answer.mutable_matrix()->mutable_rows(1)->set_option(std::string(1025, 'x'));
  EXPECT_THAT(Check(answer), ElementsAre(HasSubstr("id has 0 bytes"), HasSubstr("1025 bytes")));

  EXPECT_THAT(Check(Rows({})), ElementsAre(HasSubstr("0 rows")));
  EXPECT_THAT(Check(Rows(std::vector<double>(100, 3))), IsEmpty());
  EXPECT_THAT(Check(Rows(std::vector<double>(101, 3))), ElementsAre(HasSubstr("101 rows")));
}

TEST(AnswerValidationTest, BoundsTheQuestionsVersion) {
  const auto version = [](size_t bytes) {
    return Check(v1::QUESTION_TYPE_TEXT, [&](v1::Answer* answer) {
      answer->set_question_version(std::string(bytes, 'v'));
    });
  };
  EXPECT_THAT(version(64), IsEmpty());
  EXPECT_THAT(version(65), ElementsAre(AllOf(HasSubstr("question_version"), HasSubstr("65"))));
}

TEST(AnswerValidationTest, TheStandardTypeIsForAnswersThatStateNone) {
  v1::Answer answer;
  answer.set_question("Q1");
  answer.set_number(6);
  EXPECT_THAT(Check(answer, v1::QUESTION_TYPE_CSAT), ElementsAre(HasSubstr("1-5")));
  answer.set_number(5);
  EXPECT_THAT(Check(answer, v1::QUESTION_TYPE_CSAT), IsEmpty());
  answer.set_number(10);
  answer.set_type(v1::QUESTION_TYPE_NPS);
  EXPECT_THAT(Check(answer, v1::QUESTION_TYPE_CSAT), IsEmpty());
  answer.set_text("call 020 7946 0958");
  answer.set_type(v1::QUESTION_TYPE_UNSPECIFIED);
  EXPECT_THAT(Check(answer, v1::QUESTION_TYPE_CSAT),
              ElementsAre(AllOf(HasSubstr("CSAT"), Not(HasSubstr("7946")))));
}

TEST(AnswerValidationTest, NamesEveryBadAnswerOfASubmission) {
  v1::SurveyResponse survey;
  *survey.add_answers() = Of(v1::QUESTION_TYPE_NPS, [](v1::Answer* a) { a->set_number(11); });
  *survey.add_answers() = Of(v1::QUESTION_TYPE_DATE, Day(2023, 2, 29));
  *survey.add_answers() = Rows({9});
  *survey.add_answers() = Of(v1::QUESTION_TYPE_TEXT, [](v1::Answer* a) { a->set_text("fine"); });
  for (int i = 0; i < 4; ++i) survey.mutable_answers(i)->set_question(absl::StrCat("Q", i));
  Reasons reasons;
  CheckAnswers(survey, &reasons);
  EXPECT_THAT(reasons, ElementsAre(HasSubstr("'Q0'"), HasSubstr("'Q1'"), HasSubstr("'Q2'")));
}

TEST(AnswerValidationTest, ADeclinedSurveyHasNoAnswers) {
  v1::SurveyResponse survey;
  survey.set_completion(v1::SurveyResponse::COMPLETION_DECLINED);
  survey.add_answers()->set_question("blank");
  Reasons reasons;
  CheckAnswers(survey, &reasons);
  EXPECT_THAT(reasons, IsEmpty());
  *survey.add_answers() = Of(v1::QUESTION_TYPE_NPS, [](v1::Answer* a) { a->set_number(9); });
  CheckAnswers(survey, &reasons);
  EXPECT_THAT(reasons, ElementsAre(AllOf(HasSubstr("answers[1]"), HasSubstr("declined"))));
}

TEST(AnswerValidationTest, ReasonsAreBounded) {
  v1::Signal signal;
  signal.set_source("s");
  signal.set_external_id("1");
  signal.mutable_event_time()->set_seconds(1);
  for (int i = 0; i < 20; ++i) {
    v1::Answer* answer = signal.mutable_survey_response()->add_answers();
    *answer = Rows(std::vector<double>(100, 9));
    answer->set_question(absl::StrCat("Q", i));
  }
  Reasons reasons;
  ValidateSignal(signal, signal.ByteSizeLong(), &reasons);
  ASSERT_THAT(reasons, SizeIs(1001));
  EXPECT_EQ(reasons.back(), "signal: 1000 more reasons are left out");
}

}  // namespace
}  // namespace waymark::feedback
