#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libs/render/svg.h"

namespace waymark::render {

struct LayoutNode {
  double width = 0;
  double height = 0;
  /// Room kept free above the node, for its loop.
  double headroom = 0;
};

/// `from` and `to` are indexes of nodes and differ.
struct LayoutEdge {
  size_t from = 0;
  size_t to = 0;
  int64_t weight = 0;
  double label_width = 0;
  double label_height = 0;
};

struct EdgeRoute {
  /// What a curve from left to right has to pass; x grows strictly. The first and last points lie
  /// on the sides of the nodes, the pieces next to them are level.
  std::vector<Point> points;
  /// The edge leads from right to left.
  bool backward = false;
  Box label;
};

struct LayeredLayout {
  std::vector<Box> nodes;
  std::vector<EdgeRoute> edges;
  double width = 0;
  double height = 0;
};

/// Places a graph in layers from left to right (Sugiyama, Tagawa and Toda, IEEE SMC-11, 1981):
/// cycles are broken so that the heaviest ways from the sources flow forward, layers are longest
/// paths, each is ordered by barycentres to cross few edges. Nodes and labels do not overlap; nodes
/// may grow in height to give every edge its own port. Deterministic.
LayeredLayout LayoutLayered(const std::vector<LayoutNode>& nodes,
                            const std::vector<LayoutEdge>& edges);

}  // namespace waymark::render
