#include "libs/render/graph_svg.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/render/curve.h"
#include "libs/render/layered_layout.h"
#include "libs/render/svg.h"

namespace waymark::render {
namespace {

constexpr TextStyle kTitle = {"title", {24, true}, "#0f172a"};
constexpr TextStyle kSubtitle = {"subtitle", {13, false}, "#475569"};
constexpr TextStyle kName = {"node-name", {13, true}, "#0f172a"};
constexpr TextStyle kNameLight = {"node-name-light", {13, true}, "#ffffff"};
constexpr TextStyle kCount = {"node-count", {11, false}, "#334155"};
constexpr TextStyle kCountLight = {"node-count-light", {11, false}, "#dbe7f5"};
constexpr TextStyle kEdge = {"edge-count", {11.5, true}, "#1e293b"};
constexpr TextStyle kTime = {"edge-time", {10.5, false}, "#64748b"};
constexpr TextStyle kNote = {"note", {11, false}, "#64748b"};
constexpr TextStyle kAll[] = {kTitle,      kSubtitle, kName, kNameLight, kCount,
                              kCountLight, kEdge,     kTime, kNote};

constexpr double kMargin = 28;
constexpr double kNodePadding = 12;
constexpr double kNodeTextWidth = 150;
constexpr double kLoopRoom = 44;
constexpr double kArrowLength = 9;

// What is drawn after the cut: the nodes, then two terminals if journeys start and end somewhere.
struct ShownEdge {
  size_t from = 0;
  size_t to = 0;
  int64_t count = 0;
  std::optional<double> mean_seconds;
  bool terminal = false;
};

struct ShownNode {
  std::string name;
  int64_t count = 0;
  bool terminal = false;
  std::optional<ShownEdge> loop;
};

struct ShownGraph {
  std::vector<ShownNode> nodes;
  std::vector<ShownEdge> edges;
  std::string note;
};

template <typename T>
void KeepMostFrequent(std::vector<T>& all, size_t most) {
  std::stable_sort(all.begin(), all.end(),
                   [](const T& a, const T& b) { return a.count > b.count; });
  if (all.size() > most) all.resize(most);
}

std::string Note(const GraphPicture& picture, const std::vector<GraphNode>& nodes,
                 const std::vector<GraphEdge>& edges) {
  if (nodes.size() == picture.nodes.size() && edges.size() == picture.edges.size()) return "";
  int64_t shown = 0, total = 0;
  for (const GraphEdge& edge : edges) shown += edge.count;
  for (const GraphEdge& edge : picture.edges) total += edge.count;
  const double share =
      total > 0 ? 100.0 * static_cast<double>(shown) / static_cast<double>(total) : 0;
  return absl::StrCat("Shown are the most frequent: ", nodes.size(), " of ", picture.nodes.size(),
                      " nodes and ", edges.size(), " of ", picture.edges.size(), " transitions, ",
                      FormatNumber(share, 1), " % of all movements. The rest is left out.");
}

// Adds a node for all `ends` (or starts) with lines to the most frequent ones that are shown.
void AddTerminal(ShownGraph& graph, const std::string& name, std::vector<GraphNode> ends,
                 const std::map<std::string, size_t>& index, bool start) {
  constexpr size_t kMostLines = 5;
  ShownNode terminal{.name = name, .terminal = true};
  for (const GraphNode& end : ends) terminal.count += end.count;
  const size_t given = ends.size(), self = graph.nodes.size();
  std::erase_if(ends, [&](const GraphNode& end) { return !index.contains(end.name); });
  KeepMostFrequent(ends, kMostLines);
  if (ends.empty()) return;
  for (const GraphNode& end : ends) {
    const size_t node = index.at(end.name);
    graph.edges.push_back({.from = start ? self : node,
                           .to = start ? node : self,
                           .count = end.count,
                           .terminal = true});
  }
  if (ends.size() < given) {
    absl::StrAppend(&graph.note, graph.note.empty() ? "" : " ", name, " has lines to the ",
                    ends.size(), " most frequent of ", given, " nodes.");
  }
  graph.nodes.push_back(std::move(terminal));
}

ShownGraph Choose(const GraphPicture& picture, const GraphRenderOptions& options) {
  std::vector<GraphNode> nodes = picture.nodes;
  KeepMostFrequent(nodes, options.max_nodes);
  ShownGraph graph;
  std::map<std::string, size_t> index;
  for (const GraphNode& node : nodes) {
    index.emplace(node.name, graph.nodes.size());
    graph.nodes.push_back({.name = CleanText(node.name), .count = node.count});
  }
  std::vector<GraphEdge> edges = picture.edges;
  std::erase_if(edges, [&](const GraphEdge& edge) {
    return !index.contains(edge.from) || !index.contains(edge.to);
  });
  KeepMostFrequent(edges, options.max_edges);
  for (const GraphEdge& edge : edges) {
    const ShownEdge shown = {index[edge.from], index[edge.to], edge.count, edge.mean_seconds};
    if (shown.from == shown.to) {
      graph.nodes[shown.from].loop = shown;
    } else {
      graph.edges.push_back(shown);
    }
  }
  graph.note = Note(picture, nodes, edges);
  AddTerminal(graph, "Start", picture.starts, index, /*start=*/true);
  AddTerminal(graph, "End", picture.ends, index, /*start=*/false);
  return graph;
}

std::string TimeLabel(const ShownEdge& edge) {
  const bool known =
      edge.mean_seconds && std::isfinite(*edge.mean_seconds) && *edge.mean_seconds >= 0;
  return known ? FormatDuration(*edge.mean_seconds) : "";
}

double LabelWidth(const ShownEdge& edge) {
  constexpr double kPadding = 5;
  return std::max(TextWidth(FormatCount(edge.count), kEdge.font),
                  TextWidth(TimeLabel(edge), kTime.font)) +
         2 * kPadding;
}

double LabelHeight(const ShownEdge& edge) { return TimeLabel(edge).empty() ? 18 : 30; }

class GraphPainter {
 public:
  GraphPainter(const GraphPicture& picture, const GraphRenderOptions& options)
      : picture_(picture), graph_(Choose(picture, options)) {
    std::vector<LayoutNode> nodes;
    for (const ShownNode& node : graph_.nodes) {
      names_.push_back(WrapText(node.name, kName.font, kNodeTextWidth, 3));
      nodes.push_back(Measure(node, names_.back()));
    }
    std::vector<LayoutEdge> edges;
    for (const ShownEdge& edge : graph_.edges) {
      most_ = std::max(most_, edge.count);
      edges.push_back({edge.from, edge.to, edge.count, LabelWidth(edge), LabelHeight(edge)});
    }
    for (const ShownNode& node : graph_.nodes) {
      if (!node.terminal) busiest_ = std::max(busiest_, node.count);
    }
    layout_ = LayoutLayered(nodes, edges);
  }

