#include "libs/importers/submission.h"

#include <google/protobuf/util/message_differencer.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace waymark::importers {
namespace {

using feedback::v1::Answer;
using feedback::v1::MatrixRow;
using feedback::v1::Signal;
using feedback::v1::SurveyResponse;
using google::protobuf::util::MessageDifferencer;

void AppendRow(std::string* out, const MatrixRow& row) {
  absl::StrAppend(out, row.row(), ": ");
  if (row.not_applicable()) {
    *out += "not applicable";
  } else if (row.has_number()) {
    absl::StrAppend(out, row.number());
  } else {
    *out += row.has_option() ? row.option() : "blank";
  }
}

std::string Show(const Answer& answer) {
  if (answer.not_applicable()) return "not applicable";
  switch (answer.value_case()) {
    case Answer::kNumber:
      return absl::StrCat(answer.number());
    case Answer::kText:
      return absl::StrCat("'", answer.text().substr(0, 40), "'");
    case Answer::kBoolean:
      return answer.boolean() ? "yes" : "no";
    case Answer::kChoices:
      return absl::StrCat("'", absl::StrJoin(answer.choices().options(), ", "), "'");
    case Answer::kDate:
      return absl::StrFormat("%04d-%02d-%02d", answer.date().year(), answer.date().month(),
                             answer.date().day());
    case Answer::kMatrix:
      return absl::StrCat("'", absl::StrJoin(answer.matrix().rows(), ", ", AppendRow), "'");
    case Answer::VALUE_NOT_SET:
      return "blank";
  }
  return "";
}

bool IsBlank(const Answer& answer) {
  return !answer.not_applicable() && answer.value_case() == Answer::VALUE_NOT_SET;
}

void MergeAnswers(const SurveyResponse& row, SurveyResponse* all,
                  std::vector<std::string>* contradictions) {
  for (const Answer& answer : row.answers()) {
    Answer* known = nullptr;
    for (Answer& candidate : *all->mutable_answers()) {
      if (candidate.question() == answer.question()) known = &candidate;
    }
    if (known == nullptr) {
      *all->add_answers() = answer;
    } else if (IsBlank(*known)) {
      *known = answer;
    } else if (!IsBlank(answer) && !MessageDifferencer::Equals(answer, *known)) {
      contradictions->push_back(absl::StrCat("question ", answer.question(), " is ", Show(*known),
                                             " and ", Show(answer)));
    }
  }
}

void MergeAttributes(const Signal& row, Signal* all, std::vector<std::string>* contradictions) {
  for (const auto& attribute : row.attributes()) {
    bool known = false;
    for (const auto& candidate : all->attributes()) {
      if (candidate.key() != attribute.key()) continue;
      known = true;
      if (candidate.value() != attribute.value()) {
        contradictions->push_back(absl::StrCat("attribute ", attribute.key(), " is '",
                                               candidate.value(), "' and '", attribute.value(),
                                               "'"));
      }
    }
    if (!known) *all->add_attributes() = attribute;
  }
}

// What must be the same in every row.
Signal WithoutMerged(const Signal& signal) {
  Signal rest = signal;
  rest.clear_event_time();
  rest.clear_sequence();
  rest.clear_attributes();
  rest.mutable_survey_response()->clear_answers();
  return rest;
}

}  // namespace

absl::Status MergeRow(const Signal& row, Signal* submission) {
  std::vector<std::string> contradictions;
  std::string differences;
  MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&differences);
  if (!differencer.Compare(WithoutMerged(*submission), WithoutMerged(row))) {
    contradictions.push_back(differences.substr(0, differences.size() - 1));
  }
  MergeAnswers(row.survey_response(), submission->mutable_survey_response(), &contradictions);
  MergeAttributes(row, submission, &contradictions);
  if (contradictions.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(contradictions, "; "));
}

}  // namespace waymark::importers
