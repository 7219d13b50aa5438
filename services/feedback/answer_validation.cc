#include "services/feedback/answer_validation.h"

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/time/civil_time.h"
#include "services/feedback/validation.h"

namespace waymark::feedback {
namespace {

constexpr size_t kMaxQuestionTextBytes = 1024;
constexpr size_t kMaxQuestionVersionBytes = 64;
constexpr size_t kMaxOptionBytes = 1024;
constexpr int kMaxAnswers = 500;
constexpr int kMaxOptions = 200;
constexpr int kMaxRows = 100;

// Calls `repeated` for each of `size` values that an earlier one equals.
void ForEachRepeated(int size, absl::FunctionRef<absl::string_view(int)> value,
                     absl::FunctionRef<void(int)> repeated) {
  constexpr int kSmall = 16;
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < size; ++i) {
    bool found = false;
    if (size <= kSmall) {
      for (int j = 0; j < i && !found; ++j) found = value(j) == value(i);
    } else {
      found = !seen.insert(value(i)).second;
    }
    if (found) repeated(i);
  }
}

/// Checks one answer; see CheckAnswer.
class AnswerChecker {
 public:
  AnswerChecker(const Field& at, const v1::Answer& answer, v1::QuestionType standard,
                Reasons* reasons)
      : at_(at),
        answer_(answer),
        type_(answer.type() == v1::QUESTION_TYPE_UNSPECIFIED ? standard : answer.type()),
        reasons_(reasons) {}

  void Check() {
    CheckBytes(At("question"), answer_.question(), 1, kMaxLabelBytes, reasons_);
    CheckBytes(At("question_text"), answer_.question_text(), 0, kMaxQuestionTextBytes, reasons_);
    CheckBytes(At("question_version"), answer_.question_version(), 0, kMaxQuestionVersionBytes,
               reasons_);
    CheckOptionalId(At("touchpoint"), answer_.touchpoint(), reasons_);
    if (!v1::QuestionType_IsValid(answer_.type())) {
      CheckEnum(At("type"), answer_.type(), false, reasons_);
      return;
    }
    const size_t before = reasons_->size();
    if (answer_.has_scale()) CheckScale();
    if (reasons_->size() == before) CheckValue();
  }

 private:
  Field At(const char* name) const { return {at_.message, at_.index, name}; }

  template <typename... Parts>
  void Complain(const char* name, const Parts&... parts) {
    Add(At(name), reasons_, "question ", Shown(answer_.question()), ": ", parts...);
  }

  // NPS, CSAT and CES are asked in whole steps, of which their metrics count the best ones.
  bool HasWholeSteps() const {
    return type_ == v1::QUESTION_TYPE_NPS || type_ == v1::QUESTION_TYPE_CSAT ||
           type_ == v1::QUESTION_TYPE_CES;
  }

  void CheckScale() {
    const v1::Scale& scale = answer_.scale();
    if (!std::isfinite(scale.min()) || !std::isfinite(scale.max()) || scale.min() >= scale.max()) {
      Add(At("scale"), reasons_, scale.min(), "-", scale.max(), " of question ",
          Shown(answer_.question()), " is no scale; max must be above min");
    } else if (type_ == v1::QUESTION_TYPE_NPS &&
               (scale.min() != 0 || scale.max() != 10 || scale.lower_is_better())) {
      Add(At("scale"), reasons_, scale.min(), "-", scale.max(), " of question ",
          Shown(answer_.question()), ": NPS is asked on 0-10; use RATING for another scale");
    }
  }

  // Whether the kind of value suits the question's type.
  bool ValueFits() const {
    switch (type_) {
      case v1::QUESTION_TYPE_NPS:
      case v1::QUESTION_TYPE_CSAT:
      case v1::QUESTION_TYPE_CES:
      case v1::QUESTION_TYPE_RATING:
        return answer_.has_number();
      case v1::QUESTION_TYPE_CHOICE:
      case v1::QUESTION_TYPE_MULTIPLE_CHOICE:
      case v1::QUESTION_TYPE_RANKING:
        return answer_.has_choices();
      case v1::QUESTION_TYPE_TEXT:
        return answer_.has_text();
      case v1::QUESTION_TYPE_BOOLEAN:
        return answer_.has_boolean();
      case v1::QUESTION_TYPE_MATRIX:
        return answer_.has_matrix();
      case v1::QUESTION_TYPE_DATE:
        return answer_.has_date();
      default:
        return true;
    }
  }

  void CheckValue() {
    if (answer_.value_case() == v1::Answer::VALUE_NOT_SET) return;
    if (answer_.not_applicable()) {
      Add(At("not_applicable"), reasons_, "question ", Shown(answer_.question()),
          " has a value too; give one of them");
    }
    if (!ValueFits()) {
      Add(At("type"), reasons_, "the value of question ", Shown(answer_.question()),
          " does not suit ", v1::QuestionType_Name(type_));
      return;
    }
    switch (answer_.value_case()) {
      case v1::Answer::kNumber:
        return CheckNumber();
      case v1::Answer::kText:
        return CheckBytes(At("text"), answer_.text(), 0, kMaxTextBytes, reasons_);
      case v1::Answer::kChoices:
        return CheckChoices();
      case v1::Answer::kDate:
        return CheckDate();
      case v1::Answer::kMatrix:
        return CheckMatrix();
      default:
        return;
    }
  }

  // The scale that ratings of the question are given on; complains and is false when there is none.
  bool FindScale(v1::Scale* scale) {
    if (ScaleOf(answer_, type_, scale)) return true;
    Add(At("scale"), reasons_, "missing for the rating of question ", Shown(answer_.question()),
        "; give its min and max");
    return false;
  }