  std::string Paint(const std::string& id) {
    constexpr double kNarrowest = 640;
    width_ = std::max(layout_.width + 2 * kMargin, kNarrowest);
    DrawHeader();
    const double x = (width_ - layout_.width) / 2;
    out_.Open("g",
              {{"transform", absl::StrCat("translate(", SvgNumber(x), " ", SvgNumber(y_), ")")}});
    for (size_t i = 0; i < graph_.edges.size(); ++i) DrawEdge(graph_.edges[i], layout_.edges[i]);
    for (size_t i = 0; i < graph_.edges.size(); ++i)
      DrawLabel(graph_.edges[i], layout_.edges[i].label);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) DrawNode(i);
    out_.Close("g");
    y_ += layout_.height;
    DrawFooter();
    return SvgDocument({id, width_, y_ + kMargin, Title(), Describe(), Rules()}, kAll, out_);
  }

 private:
  static LayoutNode Measure(const ShownNode& node, const WrappedText& name) {
    double width = TextWidth(FormatCount(node.count), kCount.font);
    for (const std::string& line : name.lines) {
      width = std::max(width, TextWidth(line, kName.font));
    }
    const double lines = static_cast<double>(name.lines.size());
    const double height = lines * kName.line_height() + kCount.line_height() + kNodePadding;
    return {width + 2 * kNodePadding, height, node.loop ? kLoopRoom : 0};
  }

