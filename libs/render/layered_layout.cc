#include "libs/render/layered_layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace waymark::render {
namespace {

constexpr double kRankGap = 30;
constexpr double kItemGap = 16;
constexpr double kPortGap = 13;
constexpr double kLineHeight = 12;

// A node, or a bend of an edge that has a rank to cross: at odd ranks between two layers, at even
// ranks past a layer's nodes.
struct Item {
  size_t rank = 0;
  double width = 0;
  double height = 0;
  double headroom = 0;
  bool bend = false;
  double y = 0;  // Of the center, without headroom.
  std::vector<size_t> left;
  std::vector<size_t> right;
  double up() const { return height / 2 + headroom; }
  double down() const { return height / 2; }
};

// An edge as the layout sees it: items from left to right, the label's among them.
struct Chain {
  std::vector<size_t> items;
  size_t label = 0;
  bool reversed = false;
};

using Ranks = std::vector<std::vector<size_t>>;

// The values closest to `wanted` (least weighted squares) with value[i + 1] - value[i] >= gap[i]:
// isotonic regression by pooling adjacent violators.
std::vector<double> Spread(const std::vector<double>& wanted, const std::vector<double>& weight,
                           const std::vector<double>& gap) {
  struct Pool {
    double sum;
    double weight;
    size_t size;
    double mean() const { return sum / weight; }
  };
  std::vector<Pool> pools;
  double offset = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (i > 0) offset += gap[i - 1];
    pools.push_back({(wanted[i] - offset) * weight[i], weight[i], 1});
    while (pools.size() > 1 && pools[pools.size() - 2].mean() > pools.back().mean()) {
      const Pool last = pools.back();
      pools.pop_back();
      pools.back().sum += last.sum;
      pools.back().weight += last.weight;
      pools.back().size += last.size;
    }
  }
  std::vector<double> values;
  for (const Pool& pool : pools) values.insert(values.end(), pool.size, pool.mean());
  offset = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) offset += gap[i - 1];
    values[i] += offset;
  }
  return values;
}

class Layouter {
 public:
  Layouter(const std::vector<LayoutNode>& nodes, const std::vector<LayoutEdge>& edges)
      : nodes_(nodes), edges_(edges), chains_(edges.size()) {}

  LayeredLayout Run() {
    BreakCycles();
    AssignRanks();
    BuildChains();
    Order();
    GrowNodes();
    PlaceVertically();
    return Result();
  }

 private:
  // Edges are taken in the order of ForwardOrder; one that would close a cycle of those already
  // taken is reversed.
  void BreakCycles() {
    successors_.resize(nodes_.size());
    for (const size_t e : ForwardOrder()) {
      chains_[e].reversed = Reaches(edges_[e].to, edges_[e].from);
      successors_[LeftNode(e)].push_back(RightNode(e));
    }
  }

  // First, for every node, the edge by which it is reached from the sources along the heaviest
  // edges, so that whatever follows from the start stands to its right; then the others by weight.
  std::vector<size_t> ForwardOrder() const {
    std::vector<size_t> turn(nodes_.size(), 0);  // When a node was reached; 0: not yet.
    std::vector<bool> source(nodes_.size(), true);
    for (const LayoutEdge& edge : edges_) source[edge.to] = false;
    for (size_t node = 0; node < nodes_.size(); ++node) turn[node] = source[node];
    std::vector<size_t> order, rest(edges_.size());
    std::iota(rest.begin(), rest.end(), 0);
    for (size_t now = 2;; ++now) {
      auto best = rest.end();
      for (auto e = rest.begin(); e != rest.end(); ++e) {
        if (turn[edges_[*e].from] == 0 || turn[edges_[*e].to] != 0) continue;
        const auto rank = [&](size_t edge) {
          return std::pair(-edges_[edge].weight, turn[edges_[edge].from]);
        };
        if (best == rest.end() || rank(*e) < rank(*best)) best = e;
      }
      if (best != rest.end()) {
        turn[edges_[*best].to] = now;
        order.push_back(*best);
        rest.erase(best);
        continue;
      }
      const auto island = std::find(turn.begin(), turn.end(), 0);
      if (island == turn.end()) break;
      *island = now;
    }
    std::stable_sort(rest.begin(), rest.end(),
                     [&](size_t a, size_t b) { return edges_[a].weight > edges_[b].weight; });
    order.insert(order.end(), rest.begin(), rest.end());
    return order;
  }

  size_t LeftNode(size_t e) const { return chains_[e].reversed ? edges_[e].to : edges_[e].from; }
  size_t RightNode(size_t e) const { return chains_[e].reversed ? edges_[e].from : edges_[e].to; }

  bool Reaches(size_t from, size_t to) const {
    std::vector<bool> seen(nodes_.size());
    std::vector<size_t> open = {from};
    while (!open.empty()) {
      const size_t node = open.back();
      open.pop_back();
      if (node == to) return true;
      if (seen[node]) continue;
      seen[node] = true;
      open.insert(open.end(), successors_[node].begin(), successors_[node].end());
    }
    return false;
  }

