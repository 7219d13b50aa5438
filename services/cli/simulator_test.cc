#include "services/cli/simulator.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/cli/journey_file.h"

namespace waymark::cli {
namespace {

using feedback::v1::Signal;

struct Company {
  std::vector<Signal> signals;
  Truths truths;
};

Company Simulated(const SimulatorOptions& options) {
  Company company;
  const absl::Status status = Simulate(
      options,
      [&](const Signal& signal) {
        company.signals.push_back(signal);
        return absl::OkStatus();
      },
      &company.truths);
  EXPECT_TRUE(status.ok()) << status;
  return company;
}

struct Mean {
  double sum = 0;
  int64_t n = 0;
  double value() const { return sum / static_cast<double>(n); }
};

/// Calls visit(signal, step, rating) for each rating of a step.
template <typename Visit>
void ForEachRating(const Company& company, Visit visit) {
  for (const Signal& signal : company.signals) {
    for (const auto& answer : signal.survey_response().answers()) {
      absl::string_view step = answer.question();
      if (absl::ConsumePrefix(&step, "csat-")) visit(signal, std::string(step), answer.number());
    }
  }
}

std::map<std::string, Mean> MeansByStep(const Company& company) {
  std::map<std::string, Mean> means;
  ForEachRating(company, [&](const Signal&, const std::string& step, double rating) {
    means[step].sum += rating;
    ++means[step].n;
  });
  return means;
}

std::string AttributeOf(const Signal& signal, const std::string& key) {
  for (const auto& attribute : signal.attributes()) {
    if (attribute.key() == key) return attribute.value();
  }
  return "";
}

TEST(Simulator, GivesEqualSignalsForEqualSeeds) {
  const Company a = Simulated({.customers = 50, .seed = 3});
  const Company b = Simulated({.customers = 50, .seed = 3});
  const Company c = Simulated({.customers = 50, .seed = 4});
  ASSERT_EQ(a.signals.size(), b.signals.size());
  for (size_t i = 0; i < a.signals.size(); ++i) {
    ASSERT_EQ(a.signals[i].SerializeAsString(), b.signals[i].SerializeAsString());
  }
  EXPECT_NE(a.signals.size(), c.signals.size());
}

TEST(Simulator, GivesEverySignalAKeyOfItsOwnAndATime) {
  std::set<std::string> keys;
  for (const Signal& signal : Simulated({.customers = 200, .seed = 1}).signals) {
    EXPECT_TRUE(keys.insert(absl::StrCat(signal.source(), "/", signal.external_id())).second);
    EXPECT_GT(signal.event_time().seconds(), 0);
    EXPECT_NE(signal.kind_case(), Signal::KIND_NOT_SET);
  }
}

TEST(Simulator, WalksTheDemoJourney) {
  const auto file = LoadJourneyFile("services/cli/demo/journey.yaml", "demo");
  ASSERT_TRUE(file.ok()) << file.status();
  std::set<std::string> steps;
  for (const auto& stage : file->journey_maps[0].stages()) {
    for (const auto& step : stage.steps()) steps.insert(step.id());
  }
  const Company company = Simulated({.customers = 500, .seed = 2});
  std::set<std::string> rated;
  for (const auto& [step, mean] : MeansByStep(company)) rated.insert(step);
  EXPECT_EQ(rated, steps);
  EXPECT_TRUE(steps.contains(company.truths.broken_step));
}

TEST(Simulator, RatesTheBrokenStepFarBelowTheOthers) {
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    const Company company = Simulated({.customers = 1000, .seed = seed});
    const auto means = MeansByStep(company);
    const double broken = means.at(company.truths.broken_step).value();
    for (const auto& [step, mean] : means) {
      EXPECT_GE(mean.n, 30) << step;
      if (step == company.truths.broken_step) continue;
      EXPECT_GT(mean.value(), broken + 0.5) << step;
    }
  }
}

TEST(Simulator, LetsTheSegmentSuffer) {
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    const Company company = Simulated({.customers = 1000, .seed = seed});
    std::map<bool, Mean> means;
    ForEachRating(company, [&](const Signal& signal, const std::string&, double rating) {
      Mean& mean =
          means[AttributeOf(signal, company.truths.segment_key) == company.truths.segment_value];
      mean.sum += rating;
      ++mean.n;
    });
    EXPECT_LT(means[true].value(), means[false].value() - 0.3) << "seed " << seed;
  }
}

