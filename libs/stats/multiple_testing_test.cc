#include "libs/stats/multiple_testing.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/stats/distributions.h"

namespace waymark::stats {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Benjamini & Hochberg (1995), section 3.2: fifteen tests of which the first four are selected.
TEST(BenjaminiHochberg, SelectsWhatItsAuthorsSelect) {
  const std::vector<double> p = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                                 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
  const auto selected = SelectAtFalseDiscoveryRate(p, 0.05);
  ASSERT_TRUE(selected.ok());
  for (size_t i = 0; i < p.size(); ++i) EXPECT_EQ((*selected)[i], i < 4) << p[i];
}

TEST(BenjaminiHochberg, AdjustsInTheOrderGiven) {
  const auto adjusted = BenjaminiHochberg({0.04, 0.01, 0.03, 0.9});
  ASSERT_TRUE(adjusted.ok());
  EXPECT_THAT(*adjusted, ElementsAre(DoubleNear(0.16 / 3, 1e-12), DoubleNear(0.04, 1e-12),
                                     DoubleNear(0.16 / 3, 1e-12), DoubleNear(0.9, 1e-12)));
}

TEST(BenjaminiHochberg, OfNothingIsNothing) { EXPECT_THAT(*BenjaminiHochberg({}), IsEmpty()); }

TEST(BenjaminiHochberg, RefusesWhatIsNoProbability) {
  EXPECT_FALSE(BenjaminiHochberg({0.5, 1.1}).ok());
  EXPECT_FALSE(BenjaminiHochberg({-0.1}).ok());
  EXPECT_FALSE(SelectAtFalseDiscoveryRate({0.5}, 0).ok());
  EXPECT_FALSE(SelectAtFalseDiscoveryRate({0.5}, 5).ok());
}

struct Discoveries {
  double mean_false_share = 0;
  double mean_true_finds = 0;
  double any_share = 0;
};

/// Over 2,000 seeds: `nulls` one-sided z tests without effect, `effects` with one of 3.5.
Discoveries Simulate(int nulls, int effects) {
  constexpr int kSeeds = 2000;
  Discoveries sum;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::vector<double> p;
    for (int i = 0; i < nulls; ++i) p.push_back(NormalUpperTail(normal(random)));
    for (int i = 0; i < effects; ++i) p.push_back(NormalUpperTail(3.5 + normal(random)));
    const std::vector<bool> found = *SelectAtFalseDiscoveryRate(p, 0.05);
    const double wrong =
        static_cast<double>(std::count(found.begin(), found.begin() + nulls, true));
    const double right = static_cast<double>(std::count(found.begin() + nulls, found.end(), true));
    sum.mean_false_share += wrong / std::max(1.0, wrong + right) / kSeeds;
    sum.mean_true_finds += right / kSeeds;
    sum.any_share += (wrong + right > 0 ? 1.0 : 0.0) / kSeeds;
  }
  return sum;
}

TEST(BenjaminiHochberg, KeepsTheFalseDiscoveryRate) {
  const Discoveries d = Simulate(80, 20);
  EXPECT_NEAR(d.mean_false_share, 0.04, 0.006);  // q times the share of true nulls
  EXPECT_GT(d.mean_true_finds, 12);
}

TEST(BenjaminiHochberg, WithNothingToFindSeldomFindsAnything) {
  EXPECT_NEAR(Simulate(30, 0).any_share, 0.05, 0.015);
}

}  // namespace
}  // namespace waymark::stats
