#include "services/scoring/projection.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "waymark/feedback/v1/feedback_service.pb.h"

namespace waymark::scoring {
namespace {

using feedback::v1::Change;
using feedback::v1::SurveyResponse;

Change Rated(int64_t revision, SurveyResponse::Completion completion, double value) {
  Change change;
  change.set_tenant("demo");
  change.set_position(absl::StrCat(absl::Dec(revision, absl::kZeroPad8)));
  change.mutable_signal()->set_source("survey");
  change.mutable_signal()->set_external_id("one");
  change.mutable_signal()->set_revision(revision);
  SurveyResponse& survey = *change.mutable_signal()->mutable_survey_response();
  survey.set_completion(completion);
  auto& answer = *survey.add_answers();
  answer.set_question("csat");
  answer.set_type(feedback::v1::QUESTION_TYPE_CSAT);
  answer.set_number(value);
  return change;
}

struct Counted {
  std::vector<double> values;
  std::vector<std::string> touchpoints;
};

Counted Apply(Projection& projection, const std::vector<Change>& changes) {
  feedback::v1::PullFeedResponse page;
  for (const Change& change : changes) *page.add_changes() = change;
  page.set_next_cursor("cursor");
  EXPECT_TRUE(projection.Apply(page).ok());
  Counted counted;
  projection.Of("demo").Read([&](const EvidenceData& data) {
    for (const RatingRow& row : data.ratings) {
      if (!row.counts) continue;
      counted.values.push_back(row.value);
      counted.touchpoints.push_back(data.touchpoints.Name(row.touchpoint));
    }
  });
  return counted;
}

TEST(Projection, FinishedSurveyBeatsAPartialOneOfAHigherRevision) {
  const Change partial = Rated(5, SurveyResponse::COMPLETION_PARTIAL, 1);
  const Change finished = Rated(3, SurveyResponse::COMPLETION_FINISHED, 4);
  Projection in_order, reversed;
  EXPECT_EQ(Apply(in_order, {partial, finished}).values, std::vector<double>{4});
  EXPECT_EQ(Apply(reversed, {finished, partial}).values, std::vector<double>{4});
}

TEST(Projection, PlacementOfTheAnswerBeatsThatOfTheSignal) {
  Change change = Rated(1, SurveyResponse::COMPLETION_FINISHED, 4);
  change.mutable_signal()->set_touchpoint("lobby");
  Projection whole, placed;
  EXPECT_EQ(Apply(whole, {change}).touchpoints, std::vector<std::string>{"lobby"});
  auto& placement = *change.mutable_enrichment()->add_placements();
  placement.set_question("csat");
  placement.set_touchpoint("desk");
  EXPECT_EQ(Apply(placed, {change}).touchpoints, std::vector<std::string>{"desk"});
}

TEST(Projection, NewCatalogueReplacesWhatAnOlderOnePlaced) {
  Change older = Rated(1, SurveyResponse::COMPLETION_FINISHED, 4);
  older.mutable_enrichment()->set_catalogue_revision(1);
  Change newer = older;
  newer.set_kind(Change::KIND_REENRICHED);
  newer.mutable_enrichment()->set_catalogue_revision(2);
  newer.mutable_enrichment()->add_placements()->set_touchpoint("desk");
  Projection projection;
  EXPECT_EQ(Apply(projection, {older, newer, older}).touchpoints, std::vector<std::string>{"desk"});
}

TEST(Projection, KeepsTheCursorWithThePage) {
  Projection projection;
  EXPECT_EQ(*projection.Cursor(), "");
  Apply(projection, {});
  EXPECT_EQ(*projection.Cursor(), "cursor");
}

}  // namespace
}  // namespace waymark::scoring
