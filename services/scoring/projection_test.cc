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

TEST(Projection, ACorrectionCountsAtTheSameRevisionAndCatalogue) {
  Change recorded = Rated(1, SurveyResponse::COMPLETION_FINISHED, 4);
  recorded.mutable_enrichment()->set_catalogue_revision(2);
  recorded.mutable_enrichment()->add_placements()->set_touchpoint("desk");
  Change corrected = recorded;
  corrected.set_kind(Change::KIND_CORRECTED);
  corrected.mutable_enrichment()->set_correction_revision(9);
  corrected.mutable_enrichment()->mutable_placements(0)->set_touchpoint("gate");
  Projection in_order, reversed;
  EXPECT_EQ(Apply(in_order, {recorded, corrected, recorded}).touchpoints,
            std::vector<std::string>{"gate"});
  EXPECT_EQ(Apply(reversed, {corrected, recorded}).touchpoints, std::vector<std::string>{"gate"});
}

TEST(Projection, LinksAndUnlinksByTheFeed) {
  Change change;
  change.set_tenant("demo");
  change.mutable_customer_link()->set_customer("web-7");
  change.mutable_customer_link()->set_linked_customer("app-7");
  const auto said = [&](Change::Kind kind, int64_t revision) {
    change.set_kind(kind);
    change.mutable_customer_link()->set_revision(revision);
    return change;
  };
  Change rated = Rated(1, SurveyResponse::COMPLETION_FINISHED, 4);
  rated.mutable_signal()->set_customer("web-7");
  Projection projection;
  const auto person = [&] {
    std::string name;
    projection.Of("demo").Read([&](const EvidenceData& data) {
      EXPECT_EQ(data.signals, 1);
      name = data.customers.Name(data.PersonOf(data.ratings.at(0).respondent));
    });
    return name;
  };
  Apply(projection, {rated, said(Change::KIND_LINKED, 1)});
  EXPECT_EQ(person(), "app-7");
  Apply(projection, {said(Change::KIND_UNLINKED, 2), said(Change::KIND_LINKED, 1)});
  EXPECT_EQ(person(), "web-7");
}

// "question=touchpoint:value", or "-" for what is no rating, of every rating that counts.
std::vector<std::string> Ratings(const Change& change) {
  Projection projection;
  Apply(projection, {change});
  std::vector<std::string> ratings;
  projection.Of("demo").Read([&](const EvidenceData& data) {
    for (const RatingRow& row : data.ratings) {
      ratings.push_back(absl::StrCat(data.questions[row.question].id, "=",
                                     data.touchpoints.Name(row.touchpoint), ":",
                                     row.rated ? absl::StrCat(row.value) : "-"));
    }
  });
  return ratings;
}

void Place(const std::string& question, const std::string& touchpoint, Change* change) {
  auto& placement = *change->mutable_enrichment()->add_placements();
  placement.set_question(question);
  placement.set_touchpoint(touchpoint);
}

TEST(Projection, EachRowOfAMatrixIsARatingOfItsOwnPlacedWithItsQuestion) {
  Change change = Rated(1, SurveyResponse::COMPLETION_FINISHED, 4);
  auto& answer = *change.mutable_signal()->mutable_survey_response()->mutable_answers(0);
  answer.clear_number();
  answer.set_question("areas");
  answer.set_type(feedback::v1::QUESTION_TYPE_MATRIX);
  answer.mutable_scale()->set_min(1);
  answer.mutable_scale()->set_max(5);
  for (const char* id : {"desk", "food", "wifi", "shops", "why"}) {
    answer.mutable_matrix()->add_rows()->set_row(id);
  }
  answer.mutable_matrix()->mutable_rows(0)->set_number(2);
  answer.mutable_matrix()->mutable_rows(1)->set_number(5);
  answer.mutable_matrix()->mutable_rows(2)->set_not_applicable(true);
  answer.mutable_matrix()->mutable_rows(4)->set_option("noise");
  Place("areas", "terminal", &change);
  Place("areas/food", "bistro", &change);
  EXPECT_EQ(Ratings(change),
            (std::vector<std::string>{"areas/desk=terminal:2", "areas/food=bistro:5",
                                      "areas/wifi=terminal:-", "areas/shops=terminal:-"}));
}

TEST(Projection, ARatingOfAChatIsAnAnswerOfItsQuestion) {
  Change change = Rated(1, SurveyResponse::COMPLETION_FINISHED, 4);
  change.mutable_signal()->set_touchpoint("support");
  auto& chat = *change.mutable_signal()->mutable_chat_message();
  chat.set_event(feedback::v1::ChatMessage::EVENT_RATED);
  chat.mutable_rating()->set_question("chat-csat");
  chat.mutable_rating()->set_number(2);
  EXPECT_EQ(Ratings(change), std::vector<std::string>{"chat-csat=support:2"});
  Place("chat-csat", "resolution", &change);
  EXPECT_EQ(Ratings(change), std::vector<std::string>{"chat-csat=resolution:2"});
}

TEST(Projection, TellsVersionsOfAQuestionApart) {
  Projection projection;
  std::vector<Change> changes;
  for (const auto& [text, version] : std::vector<std::pair<const char*, const char*>>{
           {"Happy?", ""}, {"Happy?", "2"}, {"Content?", ""}, {"Happy?", ""}}) {
    Change change = Rated(1, SurveyResponse::COMPLETION_FINISHED, 4);
    change.mutable_signal()->set_external_id(absl::StrCat(changes.size()));
    auto& answer = *change.mutable_signal()->mutable_survey_response()->mutable_answers(0);
    answer.set_question_text(text);
    answer.set_question_version(version);
    changes.push_back(change);
  }
  Apply(projection, changes);
  projection.Of("demo").Read([&](const EvidenceData& data) {
    ASSERT_EQ(data.questions.size(), 3u);
    EXPECT_EQ(data.questions[1].version, "2");
    EXPECT_EQ(data.questions[2].text, "Content?");
    EXPECT_EQ(data.ratings[3].question, data.ratings[0].question);
  });
}

TEST(Projection, DropsAnErasedCustomer) {
  Change rated = Rated(1, SurveyResponse::COMPLETION_FINISHED, 4);
  rated.mutable_signal()->set_customer("ann");
  rated.set_customer_hash(7);
  Change erased;
  erased.set_kind(Change::KIND_ERASED);
  erased.set_tenant("demo");
  erased.set_position("00000002");
  erased.set_customer_hash(7);
  Projection projection;
  EXPECT_EQ(Apply(projection, {rated}).values, std::vector<double>{4});
  EXPECT_TRUE(Apply(projection, {erased}).values.empty());
  rated.set_position("00000003");
  rated.mutable_signal()->set_external_id("another");
  EXPECT_EQ(Apply(projection, {rated}).values, std::vector<double>{4});
}

TEST(Projection, KeepsTheCursorWithThePage) {
  Projection projection;
  EXPECT_EQ(*projection.Cursor(), "");
  Apply(projection, {});
  EXPECT_EQ(*projection.Cursor(), "cursor");
}

}  // namespace
}  // namespace waymark::scoring
