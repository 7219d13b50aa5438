#include "services/scoring/findings.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/scoring/evidence_builder.h"
#include "services/scoring/ranking.h"

namespace waymark::scoring {
namespace {

std::vector<SufferingSegment> Segments(const EvidenceBuilder& builder) {
  std::vector<SufferingSegment> found;
  builder.evidence.Read([&](const EvidenceData& data) { found = FindSufferingSegments(data, {}); });
  return found;
}

Contradictions Contradict(const EvidenceBuilder& builder) {
  Contradictions found;
  builder.evidence.Read([&](const EvidenceData& data) { found = FindContradictions(data); });
  return found;
}

void RateBySegment(EvidenceBuilder& builder, uint64_t seed, double student_effect) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(4, 0.9);
  const char* segments[] = {"home", "student", "family", "office"};
  const char* regions[] = {"north", "south"};
  for (int i = 0; i < 400; ++i) {
    const bool student = i % 4 == 1;
    const double raw = noise(random) - (student ? student_effect : 0);
    builder.Rate(absl::StrCat("c", i), "desk", std::clamp(std::round(raw), 1.0, 5.0),
                 {{"segment", segments[i % 4]}, {"region", regions[random() % 2]}});
  }
}

TEST(SufferingSegments, NamesTheSegmentOverManySeeds) {
  int found = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EvidenceBuilder builder;
    RateBySegment(builder, seed, 0.6);
    const auto segments = Segments(builder);
    found += !segments.empty() && segments[0].key == "segment" && segments[0].value == "student";
  }
  EXPECT_GE(found, 19);
}

TEST(SufferingSegments, FindsNoneWhereNobodySuffers) {
  int maps_with_findings = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    EvidenceBuilder builder;
    RateBySegment(builder, seed, 0);
    maps_with_findings += !Segments(builder).empty();
  }
  EXPECT_LE(maps_with_findings, 20);
}

TEST(LossyHandoffs, NamesTheOneThatLosesMore) {
  const auto found = FindLossyHandoffs({{"order", "web", "phone", "call", 1000, 30, 970},
                                        {"book", "phone", "field", "visit", 900, 270, 630},
                                        {"visit", "field", "app", "activate", 630, 12, 618}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].counts.activity, "book");
  EXPECT_NEAR(found[0].excess.value, 100 * (270 / 900.0 - 42 / 1630.0), 1e-9);
}

TEST(LossyHandoffs, EndsOfTheJourneyAreNone) {
  EXPECT_TRUE(FindLossyHandoffs({{"renew", "mail", "", "", 500, 500, 0},
                                 {"order", "web", "phone", "call", 1000, 30, 970},
                                 {"book", "phone", "field", "visit", 900, 27, 873}})
                  .empty());
  EXPECT_TRUE(FindLossyHandoffs({}).empty());
}

TEST(Contradictions, HealthyUsageAgainstStaffWhoKnowBetter) {
  EvidenceBuilder builder;
  for (int day = 0; day < 84; day += 3) {
    for (const char* customer : {"healthy", "healthy-leaving", "late-leaving"}) {
      builder.Interact(customer, day);
    }
    if (day < 50) builder.Interact("stopped-leaving", day);
  }
  builder.Observe("healthy-leaving", Stance::kLeaving, 80);
  builder.Observe("stopped-leaving", Stance::kLeaving, 80);
  builder.Observe("healthy", Stance::kStaying, 80);
  // What staff heard last counts.
  builder.Observe("late-leaving", Stance::kStaying, 70);
  builder.Observe("late-leaving", Stance::kLeaving, 75);
  builder.Observe("never-seen", Stance::kLeaving, 80);
  const Contradictions found = Contradict(builder);
  EXPECT_THAT(found.healthy_but_leaving, testing::ElementsAre("healthy-leaving", "late-leaving"));
  EXPECT_EQ(found.leaving, 4);
  EXPECT_EQ(found.leaving_with_usage, 3);
  EXPECT_NEAR(found.staff_confidence, 0.8, 1e-9);
}

