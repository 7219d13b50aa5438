#include "libs/columns/graph.h"

#include <algorithm>
#include <tuple>

#include "libs/columns/pair_table.h"

namespace waymark::columns {
namespace {

void CountEdges(const View& view, PairTable<Passage>* table) {
  const Id* const steps = view.steps().data();
  const int64_t* const times = view.times().data();
  const absl::Span<const size_t> begin = view.case_begin();
  table->UpdateWith([&](auto at) {
    for (size_t c = 0; c + 1 < begin.size(); ++c) {
      for (size_t i = begin[c] + 1; i < begin[c + 1]; ++i) {
        at(steps[i - 1], steps[i]).Add(times[i] - times[i - 1]);
      }
    }
  });
}

std::vector<Node> CountNodes(const View& view, const PairTable<Passage>& table,
                             const std::vector<std::string>& names) {
  std::vector<Node> nodes(names.size());
  for (size_t id = 0; id < names.size(); ++id) nodes[id].step = names[id];
  for (size_t c = 0; c < view.cases(); ++c) {
    ++nodes[view.steps()[view.case_begin()[c]]].starts;
    ++nodes[view.steps()[view.case_begin()[c + 1] - 1]].ends;
  }
  // Every occurrence is either a case's last event or the tail of one edge.
  for (Node& node : nodes) node.occurrences = node.ends;
  table.ForEach(
      [&](size_t from, size_t, const Passage& edge) { nodes[from].occurrences += edge.count; });
  std::erase_if(nodes, [](const Node& node) { return node.occurrences == 0; });
  std::sort(nodes.begin(), nodes.end(), [](const Node& a, const Node& b) {
    return std::tie(b.occurrences, a.step) < std::tie(a.occurrences, b.step);
  });
  return nodes;
}

}  // namespace

Graph DirectlyFollows(const View& view) {
  const std::vector<std::string> names = view.step_names().Names();
  PairTable<Passage> table(names.size(), names.size());
  CountEdges(view, &table);

  Graph graph;
  graph.cases = static_cast<int64_t>(view.cases());
  graph.events = static_cast<int64_t>(view.events());
  table.ForEach([&](size_t from, size_t to, const Passage& edge) {
    if (edge.count == 0) return;
    graph.edges.push_back({names[from], names[to], edge.count, edge.mean_seconds()});
  });
  std::sort(graph.edges.begin(), graph.edges.end(), [](const Edge& a, const Edge& b) {
    return std::tie(b.count, a.from, a.to) < std::tie(a.count, b.from, b.to);
  });
  graph.nodes = CountNodes(view, table, names);
  return graph;
}

CaseDurations MeasureDurations(const View& view) {
  CaseDurations result;
  if (view.cases() == 0) return result;
  std::vector<int64_t> micros;
  micros.reserve(view.cases());
  Passage all;
  for (size_t c = 0; c < view.cases(); ++c) {
    micros.push_back(view.times()[view.case_begin()[c + 1] - 1] -
                     view.times()[view.case_begin()[c]]);
    all.Add(micros.back());
  }
  const auto middle = micros.begin() + micros.size() / 2;
  std::nth_element(micros.begin(), middle, micros.end());
  const int64_t upper = *middle;
  const int64_t lower = micros.size() % 2 == 1 ? upper : *std::max_element(micros.begin(), middle);
  result.cases = all.count;
  result.mean_seconds = all.mean_seconds();
  result.median_seconds = (static_cast<double>(lower) + static_cast<double>(upper)) / 2e6;
  return result;
}

}  // namespace waymark::columns
