#include "services/scoring/score_report.h"

#include <algorithm>
#include <limits>
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/scoring/evidence_builder.h"

namespace waymark::scoring {
namespace {

constexpr int kSteps = 10;

MapModel TenSteps() {
  MapModel map;
  map.stages = {{"s0", "First"}, {"s1", "Second"}};
  for (int i = 0; i < kSteps; ++i) {
    const std::string id = absl::StrCat("t", i);
    map.steps.push_back({id, id, i < 5 ? "s0" : "s1", id});
  }
  return map;
}

Report Score(const EvidenceBuilder& builder, const MapModel& map) {
  Report report;
  builder.evidence.Read([&](const EvidenceData& data) {
    report = ScoreMap(data, map, std::numeric_limits<int64_t>::min(),
                      std::numeric_limits<int64_t>::max());
  });
  return report;
}

// Customers with moods of their own rate half of the steps; `broken` is `effect` lower.
EvidenceBuilder& Simulate(EvidenceBuilder& builder, uint64_t seed, int customers, int broken,
                          double effect) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> mood(4, 0.4), noise(0, 0.8);
  for (int customer = 0; customer < customers; ++customer) {
    const double mean = mood(random);
    for (int step = 0; step < kSteps; ++step) {
      if (random() % 2 == 0) continue;
      const double raw = mean + noise(random) - (step == broken ? effect : 0);
      builder.Rate(absl::StrCat("c", customer), absl::StrCat("t", step),
                   std::clamp(std::round(raw), 1.0, 5.0));
    }
  }
  return builder;
}

TEST(ScoreMap, LinkedCustomersHaveOneMeanAndAreReachedOnce) {
  EvidenceBuilder builder;
  builder.Rate("web-7", "t0", 1);
  builder.Rate("app-7", "t0", 3);
  builder.Rate("bob", "t0", 4);
  const auto n_and_mean = [&] {
    const Report report = Score(builder, TenSteps());
    return std::pair(report.steps[0].moments.n(), report.steps[0].moments.mean());
  };
  EXPECT_EQ(n_and_mean(), std::pair(int64_t{3}, (1 + 50.5 + 75.25) / 3));
  builder.Link("web-7", "app-7");
  EXPECT_EQ(n_and_mean(), std::pair(int64_t{2}, ((1 + 50.5) / 2 + 75.25) / 2));
  EXPECT_EQ(Score(builder, TenSteps()).steps[0].reach, 2);
  builder.Link("web-7", "app-7", false);
  EXPECT_EQ(n_and_mean(), std::pair(int64_t{3}, (1 + 50.5 + 75.25) / 3));
}

TEST(ScoreMap, AMemberOfAPersonaIsOneByAnyOfTheLinkedIds) {
  EvidenceBuilder builder;
  builder.Rate("web-7", "t0", 1, {{"segment", "smb"}});
  builder.Rate("app-7", "t0", 3);
  MapModel map = TenSteps();
  map.membership = {{"segment", {"smb"}}};
  EXPECT_EQ(Score(builder, map).steps[0].moments.mean(), 1);
  builder.Link("web-7", "app-7");
  EXPECT_EQ(Score(builder, map).steps[0].moments.mean(), (1 + 50.5) / 2);
}

// Scores are sums in the order of ids, which differ: equal but for the last digits.
void ExpectEqual(const Report& a, const Report& b) {
  for (int i = 0; i < kSteps; ++i) {
    EXPECT_EQ(a.steps[i].moments.n(), b.steps[i].moments.n());
    EXPECT_EQ(a.steps[i].reach, b.steps[i].reach);
    EXPECT_NEAR(a.steps[i].moments.mean(), b.steps[i].moments.mean(), 1e-9);
    EXPECT_NEAR(a.steps[i].score.upper, b.steps[i].score.upper, 1e-6);
  }
  EXPECT_NEAR(a.score.value, b.score.value, 1e-9);
}

TEST(ScoreMap, WhenLinksComeAmongTheSignalsDoesNotMatter) {
  std::mt19937_64 random(31);
  for (int round = 0; round < 30; ++round) {
    EvidenceBuilder interleaved;
    struct Answer {
      std::string customer, touchpoint;
      double value;
    };
    std::vector<Answer> answers;
    std::map<std::pair<std::string, std::string>, bool> linked;
    for (int i = 0; i < 300; ++i) {
      if (random() % 6 == 0) {
        const auto [low, high] = std::minmax({random() % 40, random() % 40});
        if (low == high) continue;
        const std::pair pair = {absl::StrCat("c", low), absl::StrCat("c", high)};
        linked[pair] = random() % 3 != 0;
        interleaved.Link(pair.second, pair.first, linked[pair]);
        continue;
      }
      answers.push_back({absl::StrCat("c", random() % 40), absl::StrCat("t", random() % kSteps),
                         1.0 + static_cast<double>(random() % 5)});
      interleaved.Rate(answers.back().customer, answers.back().touchpoint, answers.back().value);
    }
    EvidenceBuilder links_first, links_last;
    const auto link = [&](EvidenceBuilder& builder) {
      for (const auto& [pair, is_linked] : linked) {
        if (is_linked) builder.Link(pair.first, pair.second);
      }
    };
    link(links_first);
    for (const Answer& one : answers) links_first.Rate(one.customer, one.touchpoint, one.value);
    for (const Answer& one : answers) links_last.Rate(one.customer, one.touchpoint, one.value);
    link(links_last);
    ExpectEqual(Score(interleaved, TenSteps()), Score(links_first, TenSteps()));
    ExpectEqual(Score(interleaved, TenSteps()), Score(links_last, TenSteps()));
  }
}

std::vector<std::string> PainPoints(const Report& report) {
  std::vector<std::string> found;
  for (const Report::Step& step : report.steps) {
    if (step.pain_point) found.push_back(step.model.id);
  }
  return found;
}

TEST(ScoreMap, TouchpointScoreIsTheMeanOverCustomersMeans) {
  EvidenceBuilder builder;
  // Ann answers often: she still counts once. Scores of 1, 3, 5 are 1, 50.5, 100.
  for (int i = 0; i < 9; ++i) builder.Rate("ann", "t0", 1);
  for (int i = 0; i < 9; ++i) builder.Rate(absl::StrCat("c", i), "t0", 5);
  const Report report = Score(builder, TenSteps());
  EXPECT_EQ(report.steps[0].score.n, 10);
  EXPECT_NEAR(report.steps[0].score.value, (1 + 9 * 100) / 10.0, 1e-9);
  EXPECT_TRUE(report.steps[1].score.suppressed);
}

TEST(ScoreMap, FindsTheBrokenStepByNameWithItsReason) {
  int found = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EvidenceBuilder builder;
    const Report report = Score(Simulate(builder, seed, 300, 3, 0.6), TenSteps());
    const std::vector<std::string> pain_points = PainPoints(report);
    found += std::count(pain_points.begin(), pain_points.end(), "t3");
    EXPECT_THAT(report.steps[3].reason, testing::HasSubstr("against a baseline of"));
  }
  EXPECT_EQ(found, 20);
}