  // Nodes stand at even ranks: twice the longest path from a source.
  void AssignRanks() {
    std::vector<size_t> indegree(nodes_.size());
    for (const auto& next : successors_) {
      for (const size_t node : next) ++indegree[node];
    }
    std::vector<size_t> ready;
    for (size_t node = 0; node < nodes_.size(); ++node) {
      items_.push_back({.width = nodes_[node].width,
                        .height = nodes_[node].height,
                        .headroom = nodes_[node].headroom});
      if (indegree[node] == 0) ready.push_back(node);
    }
    for (size_t i = 0; i < ready.size(); ++i) {
      for (const size_t next : successors_[ready[i]]) {
        items_[next].rank = std::max(items_[next].rank, items_[ready[i]].rank + 2);
        if (--indegree[next] == 0) ready.push_back(next);
      }
    }
  }

  void BuildChains() {
    for (size_t e = 0; e < edges_.size(); ++e) {
      Chain& chain = chains_[e];
      const size_t left = LeftNode(e), right = RightNode(e);
      const size_t first = items_[left].rank, last = items_[right].rank;
      const size_t label_rank = (first + last) / 2 | 1;
      chain.items.push_back(left);
      for (size_t rank = first + 1; rank < last; ++rank) {
        Item bend = {.rank = rank, .height = kLineHeight, .bend = true};
        if (rank == label_rank) {
          bend.width = edges_[e].label_width;
          bend.height = edges_[e].label_height;
          chain.label = items_.size();
        }
        chain.items.push_back(items_.size());
        items_.push_back(bend);
      }
      chain.items.push_back(right);
      for (size_t i = 0; i + 1 < chain.items.size(); ++i) {
        items_[chain.items[i]].right.push_back(chain.items[i + 1]);
        items_[chain.items[i + 1]].left.push_back(chain.items[i]);
      }
    }
    for (size_t item = 0; item < items_.size(); ++item) {
      if (items_[item].rank >= ranks_.size()) ranks_.resize(items_[item].rank + 1);
      ranks_[items_[item].rank].push_back(item);
    }
  }

  // Barycentre sweeps in both directions; the order with the fewest crossings wins.
  void Order() {
    constexpr int kSweeps = 24;
    place_.resize(items_.size());
    for (const auto& rank : ranks_) UpdatePlaces(rank);
    Ranks best = ranks_;
    size_t fewest = Crossings();
    for (int sweep = 0; sweep < kSweeps && fewest > 0; ++sweep) {
      const bool forward = sweep % 2 == 0;
      for (size_t i = 1; i < ranks_.size(); ++i) {
        SortByBarycentre(ranks_[forward ? i : ranks_.size() - 1 - i], forward);
      }
      SwapNeighbours();
      if (const size_t crossings = Crossings(); crossings < fewest) {
        fewest = crossings;
        best = ranks_;
      }
    }
    ranks_ = best;
    for (const auto& rank : ranks_) UpdatePlaces(rank);
  }

  void UpdatePlaces(const std::vector<size_t>& rank) {
    for (size_t i = 0; i < rank.size(); ++i) place_[rank[i]] = i;
  }

  void SortByBarycentre(std::vector<size_t>& rank, bool from_left) {
    std::vector<std::pair<double, size_t>> keyed;
    for (const size_t item : rank) {
      const std::vector<size_t>& neighbours = from_left ? items_[item].left : items_[item].right;
      double sum = 0;
      for (const size_t neighbour : neighbours) sum += static_cast<double>(place_[neighbour]);
      const double own = static_cast<double>(place_[item]);
      keyed.push_back(
          {neighbours.empty() ? own : sum / static_cast<double>(neighbours.size()), item});
    }
    std::stable_sort(keyed.begin(), keyed.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (size_t i = 0; i < rank.size(); ++i) rank[i] = keyed[i].second;
    UpdatePlaces(rank);
  }

  // Crossings among the lines of `above` and `below` if they stand in this order.
  size_t PairCrossings(size_t above, size_t below) const {
    size_t count = 0;
    for (const auto side : {&Item::left, &Item::right}) {
      for (const size_t a : items_[above].*side) {
        for (const size_t b : items_[below].*side) count += place_[a] > place_[b];
      }
    }
    return count;
  }

  void SwapNeighbours() {
    for (auto& rank : ranks_) {
      for (size_t i = 0; i + 1 < rank.size(); ++i) {
        if (PairCrossings(rank[i + 1], rank[i]) < PairCrossings(rank[i], rank[i + 1])) {
          std::swap(rank[i], rank[i + 1]);
        }
      }
      UpdatePlaces(rank);
    }
  }

  size_t Crossings() const {
    size_t count = 0;
    for (const auto& rank : ranks_) {
      for (size_t i = 0; i < rank.size(); ++i) {
        for (size_t j = i + 1; j < rank.size(); ++j) {
          for (const size_t a : items_[rank[i]].right) {
            for (const size_t b : items_[rank[j]].right) count += place_[a] > place_[b];
          }
        }
      }
    }
    return count;
  }

  void GrowNodes() {
    for (Item& item : items_) {
      if (item.bend) continue;
      const size_t ports = std::max(item.left.size(), item.right.size());
      item.height = std::max(item.height, kPortGap * static_cast<double>(ports + 1));
    }
  }

  double Gap(size_t above, size_t below) const {
    return items_[above].down() + kItemGap + items_[below].up();
  }

  // Pulls each item towards its neighbours within the order of its rank. The pull among the bends
  // of an edge grows from sweep to sweep, so that long edges first find their place, then get
  // straight.
  void PlaceVertically() {
    constexpr int kSweeps = 60;
    for (const auto& rank : ranks_) {
      for (size_t i = 1; i < rank.size(); ++i) {
        items_[rank[i]].y = items_[rank[i - 1]].y + Gap(rank[i - 1], rank[i]);
      }
    }
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      for (size_t i = 0; i < ranks_.size(); ++i) {
        PlaceRank(ranks_[sweep % 2 == 0 ? i : ranks_.size() - 1 - i], 1 + sweep);
      }
    }
  }

