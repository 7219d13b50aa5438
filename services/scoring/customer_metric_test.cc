#include "services/scoring/customer_metric.h"

#include <gtest/gtest.h>

#include "libs/base/error.h"
#include "services/scoring/evidence_builder.h"

namespace waymark::scoring {
namespace {

void Answer(EvidenceBuilder& builder, const std::string& question, QuestionKind kind,
            stats::Scale scale, std::vector<double> values, const std::string& source = "survey") {
  for (double value : values) {
    SignalEvidence signal = builder.New(source, "");
    signal.ratings.push_back(
        {.question = question, .kind = kind, .scale = scale, .rated = true, .value = value});
    builder.evidence.Apply(signal);
  }
}

absl::StatusOr<MetricAnswer> Compute(const EvidenceBuilder& builder, const MetricQuery& query) {
  absl::StatusOr<MetricAnswer> answer = absl::InternalError("not read");
  builder.evidence.Read([&](const EvidenceData& data) { answer = ComputeMetric(data, query); });
  return answer;
}

std::string ReasonOf(const absl::Status& status) {
  const auto details = GetErrorDetails(status);
  return details ? details->reason : "";
}

// n = 324, p = 1/2, d = 1/6: NPS 33.33, half width 8.12.
TEST(CustomerMetric, NpsHasItsIntervalAndDistribution) {
  EvidenceBuilder builder;
  Answer(builder, "recommend", QuestionKind::kNps, stats::kNpsScale, std::vector<double>(162, 10));
  Answer(builder, "recommend", QuestionKind::kNps, stats::kNpsScale, std::vector<double>(108, 7));
  Answer(builder, "recommend", QuestionKind::kNps, stats::kNpsScale, std::vector<double>(54, 3));
  const auto answer = Compute(builder, {.kind = MetricQuery::Kind::kNps});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_NEAR(answer->estimate.value, 33.33, 0.01);
  EXPECT_NEAR(answer->estimate.upper - answer->estimate.value, 8.12, 0.01);
  EXPECT_EQ(answer->estimate.n, 324);
  EXPECT_EQ(answer->distribution,
            (std::vector<std::pair<double, int64_t>>{{3, 54}, {7, 108}, {10, 162}}));
}

TEST(CustomerMetric, CsatCountsTheBestValuesInTheScalesDirection) {
  EvidenceBuilder builder;
  const std::vector<double> values = {1, 2, 3, 4, 5, 1, 2, 3, 4, 5};
  Answer(builder, "up", QuestionKind::kCsat, {1, 5, true}, values);
  Answer(builder, "down", QuestionKind::kCsat, {1, 5, false}, {1, 1, 1, 1, 1, 1, 1, 5, 5, 5});
  EXPECT_NEAR(
      Compute(builder, {.kind = MetricQuery::Kind::kCsat, .question = "up"})->estimate.value, 40,
      1e-9);
  EXPECT_NEAR(
      Compute(builder, {.kind = MetricQuery::Kind::kCsat, .question = "down"})->estimate.value, 70,
      1e-9);
}

TEST(CustomerMetric, BlankAnswersAreCountedApart) {
  EvidenceBuilder builder;
  Answer(builder, "q", QuestionKind::kCsat, {1, 5, true}, std::vector<double>(20, 5));
  SignalEvidence blank = builder.New("survey", "");
  blank.ratings.push_back({.question = "q", .kind = QuestionKind::kCsat, .scale = {1, 5, true}});
  builder.evidence.Apply(blank);
  const auto answer = Compute(builder, {.kind = MetricQuery::Kind::kCsat});
  EXPECT_EQ(answer->estimate.n, 20);
  EXPECT_EQ(answer->not_rated, 1);
}

TEST(CustomerMetric, SaysWhatIsMissing) {
  EvidenceBuilder builder;
  Answer(builder, "q", QuestionKind::kCsat, {1, 5, true}, {4});
  EXPECT_EQ(ReasonOf(Compute(builder, {.selection = {.sources = {"other"}}}).status()),
            "SOURCE_NOT_FOUND");
  const absl::Status unknown = Compute(builder, {.question = "nps"}).status();
  EXPECT_EQ(ReasonOf(unknown), "QUESTION_NOT_FOUND");
  EXPECT_NE(unknown.message().find("there are q"), absl::string_view::npos) << unknown;
  EXPECT_EQ(ReasonOf(Compute(builder, {.question = "q"}).status()), "METRIC_MISMATCH");
}

TEST(CustomerMetric, NeverJoinsScales) {
  EvidenceBuilder builder;
  Answer(builder, "q", QuestionKind::kCsat, {1, 5, true}, {4}, "a");
  Answer(builder, "q", QuestionKind::kCsat, {1, 7, true}, {4}, "b");
  EXPECT_EQ(
      ReasonOf(Compute(builder, {.kind = MetricQuery::Kind::kCsat, .question = "q"}).status()),
      "METRIC_MISMATCH");
  EXPECT_TRUE(
      Compute(builder,
              {.kind = MetricQuery::Kind::kCsat, .question = "q", .selection = {.sources = {"b"}}})
          .ok());
}

TEST(CustomerMetric, FiltersByAttribute) {
  EvidenceBuilder builder;
  for (int i = 0; i < 30; ++i) {
    builder.Rate(absl::StrCat("c", i), "desk", i < 10 ? 1 : 5,
                 {{"segment", i < 10 ? "student" : "home"}});
  }
  const auto answer = Compute(builder, {.kind = MetricQuery::Kind::kCsat,
                                        .selection = {.attributes = {{"segment", {"student"}}}}});
  EXPECT_EQ(answer->estimate.n, 10);
  EXPECT_EQ(answer->estimate.value, 0);
}

}  // namespace
}  // namespace waymark::scoring