  void DrawHeader() {
    const double room = width_ - 2 * kMargin;
    const WrappedText title = WrapText(Title(), kTitle.font, room, 2);
    const WrappedText subtitle = WrapText(CleanText(picture_.subtitle), kSubtitle.font, room, 2);
    y_ = out_.Lines({kMargin, kMargin}, kTitle, title.lines);
    y_ = out_.Lines({kMargin, y_}, kSubtitle, subtitle.lines) + 24;
    if (graph_.nodes.empty()) {
      y_ = out_.Lines({kMargin, y_}, kSubtitle, {"This graph has no nodes."});
    }
  }

  double StrokeWidth(int64_t count) const {
    constexpr double kThinnest = 1.4, kThickest = 7;
    const double share =
        static_cast<double>(std::max<int64_t>(count, 0)) / static_cast<double>(most_);
    return kThinnest + (kThickest - kThinnest) * std::sqrt(share);
  }

  void DrawStroke(const std::string& data, const ShownEdge& edge, absl::string_view css_class) {
    out_.Element("path",
                 {{"d", data}, {"class", css_class}, {"stroke-width", StrokeWidth(edge.count)}});
  }

  void DrawEdge(const ShownEdge& edge, const EdgeRoute& route) {
    std::vector<Point> points = route.points;
    const double ahead = route.backward ? -1 : 1;
    Point& end = route.backward ? points.front() : points.back();
    const Point tip = end;
    end.x -= ahead * (kArrowLength - 1);
    const std::string kind = edge.terminal ? " terminal" : route.backward ? " back" : "";
    out_.Open("g", {{"class", "transition"}});
    out_.Tooltip(DescribeEdge(edge));
    DrawStroke(MonotoneCurve(std::move(points)).Path(), edge, absl::StrCat("edge", kind));
    const double half = 4 + StrokeWidth(edge.count) / 2;
    out_.Path(absl::StrCat("M", SvgNumber(tip.x), " ", SvgNumber(tip.y), "l",
                           SvgNumber(-ahead * kArrowLength), " ", SvgNumber(-half), "v",
                           SvgNumber(2 * half), "z"),
              absl::StrCat("arrow", kind));
    out_.Close("g");
  }

  void DrawLabel(const ShownEdge& edge, const Box& box) {
    const std::string time = TimeLabel(edge);
    out_.Rectangle(box, 4, "edge-label");
    out_.Text({box.center().x, box.y + 13}, kEdge, FormatCount(edge.count), "middle");
    if (!time.empty()) out_.Text({box.center().x, box.y + 26}, kTime, time, "middle");
  }

  void DrawNode(size_t i) {
    const ShownNode& node = graph_.nodes[i];
    const Box& box = layout_.nodes[i];
    const double share =
        static_cast<double>(std::max<int64_t>(node.count, 0)) / static_cast<double>(busiest_);
    const int shade = node.terminal ? 0 : std::clamp(static_cast<int>(share * 5), 0, 4);
    const bool light = node.terminal || shade >= 3;
    out_.Open("g", {{"class", "node"}});
    out_.Tooltip(absl::StrCat(node.name, ": ", FormatCount(node.count)));
    if (node.loop) DrawLoop(*node.loop, box);
    out_.Rectangle(box, node.terminal ? box.height / 2 : 8,
                   node.terminal ? "box terminal" : absl::StrCat("box shade", shade));
    const double lines = static_cast<double>(names_[i].lines.size());
    const double text_height = lines * kName.line_height() + kCount.line_height();
    const Point top = {box.center().x, box.center().y - text_height / 2};
    const double below = out_.Lines(top, light ? kNameLight : kName, names_[i].lines, "middle");
    out_.Lines({top.x, below}, light ? kCountLight : kCount, {FormatCount(node.count)}, "middle");
    out_.Close("g");
  }

