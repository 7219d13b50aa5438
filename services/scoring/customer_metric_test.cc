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

struct Form {
  std::string text;
  std::string version = "";
  stats::Scale scale = {1, 5, true};
};

// `count` answers of 5, the first on `day`, then one a day.
void Ask(EvidenceBuilder& builder, const Form& form, int day, int count,
         const std::string& source = "survey") {
  for (int i = 0; i < count; ++i) {
    SignalEvidence signal = builder.New(source, "");
    signal.time_micros = (day + i) * int64_t{86'400'000'000};
    signal.ratings.push_back({.question = "q",
                              .kind = QuestionKind::kCsat,
                              .scale = form.scale,
                              .version = form.version,
                              .text = form.text,
                              .rated = true,
                              .value = 5});
    builder.evidence.Apply(signal);
  }
}

constexpr MetricQuery::Kind kCsat = MetricQuery::Kind::kCsat;

TEST(CustomerMetric, ARewordedQuestionCountsInItsNewestVersionAndNamesTheOther) {
  EvidenceBuilder builder;
  Ask(builder, {"How happy are you?"}, 100, 20);
  Ask(builder, {"How satisfied are you?"}, 10, 30);
  // Somebody answers an old invitation late: the newer wording is still the newest.
  Ask(builder, {"How satisfied are you?"}, 200, 1);
  const auto newest = Compute(builder, {.kind = kCsat});
  ASSERT_TRUE(newest.ok()) << newest.status();
  EXPECT_EQ(newest->estimate.n, 20);
  ASSERT_EQ(newest->versions.size(), 1u);
  EXPECT_EQ(newest->versions[0].text, "How happy are you?");
  ASSERT_EQ(newest->other_versions.size(), 1u);
  EXPECT_EQ(newest->other_versions[0].text, "How satisfied are you?");
  EXPECT_EQ(newest->other_versions[0].answers, 31);

  const std::string older = newest->other_versions[0].id;
  const auto named = Compute(builder, {.kind = kCsat, .versions = {older}});
  EXPECT_EQ(named->estimate.n, 31);
  EXPECT_EQ(named->other_versions.at(0).id, newest->versions[0].id);
  const auto joined =
      Compute(builder, {.kind = kCsat, .versions = {older, newest->versions[0].id}});
  EXPECT_EQ(joined->estimate.n, 51);
  EXPECT_TRUE(joined->other_versions.empty());
}

TEST(CustomerMetric, TheSourcesOwnVersionAndTheTypeTellVersionsApartToo) {
  EvidenceBuilder builder;
  Ask(builder, {"Same", "2023"}, 1, 12);
  Ask(builder, {"Same", "2024"}, 50, 15);
  Answer(builder, "q", QuestionKind::kRating, {1, 5, true}, std::vector<double>(11, 3));
  const auto answer = Compute(builder, {.kind = kCsat, .question = "q"});
  EXPECT_EQ(answer->estimate.n, 15);
  EXPECT_EQ(answer->versions.at(0).source_version, "2024");
  EXPECT_EQ(answer->other_versions.size(), 2u);
}

TEST(CustomerMetric, OneVersionIsOneWhateverTheSource) {
  EvidenceBuilder builder;
  Ask(builder, {"Same"}, 1, 12, "a");
  Ask(builder, {"Same"}, 90, 15, "b");
  EXPECT_EQ(Compute(builder, {.kind = kCsat})->estimate.n, 27);
}

TEST(CustomerMetric, ARescaledQuestionNeedsAVersionOrAFilterOfOneScale) {
  EvidenceBuilder builder;
  Ask(builder, {"Same", "", {1, 5, true}}, 1, 20);
  Ask(builder, {"Same", "", {1, 7, true}}, 100, 30);
  const absl::Status mixed = Compute(builder, {.kind = kCsat}).status();
  EXPECT_EQ(ReasonOf(mixed), "METRIC_MISMATCH");
  for (const char* named : {"1-5", "1-7", "n 20", "n 30"}) {
    EXPECT_NE(mixed.message().find(named), absl::string_view::npos) << mixed;
  }
  const auto early =
      Compute(builder, {.kind = kCsat, .selection = {.to_micros = 50 * int64_t{86'400'000'000}}});
  ASSERT_TRUE(early.ok()) << early.status();
  EXPECT_EQ(early->estimate.n, 20);
  EXPECT_EQ(early->scale.max, 5);
  const auto late =
      Compute(builder, {.kind = kCsat, .selection = {.from_micros = 50 * int64_t{86'400'000'000}}});
  EXPECT_EQ(late->scale.max, 7);
  const auto named = Compute(builder, {.kind = kCsat, .versions = {late->versions.at(0).id}});
  EXPECT_EQ(named->estimate.n, 30);
  EXPECT_EQ(
      ReasonOf(Compute(builder, {.kind = kCsat,
                                 .versions = {early->versions.at(0).id, late->versions.at(0).id}})
                   .status()),
      "METRIC_MISMATCH");
}

TEST(CustomerMetric, AnswersWithoutAWordingBelongToTheOnlyOneThereIs) {
  EvidenceBuilder builder;
  Ask(builder, {""}, 1, 10);
  Ask(builder, {"How happy are you?"}, 50, 20);
  EXPECT_EQ(Compute(builder, {.kind = kCsat})->estimate.n, 30);
  Ask(builder, {"How satisfied are you?"}, 100, 15);
  const auto answer = Compute(builder, {.kind = kCsat});
  EXPECT_EQ(answer->estimate.n, 15);
  EXPECT_EQ(answer->other_versions.size(), 2u);
}

TEST(CustomerMetric, WhatWasOnlyLeftBlankIsNoOtherVersion) {
  EvidenceBuilder builder;
  Ask(builder, {"Same", "", {1, 7, true}}, 1, 12);
  SignalEvidence blank = builder.New("survey", "");
  blank.ratings.push_back({.question = "q", .kind = QuestionKind::kCsat, .scale = {1, 5, true}});
  builder.evidence.Apply(blank);
  const auto answer = Compute(builder, {.kind = kCsat});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->estimate.n, 12);
  EXPECT_EQ(answer->not_rated, 1);
  EXPECT_TRUE(answer->other_versions.empty());
}

TEST(CustomerMetric, SaysWhichVersionsThereAre) {
  EvidenceBuilder builder;
  Ask(builder, {"Same", "v7"}, 1, 12);
  const absl::Status status = Compute(builder, {.kind = kCsat, .versions = {"beef"}}).status();
  EXPECT_EQ(ReasonOf(status), "QUESTION_NOT_FOUND");
  EXPECT_NE(status.message().find("v7"), absl::string_view::npos) << status;
}

TEST(CustomerMetric, NamesOfVersionsAreTheSameInEveryProcess) {
  EvidenceBuilder builder;
  Ask(builder, {"How happy are you?", "v7"}, 1, 12);
  EXPECT_EQ(Compute(builder, {.kind = kCsat})->versions.at(0).id, "9c6543ff");
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
