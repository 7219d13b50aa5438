#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace waymark::render {

/// A touchpoint or activity and how often it occurred. Names are unique within a graph.
struct GraphNode {
  std::string name;
  int64_t count = 0;
};

/// `from` was directly followed by `to`, `count` times, after `mean_seconds` on average.
struct GraphEdge {
  std::string from;
  std::string to;
  int64_t count = 0;
  std::optional<double> mean_seconds;
};

/// A discovered journey. All texts are UTF-8 and may be hostile: they are cleaned and escaped.
struct GraphPicture {
  std::string title;
  std::string subtitle;
  std::vector<GraphNode> nodes;
  /// An edge to or from a name that is not in `nodes` is not drawn.
  std::vector<GraphEdge> edges;
  /// Where journeys start and end, with the number of journeys.
  std::vector<GraphNode> starts;
  std::vector<GraphNode> ends;
  std::string as_of;
};

struct GraphRenderOptions {
  /// Only the most frequent are drawn; a note on the picture says what was left out.
  size_t max_nodes = 30;
  size_t max_edges = 60;
  /// Prefix of the ids in the document, so that several pictures fit into one HTML page. Letters,
  /// digits and '-'.
  std::string id_prefix = "waymark-graph";
};

/// `picture` as a self-contained SVG document (UTF-8, no scripts, no external references), laid out
/// from left to right: the frequent direction flows forward, what goes back is dashed; an edge's
/// width grows with its count. The same input gives the same bytes.
std::string RenderGraphSvg(const GraphPicture& picture, const GraphRenderOptions& options = {});

}  // namespace waymark::render