  // An arc over the node, its label on top.
  void DrawLoop(const ShownEdge& loop, const Box& box) {
    const double x = box.center().x, half = std::min(18.0, box.width / 4);
    DrawStroke(absl::StrCat("M", SvgNumber(x - half), " ", SvgNumber(box.y), "c-6 -24 ",
                            SvgNumber(2 * half + 6), " -24 ", SvgNumber(2 * half), " -7"),
               loop, "edge back");
    out_.Path(absl::StrCat("M", SvgNumber(x + half), " ", SvgNumber(box.y), "l-5 -9h10z"),
              "arrow back");
    const std::string time = TimeLabel(loop);
    const std::string label =
        absl::StrCat(FormatCount(loop.count), time.empty() ? "" : " · ", time);
    out_.Text({x, box.y - 24}, kTime, label, "middle");
  }

  void DrawFooter() {
    const std::string as_of = CleanText(picture_.as_of);
    std::vector<std::string> texts;
    if (!graph_.edges.empty()) {
      texts.push_back(
          "Line width grows with the number of transitions; below it the mean time between the "
          "two. "
          "Dashed lines go back. Darker boxes occur more often.");
    }
    if (!graph_.note.empty()) texts.push_back(graph_.note);
    if (!as_of.empty()) texts.push_back(absl::StrCat("As of ", as_of));
    y_ += 24;
    for (const std::string& text : texts) {
      const WrappedText lines = WrapText(text, kNote.font, width_ - 2 * kMargin, 3);
      y_ = out_.Lines({kMargin, y_}, kNote, lines.lines);
    }
  }

  std::string DescribeEdge(const ShownEdge& edge) const {
    const std::string time = TimeLabel(edge);
    return absl::StrCat(graph_.nodes[edge.from].name, " → ", graph_.nodes[edge.to].name, ": ",
                        FormatCount(edge.count), time.empty() ? "" : ", mean ", time);
  }

  std::string Title() const {
    const std::string title = CleanText(picture_.title);
    return title.empty() ? "Discovered journey" : title;
  }

  std::string Describe() const {
    std::string text = CleanText(picture_.subtitle);
    for (const ShownEdge& edge : graph_.edges) {
      absl::StrAppend(&text, text.empty() ? "" : " ", DescribeEdge(edge), ".");
    }
    return text;
  }

  static std::vector<std::string> Rules() {
    return {".box{stroke:#7f9cc0;stroke-width:1.2}",
            ".box.terminal{fill:#334155;stroke:none}",
            ".box.shade0{fill:#eef4fb}",
            ".box.shade1{fill:#cfe0f3}",
            ".box.shade2{fill:#a9c7e8}",
            ".box.shade3{fill:#3f74ad}",
            ".box.shade4{fill:#1f4e85}",
            ".edge{fill:none;stroke:#7b93b3}",
            ".edge.back{stroke:#c27a1a;stroke-dasharray:7 5}",
            ".edge.terminal{stroke:#b3bdca}",
            ".arrow{fill:#7b93b3}",
            ".arrow.back{fill:#c27a1a}",
            ".arrow.terminal{fill:#b3bdca}",
            ".edge-label{fill:#fff;fill-opacity:.92}"};
  }

  const GraphPicture& picture_;
  const ShownGraph graph_;
  std::vector<WrappedText> names_;
  LayeredLayout layout_;
  int64_t most_ = 1;
  int64_t busiest_ = 1;
  SvgWriter out_;
  double width_ = 0;
  double y_ = 0;
};

}  // namespace

std::string RenderGraphSvg(const GraphPicture& picture, const GraphRenderOptions& options) {
  return GraphPainter(picture, options).Paint(SafeId(options.id_prefix, "waymark-graph"));
}

}  // namespace waymark::render
