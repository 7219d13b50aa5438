#pragma once

#include "services/feedback/field_check.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::feedback {

/// Adds to *reasons whatever is wrong with an answer: with its fields, with its value for a
/// question of its type, and with each row of a matrix. `at` names the answer, as the message and
/// index of a Field; `standard` is the type of a question that states none. Free text is never
/// quoted. Pure.
void CheckAnswer(const Field& at, const v1::Answer& answer, v1::QuestionType standard,
                 Reasons* reasons);

/// The same for all answers of a survey, and that each question is answered once.
void CheckAnswers(const v1::SurveyResponse& survey, Reasons* reasons);

}  // namespace waymark::feedback
