#include "libs/stats/importance_performance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waymark::stats {
namespace {

using ::testing::ElementsAre;

Estimate Within(double value, double half) {
  return MakeEstimate(value, {value - half, value + half}, 100, {});
}

TEST(ImportancePerformance, PlacesClearPointsAroundTheGrandMeans) {
  const auto map = MapImportancePerformance({{Within(30, 2), Within(40, 3)},
                                             {Within(30, 2), Within(80, 3)},
                                             {Within(10, 2), Within(40, 3)},
                                             {Within(10, 2), Within(80, 3)}});
  ASSERT_TRUE(map.ok());
  EXPECT_DOUBLE_EQ(map->importance_line, 20);
  EXPECT_DOUBLE_EQ(map->performance_line, 60);
  EXPECT_THAT(map->quadrants, ElementsAre(Quadrant::kConcentrateHere, Quadrant::kKeepUp,
                                          Quadrant::kLowPriority, Quadrant::kPossibleOverkill));
}

TEST(ImportancePerformance, AnIntervalOverALineLeavesThePointUnclear) {
  const auto map = MapImportancePerformance({{Within(30, 11), Within(40, 3)},
                                             {Within(30, 2), Within(80, 21)},
                                             {Within(0, 2), Within(60, 1)}});
  EXPECT_THAT(map->quadrants,
              ElementsAre(Quadrant::kUnclear, Quadrant::kUnclear, Quadrant::kUnclear));
}

TEST(ImportancePerformance, SuppressedEstimatesNeitherMoveTheLinesNorArePlaced) {
  const auto map = MapImportancePerformance({{Within(30, 2), Within(40, 3)},
                                             {Estimate(), Within(90, 3)},
                                             {Within(10, 2), Within(80, 3)}});
  EXPECT_DOUBLE_EQ(map->performance_line, 60);
  EXPECT_THAT(map->quadrants, ElementsAre(Quadrant::kConcentrateHere, Quadrant::kUnclear,
                                          Quadrant::kPossibleOverkill));
}

TEST(ImportancePerformance, WithoutAnyPointIsAnError) {
  EXPECT_EQ(MapImportancePerformance({}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace waymark::stats