// Without a planted problem at most 2.5 % of maps may show red (5 % differ, half of them upwards);
// 400 maps allow for chance up to 0.025 + 3 standard errors.
TEST(ScoreMap, WithNothingWrongMapsRarelyShowRed) {
  int red = 0;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    EvidenceBuilder builder;
    red += !PainPoints(Score(Simulate(builder, seed, 100, -1, 0), TenSteps())).empty();
  }
  EXPECT_LE(red, 19);
}

TEST(ScoreMap, FewCustomersAreNoPainPoint) {
  EvidenceBuilder builder;
  for (int i = 0; i < 29; ++i) builder.Rate(absl::StrCat("c", i), "t0", 1 + i % 2);
  for (int i = 0; i < 200; ++i) builder.Rate(absl::StrCat("c", i), "t1", 4 + i % 2);
  EXPECT_TRUE(PainPoints(Score(builder, TenSteps())).empty());
  builder.Rate("c29", "t0", 1);
  EXPECT_THAT(PainPoints(Score(builder, TenSteps())), testing::ElementsAre("t0"));
}

TEST(ScoreMap, DeclaredTargetIsTheBaseline) {
  EvidenceBuilder builder;
  for (int i = 0; i < 200; ++i) builder.Rate(absl::StrCat("c", i), "t1", 3 + i % 3);
  MapModel map = TenSteps();
  EXPECT_TRUE(PainPoints(Score(builder, map)).empty());
  map.target_score = 90;
  const Report report = Score(builder, map);
  EXPECT_TRUE(report.baseline_is_target);
  EXPECT_THAT(PainPoints(report), testing::ElementsAre("t1"));
}

TEST(ScoreMap, PersonaRestrictsToItsMembers) {
  EvidenceBuilder builder;
  for (int i = 0; i < 40; ++i) {
    builder.Rate(absl::StrCat("c", i), "t0", i < 20 ? 1 : 5,
                 {{"segment", i < 20 ? "student" : "home"}});
  }
  MapModel map = TenSteps();
  map.membership = {{"segment", {"student"}}};
  const Report report = Score(builder, map);
  EXPECT_EQ(report.steps[0].score.n, 20);
  EXPECT_NEAR(report.steps[0].score.value, 1, 1e-9);
  EXPECT_EQ(report.steps[0].reach, 20);
}

TEST(ScoreMap, EmptyEvidenceIsSuppressedNotZero) {
  EvidenceBuilder builder;
  const Report report = Score(builder, TenSteps());
  EXPECT_TRUE(report.score.suppressed);
  EXPECT_TRUE(report.baseline.suppressed);
  EXPECT_EQ(report.steps.size(), static_cast<size_t>(kSteps));
}

}  // namespace
}  // namespace waymark::scoring