  void CheckNumber() {
    v1::Scale scale;
    if (!FindScale(&scale)) return;
    const double number = answer_.number();
    if (!(number >= scale.min() && number <= scale.max())) {
      Add(At("number"), reasons_, number, " is off the scale ", scale.min(), "-", scale.max(),
          " of question ", Shown(answer_.question()));
    } else if (HasWholeSteps() && number != std::floor(number)) {
      Add(At("number"), reasons_, number, " is no whole number, as question ",
          Shown(answer_.question()), " of type ", v1::QuestionType_Name(type_),
          " needs; use RATING for a scale with other steps");
    }
  }

  void CheckChoices() {
    const auto& options = answer_.choices().options();
    if (options.empty()) {
      Complain("choices", "no option; leave the value unset when none was chosen");
    } else if (options.size() > kMaxOptions) {
      Complain("choices", options.size(), " options; at most ", kMaxOptions, " are allowed");
      return;
    } else if (type_ == v1::QUESTION_TYPE_CHOICE && options.size() > 1) {
      Complain("choices", options.size(), " options; give one, or use MULTIPLE_CHOICE");
    }
    for (const std::string& option : options) CheckOption("choices", option);
    ForEachRepeated(
        options.size(), [&](int i) -> absl::string_view { return options[i]; },
        [&](int i) { Complain("choices", "option ", Shown(options[i]), " is given twice"); });
  }

  void CheckOption(const char* name, absl::string_view option) {
    if (!option.empty() && option.size() <= kMaxOptionBytes) return;
    Complain(name, "an option has ", option.size(), " bytes; 1-", kMaxOptionBytes, " are allowed");
  }

  void CheckDate() {
    const v1::Date& date = answer_.date();
    if (date.year() >= 1 && date.year() <= 9999 && date.month() >= 1 && date.month() <= 12 &&
        date.day() >= 1 && date.day() <= 31) {
      // A CivilDay turns what is no day, such as February 30, into another one.
      if (absl::CivilDay(date.year(), date.month(), date.day()).day() == date.day()) return;
    }
    Complain("date", "year ", date.year(), ", month ", date.month(), ", day ", date.day(),
             " is no day of the years 1 to 9999");
  }

  void CheckMatrix() {
    const auto& rows = answer_.matrix().rows();
    if (rows.empty() || rows.size() > kMaxRows) {
      Complain("matrix", rows.size(), " rows; give 1-", kMaxRows,
               ", or leave the value unset when none was answered");
      return;
    }
    const bool any_number =
        std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.has_number(); });
    v1::Scale scale;
    const bool rated = any_number && FindScale(&scale);
    for (const v1::MatrixRow& row : rows) CheckRow(row, rated ? &scale : nullptr);
    ForEachRepeated(
        rows.size(), [&](int i) -> absl::string_view { return rows[i].row(); },
        [&](int i) { Complain("matrix", "row ", Shown(rows[i].row()), " is answered twice"); });
  }

  // `scale` is nullptr when there is none that numbers could be compared with.
  void CheckRow(const v1::MatrixRow& row, const v1::Scale* scale) {
    if (row.row().empty() || row.row().size() > kMaxLabelBytes) {
      Complain("matrix", "a row's id has ", row.row().size(), " bytes; 1-", kMaxLabelBytes,
               " are allowed");
    }
    if (row.not_applicable() && row.value_case() != v1::MatrixRow::VALUE_NOT_SET) {
      Complain("matrix", "row ", Shown(row.row()),
               " is not_applicable and has a value too; give one of them");
    }
    if (row.has_option()) CheckOption("matrix", row.option());
    if (!row.has_number() || scale == nullptr) return;
    if (row.number() >= scale->min() && row.number() <= scale->max()) return;
    Complain("matrix", "row ", Shown(row.row()), ": ", row.number(), " is off the scale ",
             scale->min(), "-", scale->max());
  }

  const Field at_;
  const v1::Answer& answer_;
  const v1::QuestionType type_;
  Reasons* const reasons_;
};

}  // namespace

void CheckAnswer(const Field& at, const v1::Answer& answer, v1::QuestionType standard,
                 Reasons* reasons) {
  AnswerChecker(at, answer, standard, reasons).Check();
}

void CheckAnswers(const v1::SurveyResponse& survey, Reasons* reasons) {
  constexpr char kAnswers[] = "survey_response.answers";
  const auto& answers = survey.answers();
  if (answers.size() > kMaxAnswers) {
    Add({kAnswers}, reasons, answers.size(), " answers; at most ", kMaxAnswers, " are allowed");
    return;
  }
  const bool declined = survey.completion() == v1::SurveyResponse::COMPLETION_DECLINED;
  for (int i = 0; i < answers.size(); ++i) {
    CheckAnswer({kAnswers, i}, answers[i], v1::QUESTION_TYPE_UNSPECIFIED, reasons);
    if (declined && answers[i].value_case() != v1::Answer::VALUE_NOT_SET) {
      Add({kAnswers, i, "question"}, reasons, Shown(answers[i].question()),
          " is answered, but the survey was declined; leave the answers out, or say PARTIAL");
    }
  }
  ForEachRepeated(
      answers.size(), [&](int i) -> absl::string_view { return answers[i].question(); },
      [&](int i) {
        Add({kAnswers, i, "question"}, reasons, Shown(answers[i].question()),
            " is answered more than once; give each question once");
      });
}

}  // namespace waymark::feedback
