#include "libs/render/curve.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace waymark::render {
namespace {

TEST(MonotoneCurveTest, PassesThroughItsPointsAndNeverOvershoots) {
  const std::vector<Point> points = {{0, 50}, {10, 52}, {20, 5}, {30, 5}, {40, 90}, {45, 91}};
  const MonotoneCurve curve(points);
  for (size_t i = 0; i < points.size(); ++i) {
    EXPECT_NEAR(curve.At(points[i].x), points[i].y, 1e-9);
    if (i == 0) continue;
    const auto [low, high] = std::minmax(points[i - 1].y, points[i].y);
    for (int step = 0; step <= 20; ++step) {
      const double x = points[i - 1].x + (points[i].x - points[i - 1].x) * step / 20;
      EXPECT_GE(curve.At(x), low - 1e-9) << x;
      EXPECT_LE(curve.At(x), high + 1e-9) << x;
    }
  }
}

TEST(MonotoneCurveTest, IsAStraightLineThroughPointsOnALine) {
  const MonotoneCurve curve({{0, 0}, {1, 2}, {4, 8}});
  EXPECT_NEAR(curve.At(0.5), 1, 1e-9);
  EXPECT_NEAR(curve.At(3), 6, 1e-9);
}

TEST(MonotoneCurveTest, IsLevelOutsideItsPoints) {
  const MonotoneCurve curve({{0, 3}, {1, 7}});
  EXPECT_EQ(curve.At(-5), 3);
  EXPECT_EQ(curve.At(9), 7);
}

TEST(MonotoneCurveTest, PathJoinsThePieces) {
  const MonotoneCurve curve({{0, 0}, {3, 3}, {6, 6}});
  EXPECT_EQ(curve.Piece(1), "M3 3C4 4 5 5 6 6");
  EXPECT_EQ(curve.Path(), "M0 0C1 1 2 2 3 3C4 4 5 5 6 6");
}

}  // namespace
}  // namespace waymark::render