TEST(Simulator, LosesCustomersAtTheLossyHandoffOnly) {
  const Company company = Simulated({.customers = 2000, .seed = 6});
  std::map<std::string, std::string> last;
  std::map<std::string, std::set<std::string>> reached;
  for (const Signal& signal : company.signals) {
    if (!signal.has_interaction()) continue;
    last[signal.customer()] = signal.interaction().activity();
    reached[signal.interaction().activity()].insert(signal.customer());
  }
  std::map<std::string, double> lost;
  for (const auto& [customer, activity] : last) lost[activity] += 1;
  for (const char* activity :
       {"order", "confirm-by-phone", "book-installation", "technician-visit"}) {
    const double share = lost[activity] / static_cast<double>(reached[activity].size());
    if (activity == company.truths.lossy_activity) {
      EXPECT_NEAR(share, 0.30, 0.05) << activity;
    } else {
      EXPECT_LT(share, 0.05) << activity;
    }
  }
}

TEST(Simulator, LetsStaffKnowOfLeaversWhoseUsageGoesOn) {
  const Company company = Simulated({.customers = 2000, .seed = 7});
  ASSERT_GE(company.truths.hidden_leavers.size(), 5u);
  const std::set<std::string> leavers(company.truths.hidden_leavers.begin(),
                                      company.truths.hidden_leavers.end());
  std::map<std::string, int64_t> last_use;
  std::set<std::string> known;
  int64_t end = 0;
  for (const Signal& signal : company.signals) {
    end = std::max(end, signal.event_time().seconds());
    if (signal.has_interaction()) {
      auto& last = last_use[signal.customer()];
      last = std::max(last, signal.event_time().seconds());
    }
    if (signal.staff_observation().stance() == feedback::v1::StaffObservation::STANCE_LEAVING) {
      known.insert(signal.customer());
    }
  }
  for (const std::string& customer : leavers) {
    EXPECT_TRUE(known.contains(customer)) << customer;
    EXPECT_GT(last_use[customer], end - 30 * 86400) << customer;
  }
}

TEST(Simulator, ResolvesEveryChatAndLetsSomeCustomersRateIt) {
  const Company company = Simulated({.customers = 500, .seed = 7});
  std::set<std::string> chats, resolved, rated;
  for (const Signal& signal : company.signals) {
    if (!signal.has_chat_message()) continue;
    const feedback::v1::ChatMessage& chat = signal.chat_message();
    chats.insert(chat.conversation());
    if (chat.event() == feedback::v1::ChatMessage::EVENT_RESOLVED) {
      resolved.insert(chat.conversation());
    }
    EXPECT_EQ(chat.has_rating(), chat.event() == feedback::v1::ChatMessage::EVENT_RATED);
    if (!chat.has_rating()) continue;
    EXPECT_TRUE(resolved.contains(chat.conversation()));
    rated.insert(chat.conversation());
  }
  EXPECT_EQ(resolved, chats);
  EXPECT_GT(rated.size(), chats.size() / 10);
  EXPECT_LT(rated.size(), chats.size() / 2);
}

TEST(Simulator, PlantsNothingWhenToldSo) {
  const SimulatorOptions options = {.customers = 2000, .seed = 1, .plant = false};
  const Company company = Simulated(options);
  EXPECT_EQ(company.truths.broken_step, "");
  EXPECT_TRUE(company.truths.hidden_leavers.empty());
  const auto means = MeansByStep(company);
  double lowest = 5;
  double highest = 1;
  for (const auto& [step, mean] : means) {
    lowest = std::min(lowest, mean.value());
    highest = std::max(highest, mean.value());
  }
  EXPECT_LT(highest - lowest, 0.5);
}

TEST(Simulator, EndsWithTheSinksError) {
  Truths truths;
  const absl::Status status = Simulate(
      {}, [](const Signal&) { return absl::DataLossError("full"); }, &truths);
  EXPECT_EQ(status.message(), "full");
}

TEST(Truths, AreJson) {
  const SimulatorOptions options = {.customers = 300, .seed = 7};
  const Truths truths = Simulated(options).truths;
  const auto json = nlohmann::json::parse(TruthsToJson(options, truths));
  EXPECT_EQ(json["seed"], 7);
  EXPECT_EQ(json["brokenStep"], truths.broken_step);
  EXPECT_EQ(json["sufferingSegment"]["value"], truths.segment_value);
  EXPECT_EQ(json["hiddenLeavers"].size(), truths.hidden_leavers.size());
}

}  // namespace
}  // namespace waymark::cli
