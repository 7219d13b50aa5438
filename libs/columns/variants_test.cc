#include "libs/columns/variants.h"

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/columns/test_log.h"

namespace waymark::columns {
namespace {

using ::testing::ElementsAre;

TEST(VariantsTest, OrdersByCountThenByName) {
  Log log;
  for (const auto& [customer, step] : std::vector<std::pair<std::string, std::string>>{
           {"1", "z"}, {"2", "b"}, {"3", "z"}, {"4", "a"}}) {
    log.push_back({.customer = customer, .activity = step});
  }
  const Variants variants = CountVariants(ViewOf(log), 2);
  EXPECT_EQ(variants.cases, 4);
  EXPECT_EQ(variants.distinct, 3);
  ASSERT_EQ(variants.top.size(), 2u);
  EXPECT_THAT(variants.top[0].steps, ElementsAre("z"));
  EXPECT_DOUBLE_EQ(variants.top[0].share, 0.5);
  EXPECT_THAT(variants.top[1].steps, ElementsAre("a"));
}

TEST(VariantsTest, AgreesWithANaiveReadingOfRandomLogs) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 20; ++round) {
    const Log log = RandomLog(&random, 4000, 1500, 3, 2);
    std::map<std::vector<std::string>, std::vector<double>> expected;
    int64_t cases = 0;
    for (const Log& events : NaiveCases(log)) {
      std::vector<std::string> steps;
      for (const LogEvent& event : events) steps.push_back(event.activity);
      expected[steps].push_back((events.back().micros - events.front().micros) / 1e6);
      ++cases;
    }
    const Variants variants = CountVariants(ViewOf(log), 100'000);
    EXPECT_EQ(variants.cases, cases);
    ASSERT_EQ(variants.distinct, static_cast<int64_t>(expected.size()));
    ASSERT_EQ(variants.top.size(), expected.size());
    int64_t counted = 0;
    for (const Variant& variant : variants.top) {
      const std::vector<double>& durations = expected[variant.steps];
      EXPECT_EQ(variant.count, static_cast<int64_t>(durations.size()));
      double sum = 0;
      for (const double seconds : durations) sum += seconds;
      EXPECT_NEAR(variant.mean_seconds, sum / static_cast<double>(durations.size()), 1e-6);
      counted += variant.count;
    }
    EXPECT_EQ(counted, cases);
  }
}

TEST(VariantsTest, TellsApartAHundredThousandSequences) {
  // Sequences of the digits of i, which a weak hash (a sum, a polynomial of low degree) would
  // merge.
  Log log;
  for (int i = 0; i < 100'000; ++i) {
    int rest = i;
    for (int position = 0; position < 6; ++position, rest /= 10) {
      log.push_back({.customer = std::to_string(i),
                     .activity = std::to_string(rest % 10),
                     .sequence = position});
    }
  }
  EXPECT_EQ(CountVariants(ViewOf(log), 1).distinct, 100'000);
}

}  // namespace
}  // namespace waymark::columns