  void PlaceRank(const std::vector<size_t>& rank, double straight) {
    std::vector<double> wanted, weights, gaps;
    for (size_t i = 0; i < rank.size(); ++i) {
      const Item& item = items_[rank[i]];
      double sum = 0, weight = 0;
      for (const auto side : {&Item::left, &Item::right}) {
        for (const size_t neighbour : item.*side) {
          const double pull = item.bend && items_[neighbour].bend ? straight : 1;
          sum += pull * items_[neighbour].y;
          weight += pull;
        }
      }
      wanted.push_back(weight > 0 ? sum / weight : item.y);
      weights.push_back(std::max(weight, 1.0));
      if (i > 0) gaps.push_back(Gap(rank[i - 1], rank[i]));
    }
    const std::vector<double> placed = Spread(wanted, weights, gaps);
    for (size_t i = 0; i < rank.size(); ++i) items_[rank[i]].y = placed[i];
  }

  LayeredLayout Result() {
    LayeredLayout layout;
    double top = std::numeric_limits<double>::max(), bottom = std::numeric_limits<double>::lowest();
    for (const Item& item : items_) {
      top = std::min(top, item.y - item.up());
      bottom = std::max(bottom, item.y + item.down());
    }
    for (Item& item : items_) item.y -= top;
    layout.height = items_.empty() ? 0 : bottom - top;
    for (const auto& rank : ranks_) {
      double width = 0;
      for (const size_t item : rank) width = std::max(width, items_[item].width);
      columns_.push_back({layout.width, 0, width, 0});
      layout.width += width + kRankGap;
    }
    if (!ranks_.empty()) layout.width -= kRankGap;
    for (size_t node = 0; node < nodes_.size(); ++node) layout.nodes.push_back(ItemBox(node));
    for (size_t e = 0; e < edges_.size(); ++e) layout.edges.push_back(Route(e));
    return layout;
  }

  Box ItemBox(size_t i) const {
    const Item& item = items_[i];
    return {columns_[item.rank].center().x - item.width / 2, item.y - item.height / 2, item.width,
            item.height};
  }

  EdgeRoute Route(size_t e) const {
    constexpr double kStub = 10;
    const std::vector<size_t>& items = chains_[e].items;
    EdgeRoute route{.backward = chains_[e].reversed, .label = ItemBox(chains_[e].label)};
    const Point start = {ItemBox(items.front()).right(),
                         Port(items.front(), items[1], &Item::right)};
    const Point end = {ItemBox(items.back()).x,
                       Port(items.back(), items[items.size() - 2], &Item::left)};
    route.points = {start, {start.x + kStub, start.y}};
    for (size_t i = 1; i + 1 < items.size(); ++i) {
      const Item& item = items_[items[i]];
      const Box& column = columns_[item.rank];
      if (item.rank % 2 == 0 || items[i] == chains_[e].label) {
        route.points.push_back({column.x, item.y});
        route.points.push_back({column.right(), item.y});
      } else {
        route.points.push_back({column.center().x, item.y});
      }
    }
    route.points.push_back({end.x - kStub, end.y});
    route.points.push_back(end);
    return route;
  }

  // Where the line to `neighbour` leaves `node`: ports stand around the middle of the side, in the
  // order of what they lead to.
  double Port(size_t node, size_t neighbour, std::vector<size_t> Item::*side) const {
    const std::vector<size_t>& neighbours = items_[node].*side;
    size_t before = 0;
    for (const size_t other : neighbours) before += place_[other] < place_[neighbour];
    const double middle = static_cast<double>(neighbours.size() - 1) / 2;
    return items_[node].y + kPortGap * (static_cast<double>(before) - middle);
  }

  const std::vector<LayoutNode>& nodes_;
  const std::vector<LayoutEdge>& edges_;
  std::vector<Chain> chains_;
  std::vector<std::vector<size_t>> successors_;
  std::vector<Item> items_;
  Ranks ranks_;
  std::vector<size_t> place_;
  std::vector<Box> columns_;
};

}  // namespace

LayeredLayout LayoutLayered(const std::vector<LayoutNode>& nodes,
                            const std::vector<LayoutEdge>& edges) {
  return Layouter(nodes, edges).Run();
}

}  // namespace waymark::render
