#include "libs/render/layered_layout.h"

#include <gtest/gtest.h>

#include <random>

namespace waymark::render {
namespace {

bool Overlap(const Box& a, const Box& b) {
  constexpr double kTolerance = 0.01;
  return a.x < b.right() - kTolerance && b.x < a.right() - kTolerance &&
         a.y < b.bottom() - kTolerance && b.y < a.bottom() - kTolerance;
}

void ExpectSound(const LayeredLayout& layout, const std::vector<LayoutEdge>& edges) {
  std::vector<Box> boxes = layout.nodes;
  for (const EdgeRoute& edge : layout.edges) boxes.push_back(edge.label);
  for (size_t i = 0; i < boxes.size(); ++i) {
    EXPECT_GE(boxes[i].x, -0.01);
    EXPECT_GE(boxes[i].y, -0.01);
    EXPECT_LE(boxes[i].right(), layout.width + 0.01);
    EXPECT_LE(boxes[i].bottom(), layout.height + 0.01);
    for (size_t j = i + 1; j < boxes.size(); ++j) {
      EXPECT_FALSE(Overlap(boxes[i], boxes[j])) << i << " and " << j;
    }
  }
  for (size_t e = 0; e < edges.size(); ++e) {
    const EdgeRoute& route = layout.edges[e];
    const Box& left = layout.nodes[route.backward ? edges[e].to : edges[e].from];
    const Box& right = layout.nodes[route.backward ? edges[e].from : edges[e].to];
    EXPECT_DOUBLE_EQ(route.points.front().x, left.right());
    EXPECT_DOUBLE_EQ(route.points.back().x, right.x);
    for (size_t i = 1; i < route.points.size(); ++i) {
      EXPECT_LT(route.points[i - 1].x, route.points[i].x);
    }
  }
}

TEST(LayeredLayoutTest, AChainFlowsFromLeftToRightOnOneLine) {
  const std::vector<LayoutEdge> edges = {{0, 1, 5, 30, 20}, {1, 2, 5, 30, 20}};
  const LayeredLayout layout = LayoutLayered({{80, 40}, {80, 40}, {80, 40}}, edges);
  ExpectSound(layout, edges);
  EXPECT_LT(layout.nodes[0].right(), layout.nodes[1].x);
  EXPECT_LT(layout.nodes[1].right(), layout.nodes[2].x);
  EXPECT_NEAR(layout.nodes[0].center().y, layout.nodes[2].center().y, 0.01);
}

TEST(LayeredLayoutTest, OfACycleTheWayFromTheSourceFlowsForward) {
  // 0 → 1 → 2 → 1, where going back is the more frequent.
  const std::vector<LayoutEdge> edges = {{0, 1, 5, 30, 20}, {1, 2, 3, 30, 20}, {2, 1, 9, 30, 20}};
  const LayeredLayout layout = LayoutLayered({{80, 40}, {80, 40}, {80, 40}}, edges);
  ExpectSound(layout, edges);
  EXPECT_FALSE(layout.edges[0].backward);
  EXPECT_FALSE(layout.edges[1].backward);
  EXPECT_TRUE(layout.edges[2].backward);
}

TEST(LayeredLayoutTest, NothingAndASingleNodeAreFine) {
  EXPECT_EQ(LayoutLayered({}, {}).width, 0);
  const LayeredLayout layout = LayoutLayered({{80, 40, 10}}, {});
  EXPECT_EQ(layout.width, 80);
  EXPECT_EQ(layout.height, 50);
}

TEST(LayeredLayoutTest, NodesAndLabelsOfRandomGraphsDoNotOverlap) {
  for (uint32_t seed = 0; seed < 30; ++seed) {
    std::mt19937 random(seed);
    const size_t count = 2 + random() % 15;
    std::vector<LayoutNode> nodes;
    for (size_t i = 0; i < count; ++i) {
      nodes.push_back({60.0 + random() % 100, 30.0 + random() % 30, i % 3 == 0 ? 30.0 : 0.0});
    }
    std::vector<LayoutEdge> edges;
    for (size_t i = 0; i < 2 * count; ++i) {
      const size_t from = random() % count, to = random() % count;
      if (from != to) edges.push_back({from, to, static_cast<int64_t>(random() % 50), 40, 28});
    }
    ExpectSound(LayoutLayered(nodes, edges), edges);
  }
}

}  // namespace
}  // namespace waymark::render
