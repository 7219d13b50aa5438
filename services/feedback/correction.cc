#include "services/feedback/correction.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace waymark::feedback {
namespace {

bool Names(absl::string_view question, const v1::Answer& answer) {
  if (question == answer.question()) return true;
  if (!absl::ConsumePrefix(&question, answer.question()) || !absl::ConsumePrefix(&question, "/")) {
    return false;
  }
  const auto& rows = answer.matrix().rows();
  return std::any_of(rows.begin(), rows.end(),
                     [&](const v1::MatrixRow& row) { return row.row() == question; });
}

bool Holds(const v1::Enrichment& correction, const std::string& question) {
  const auto& places = correction.placements();
  return std::any_of(places.begin(), places.end(),
                     [&](const v1::Placement& one) { return one.question() == question; });
}

}  // namespace

bool HasAnswer(const v1::Signal& signal, absl::string_view question) {
  const auto& answers = signal.survey_response().answers();
  return std::any_of(answers.begin(), answers.end(),
                     [&](const v1::Answer& answer) { return Names(question, answer); }) ||
         (signal.chat_message().has_rating() && Names(question, signal.chat_message().rating()));
}

void ApplyCorrection(const v1::Enrichment& correction, const v1::Signal& signal,
                     v1::Enrichment* enrichment) {
  enrichment->set_correction_revision(correction.correction_revision());
  if (signal.deleted()) return;
  auto& placements = *enrichment->mutable_placements();
  placements.erase(
      std::remove_if(placements.begin(), placements.end(),
                     [&](const v1::Placement& one) { return Holds(correction, one.question()); }),
      placements.end());
  for (const v1::Placement& place : correction.placements()) {
    if (place.question().empty() || HasAnswer(signal, place.question())) *placements.Add() = place;
  }
}

bool Correct(absl::string_view question, absl::string_view touchpoint, v1::Enrichment* correction) {
  auto& places = *correction->mutable_placements();
  const auto place = std::lower_bound(places.begin(), places.end(), question,
                                      [](const v1::Placement& one, absl::string_view name) {
                                        return absl::string_view(one.question()) < name;
                                      });
  const bool known = place != places.end() && place->question() == question;
  if (touchpoint.empty()) {
    if (known) places.erase(place);
    return known;
  }
  if (known) {
    if (place->touchpoint() == touchpoint) return false;
    place->set_touchpoint(std::string(touchpoint));
    return true;
  }
  const auto at = static_cast<int>(place - places.begin());
  v1::Placement* added = places.Add();
  added->set_question(std::string(question));
  added->set_touchpoint(std::string(touchpoint));
  added->set_corrected(true);
  std::rotate(places.begin() + at, places.end() - 1, places.end());
  return true;
}

}  // namespace waymark::feedback