TEST(Contradictions, WhatStaffSayOfOneIdIsHeldAgainstTheUsageOfAllThatAreLinked) {
  EvidenceBuilder builder;
  for (int day = 0; day < 84; day += 3) {
    builder.Interact(day % 2 == 0 ? "app-7" : "web-7", day);
  }
  builder.Rate("web-7", "desk", 5);
  builder.Observe("crm-7", Stance::kLeaving, 80);
  EXPECT_THAT(Contradict(builder).healthy_but_leaving, testing::IsEmpty());
  builder.Link("web-7", "crm-7");
  builder.Link("app-7", "web-7");
  EXPECT_THAT(Contradict(builder).healthy_but_leaving, testing::ElementsAre("app-7"));
  builder.Observe("web-7", Stance::kStaying, 82);
  EXPECT_THAT(Contradict(builder).healthy_but_leaving, testing::IsEmpty())
      << "the latest word of staff on any of the ids counts";
  builder.Link("web-7", "crm-7", false);
  EXPECT_EQ(Contradict(builder).leaving, 1);
  EXPECT_EQ(Contradict(builder).leaving_with_usage, 0);
}

TEST(Contradictions, AreNoneBeforeThereIsAnySignal) {
  const Contradictions found = Contradict(EvidenceBuilder());
  EXPECT_TRUE(found.healthy_but_leaving.empty());
  EXPECT_EQ(found.leaving, 0);
}

TEST(Contradictions, SatisfiedCustomersWhoAreGone) {
  EvidenceBuilder builder;
  for (int day = 0; day < 84; day += 3) {
    builder.Interact("there", day);
    if (day < 50) {
      builder.Interact("gone", day);
      builder.Interact("gone-unhappy", day);
    }
  }
  builder.Rate("there", "desk", 5);
  builder.Rate("gone", "desk", 5);
  builder.Rate("gone-unhappy", "desk", 1);
  const Contradictions found = Contradict(builder);
  EXPECT_THAT(found.satisfied_but_gone, testing::ElementsAre("gone"));
  EXPECT_EQ(found.stopped, 2);
}

TEST(Ranking, ComparesProblemsOfAllKindsInPointsLost) {
  Report report;
  report.baseline = {.value = 75, .suppressed = false};
  Report::Step step;
  step.model = {"visit", "Technician visit", "onboarding", "technician"};
  step.score = {.value = 55, .lower = 53, .upper = 57, .n = 300, .suppressed = false};
  step.difference = -20;
  step.standard_error = 1;
  step.adjusted_p_value = 0.0001;
  step.pain_point = true;
  step.reason = "55.0 against a baseline of 75.0";
  step.reach = 2000;
  report.steps = {step};
  // 2,000 customers lose 20 points each; 900 journeys lose 27 in 100 customers more than others.
  const auto handoffs = FindLossyHandoffs({{"order", "web", "phone", "call", 1000, 30, 970},
                                           {"book", "phone", "field", "visit", 900, 270, 630}});
  Contradictions contradictions;
  contradictions.healthy_but_leaving = {"a", "b"};
  contradictions.staff_confidence = 0.8;
  const auto ranked = RankOpportunities(report, handoffs, {}, contradictions);
  ASSERT_EQ(ranked.size(), 3u);
  EXPECT_EQ(ranked[0].id, "step-visit");
  EXPECT_NEAR(ranked[0].score, 2000 * 20 * 0.9999, 1e-6);
  EXPECT_EQ(ranked[1].id, "handoff-book-phone-to-field");
  EXPECT_EQ(ranked[2].id, "hidden-churn");
  EXPECT_NEAR(ranked[2].score, 2 * 100 * 0.8, 1e-9);
  for (const Opportunity& item : ranked) {
    EXPECT_FALSE(item.reasons.empty()) << item.id;
    EXPECT_GT(item.rank_stability, 50) << item.id;
  }
}

}  // namespace
}  // namespace waymark::scoring
