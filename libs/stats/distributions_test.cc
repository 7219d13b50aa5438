#include "libs/stats/distributions.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace waymark::stats {
namespace {

TEST(Normal, AgreesWithTables) {
  EXPECT_NEAR(NormalQuantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(NormalCritical(0.95), 1.959963984540054, 1e-14);
  EXPECT_NEAR(NormalCritical(0.99), 2.5758293035489004, 1e-14);
  EXPECT_NEAR(NormalCdf(1), 0.8413447460685429, 1e-15);
  EXPECT_DOUBLE_EQ(NormalCdf(0), 0.5);
}

TEST(Normal, FarTailKeepsItsDigits) {
  EXPECT_NEAR(NormalUpperTail(10) / 7.619853024160527e-24, 1, 1e-12);
}

TEST(StudentT, AgreesWithTables) {
  EXPECT_NEAR(StudentTQuantile(0.975, 1), 12.706204736174707, 1e-10);
  EXPECT_NEAR(StudentTQuantile(0.975, 10), 2.2281388519862739, 1e-12);
  EXPECT_NEAR(StudentTCritical(0.95, 30), 2.0422724563012373, 1e-12);
  EXPECT_NEAR(StudentTCdf(2, 5), 0.9490302605850709, 1e-13);
  EXPECT_NEAR(StudentTUpperTail(1, 1), 0.25, 1e-14);
}

TEST(StudentT, QuantileInvertsTheCdfAtFractionalDegrees) {
  for (const double df : {0.7, 3.3, 73.53, 1e6}) {
    for (const double p : {1e-6, 0.01, 0.3, 0.5, 0.9, 0.9999}) {
      EXPECT_NEAR(StudentTCdf(StudentTQuantile(p, df), df), p, 1e-10) << df;
    }
  }
}

TEST(StudentT, WithInfiniteDegreesIsNormal) {
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_DOUBLE_EQ(StudentTCritical(0.95, infinite), NormalCritical(0.95));
  EXPECT_DOUBLE_EQ(StudentTUpperTail(3, infinite), NormalUpperTail(3));
}

TEST(Distributions, ImpossibleArgumentsGiveNanAndDoNotThrow) {
  EXPECT_TRUE(std::isnan(NormalQuantile(1.5)));
  EXPECT_TRUE(std::isnan(StudentTQuantile(0.5, -1)));
  EXPECT_TRUE(std::isnan(StudentTCdf(std::nan(""), 3)));
}

}  // namespace
}  // namespace waymark::stats
