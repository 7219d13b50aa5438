// What answers amount to: read right after they were given.
#include "absl/strings/str_cat.h"
#include "tests/api/messages.h"
#include "tests/api/server.h"
#include "tests/api/signals.h"
#include "waymark/scoring/v1/scoring_service.pb.h"

namespace waymark::api_test {
namespace {

using feedback::v1::Signal;
using scoring::v1::ComputeMetricRequest;
using scoring::v1::GetScoreReportRequest;
using scoring::v1::ListPrioritiesRequest;
using scoring::v1::ListPrioritiesResponse;
using scoring::v1::MetricResult;
using scoring::v1::ScoreReport;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ScoringTest : public ApiTest {
 protected:
  ComputeMetricRequest Ask(scoring::v1::Metric metric, const std::string& question,
                           const std::string& position = "") const {
    ComputeMetricRequest request;
    request.set_parent(client_.parent());
    request.set_metric(metric);
    request.set_question(question);
    request.set_min_position(position);
    return request;
  }
  grpc::Status Fail(const ComputeMetricRequest& request) const {
    MetricResult result;
    return client_.Try(request, &result);
  }
};

TEST_F(ScoringTest, AMetricHoldsTheAnswersGivenBefore) {
  for (int i = 1; i <= 30; ++i) {
    Signal survey = Survey(absl::StrCat("s", i), absl::StrCat("customer-", i));
    Rate("sat", i % 2 == 0 ? 5 : 2, &survey);
    const std::string position = Ingest(client_, {survey}).position();
    const auto csat = client_.Get<MetricResult>(Ask(scoring::v1::METRIC_CSAT, "sat", position));
    ASSERT_EQ(csat.estimate().n(), i);
    EXPECT_GE(csat.position(), position);
  }
  const auto csat = client_.Get<MetricResult>(Ask(scoring::v1::METRIC_CSAT, "sat"));
  EXPECT_DOUBLE_EQ(csat.estimate().value(), 50);
  EXPECT_LT(csat.estimate().lower(), 50);
  EXPECT_GT(csat.estimate().upper(), 50);
  ASSERT_THAT(csat.distribution(), SizeIs(2));
  EXPECT_EQ(csat.distribution(0).count() + csat.distribution(1).count(), csat.estimate().n());
}

TEST_F(ScoringTest, NpsIsPromotersMinusDetractors) {
  std::vector<Signal> surveys;
  const auto answer = [&](int count, double number) {
    for (int i = 0; i < count; ++i) {
      surveys.push_back(Survey(absl::StrCat("s", surveys.size()), ""));
      Rate("rec", number, &surveys.back())->set_type(feedback::v1::QUESTION_TYPE_NPS);
    }
  };
  answer(25, 9);
  answer(25, 10);
  answer(20, 7);
  answer(10, 8);
  answer(20, 6);
  const std::string position = Ingest(client_, surveys).position();
  const auto nps = client_.Get<MetricResult>(Ask(scoring::v1::METRIC_NPS, "rec", position));
  EXPECT_EQ(nps.estimate().n(), 100);
  EXPECT_DOUBLE_EQ(nps.estimate().value(), 30);
  // The only NPS question need not be named.
  EXPECT_DOUBLE_EQ(client_.Get<MetricResult>(Ask(scoring::v1::METRIC_NPS, "")).estimate().value(),
                   30);
}

TEST_F(ScoringTest, BlankAndNotApplicableAreNoRatings) {
  Signal survey = Survey("rated", "ann");
  Rate("sat", 5, &survey);
  Signal blank = Survey("blank", "bob");
  Rate("sat", 5, &blank)->clear_number();
  Signal not_applicable = Survey("n-a", "cyd");
  auto* answer = Rate("sat", 5, &not_applicable);
  answer->clear_number();
  answer->set_not_applicable(true);
  const std::string position = Ingest(client_, {survey, blank, not_applicable}).position();
  const auto csat = client_.Get<MetricResult>(Ask(scoring::v1::METRIC_CSAT, "sat", position));
  EXPECT_EQ(csat.estimate().n(), 1);
  EXPECT_EQ(csat.not_rated(), 2);
}

TEST_F(ScoringTest, RevisionsReplaceAndTombstonesRemoveAnswers) {
  Signal survey = Survey("s", "ann");
  Rate("sat", 5, &survey);
  Signal other = Survey("other", "bob");
  Rate("sat", 1, &other);
  Ingest(client_, {survey, other});
  survey.set_revision(1);
  survey.mutable_survey_response()->mutable_answers(0)->set_number(1);
  auto csat = client_.Get<MetricResult>(
      Ask(scoring::v1::METRIC_CSAT, "sat", Ingest(client_, {survey}).position()));
  EXPECT_EQ(csat.estimate().n(), 2);
  ASSERT_THAT(csat.distribution(), SizeIs(1));
  EXPECT_EQ(csat.distribution(0).value(), 1);
  survey.set_revision(2);
  survey.set_deleted(true);
  csat = client_.Get<MetricResult>(
      Ask(scoring::v1::METRIC_CSAT, "sat", Ingest(client_, {survey}).position()));
  EXPECT_EQ(csat.estimate().n(), 1);
}

TEST_F(ScoringTest, SaysWhatAMetricCannotBeComputedFrom) {
  Signal survey = Survey("s", "ann");
  Rate("sat", 4, &survey);
  const std::string position = Ingest(client_, {survey}).position();
  EXPECT_THAT(Fail(Ask(scoring::v1::METRIC_NPS, "sat", position)),
              Fails(grpc::FAILED_PRECONDITION, "METRIC_MISMATCH"));
  const grpc::Status unknown = Fail(Ask(scoring::v1::METRIC_CSAT, "no-such", position));
  EXPECT_THAT(unknown, Fails(grpc::NOT_FOUND, "QUESTION_NOT_FOUND"));
  EXPECT_THAT(unknown.error_message(), AllOf(HasSubstr("no-such"), HasSubstr("sat")));
  EXPECT_THAT(Fail(Ask(scoring::v1::METRIC_UNSPECIFIED, "sat")),
              Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
  ComputeMetricRequest request = Ask(scoring::v1::METRIC_CSAT, "sat");
  request.set_confidence(1);
  EXPECT_THAT(Fail(request), Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
}

/// A journey of two steps, on touchpoints "good" and "bad", with 60 customers who rate both.
class ScoreReportTest : public ScoringTest {
 protected:
  ScoreReportTest() {
    for (const char* touchpoint : {"good", "bad"}) {
      client_.Send("UpdateTouchpoint", absl::StrCat("touchpoint { name: '$0/touchpoints/",
                                                    touchpoint, "' } allow_missing: true"));
    }
    const Reply map = client_.Send(
        "UpdateJourneyMap",
        "journey_map { name: '$0/journeyMaps/m' stages { id: 's' "
        "steps { id: 'fine-step' display_name: 'Fine' touchpoint: 'good' } "
        "steps { id: 'sore-step' display_name: 'Sore' touchpoint: 'bad' } } } allow_missing: true");
    EXPECT_THAT(map.status, IsOk());
    std::vector<Signal> surveys;
    for (int i = 0; i < 60; ++i) {
      surveys.push_back(Survey(absl::StrCat("s", i), absl::StrCat("customer-", i)));
      Rate("good-q", 4 + i % 2, &surveys.back())->set_touchpoint("good");
      Rate("bad-q", 1 + i % 2, &surveys.back())->set_touchpoint("bad");
      Say("why", absl::StrCat("It hurts ", i), &surveys.back())->set_touchpoint("bad");
    }
    position_ = Ingest(client_, surveys).position();
  }

  ScoreReport Report() const {
    GetScoreReportRequest request;
    request.set_name(client_.parent() + "/journeyMaps/m");
    request.set_min_position(position_);
    return client_.Get<ScoreReport>(request);
  }
  ListPrioritiesResponse Priorities(int page_size, const std::string& token = "") const {
    ListPrioritiesRequest request;
    request.set_parent(client_.parent() + "/journeyMaps/m");
    request.set_min_position(position_);
    request.set_page_size(page_size);
    request.set_page_token(token);
    return client_.Get<ListPrioritiesResponse>(request);
  }

  std::string position_;
};

TEST_F(ScoreReportTest, ScoresEachStepByItsCustomers) {
  const ScoreReport report = Report();
  ASSERT_THAT(report.steps(), SizeIs(2));
  const auto& fine = report.steps(0);
  const auto& sore = report.steps(1);
  EXPECT_EQ(fine.step(), "fine-step");
  EXPECT_EQ(sore.step(), "sore-step");
  // 1 + 99 (x - 1) / 4 with means of 4.5 and 1.5.
  EXPECT_NEAR(fine.score().value(), 87.625, 1e-6);
  EXPECT_NEAR(sore.score().value(), 13.375, 1e-6);
  EXPECT_EQ(fine.score().n(), 60);
  EXPECT_EQ(sore.score().n(), 60);
  EXPECT_NEAR(report.baseline().value(), 50.5, 1e-6);
  EXPECT_FALSE(fine.pain_point());
  EXPECT_TRUE(sore.pain_point());
  EXPECT_NE(sore.reason(), "");
  ASSERT_GE(sore.quotes_size(), 1);
  EXPECT_THAT(sore.quotes(0), HasSubstr("It hurts"));
  EXPECT_EQ(report.journey_map_revision(), 1);
  ASSERT_THAT(report.stages(), SizeIs(1));
  EXPECT_EQ(report.stages(0).score().n(), 60);
}

TEST_F(ScoreReportTest, ComparesWithTheDeclaredTarget) {
  ASSERT_THAT(client_
                  .Send("UpdateJourneyMap",
                        "journey_map { name: '$0/journeyMaps/m' target_score: 95 } "
                        "update_mask { paths: 'target_score' }")
                  .status,
              IsOk());
  const ScoreReport report = Report();
  EXPECT_EQ(report.journey_map_revision(), 2);
  EXPECT_TRUE(report.baseline_is_target());
  EXPECT_EQ(report.baseline().value(), 95);
  EXPECT_TRUE(report.steps(0).pain_point());
}

TEST_F(ScoreReportTest, RanksThePainPoint) {
  const ListPrioritiesResponse all = Priorities(0);
  ASSERT_GE(all.priorities_size(), 1);
  const auto& first = all.priorities(0);
  EXPECT_EQ(first.rank(), 1);
  EXPECT_EQ(first.kind(), scoring::v1::Priority::KIND_PAIN_POINT);
  EXPECT_EQ(first.step(), "sore-step");
  EXPECT_GE(first.reasons_size(), 1);
  EXPECT_THAT(first.name(), HasSubstr(client_.parent() + "/journeyMaps/m/priorities/"));

  std::string token;
  for (int i = 0; i < all.priorities_size(); ++i) {
    const ListPrioritiesResponse page = Priorities(1, token);
    ASSERT_THAT(page.priorities(), SizeIs(1));
    EXPECT_EQ(page.priorities(0).DebugString(), all.priorities(i).DebugString());
    token = page.next_page_token();
  }
  EXPECT_EQ(token, "");
}

TEST_F(ScoringTest, StaffWhoKnowOfLeaversContradictHealthyUsage) {
  std::vector<Signal> signals;
  for (int i = 0; i < 200; ++i) {
    const std::string customer = absl::StrCat("customer-", i);
    for (int week = 0; week < 12; ++week) {
      signals.push_back(Visit(absl::StrCat(i, "-", week), customer, "use", week * 7 * 86'400 + i));
    }
    if (i >= 40) continue;
    Signal known;
    known.set_source("staff");
    known.set_external_id(customer);
    known.set_customer(customer);
    known.mutable_event_time()->set_seconds(signals.back().event_time().seconds());
    known.mutable_staff_observation()->set_observer("eve");
    known.mutable_staff_observation()->set_statement("They told me they leave");
    known.mutable_staff_observation()->set_confidence(0.9);
    known.mutable_staff_observation()->set_stance(feedback::v1::StaffObservation::STANCE_LEAVING);
    signals.push_back(known);
  }
  const std::string position = Ingest(client_, signals).position();
  scoring::v1::ListInsightsRequest request;
  request.set_parent(client_.parent());
  request.set_min_position(position);
  const auto all = client_.Get<scoring::v1::ListInsightsResponse>(request);
  ASSERT_GE(all.insights_size(), 1);
  EXPECT_EQ(all.insights(0).kind(), scoring::v1::Insight::KIND_USAGE_HEALTHY_STAFF_LEAVING);
  EXPECT_EQ(all.insights(0).customer_count(), 40);
  EXPECT_THAT(all.insights(0).customers(), SizeIs(40));
}

}  // namespace
}  // namespace waymark::api_test
