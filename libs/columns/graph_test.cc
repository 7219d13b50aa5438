#include "libs/columns/graph.h"

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/columns/pair_table.h"
#include "libs/columns/test_log.h"

namespace waymark::columns {
namespace {

TEST(GraphTest, OfNothingIsEmpty) {
  const Graph graph = DirectlyFollows(ViewOf({}));
  EXPECT_EQ(graph.cases, 0);
  EXPECT_TRUE(graph.edges.empty());
  EXPECT_TRUE(graph.nodes.empty());
  EXPECT_EQ(MeasureDurations(ViewOf({})).median_seconds, 0);
}

TEST(GraphTest, CountsAStepThatFollowsItself) {
  const Graph graph = DirectlyFollows(ViewOf(
      {{.customer = "c", .activity = "a"}, {.customer = "c", .activity = "a", .micros = 3}}));
  ASSERT_EQ(graph.edges.size(), 1u);
  EXPECT_EQ(graph.edges[0].count, 1);
  EXPECT_DOUBLE_EQ(graph.edges[0].mean_seconds, 3e-6);
}

TEST(GraphTest, EqualTimesKeepTheOrderOfArrival) {
  const Graph graph = DirectlyFollows(
      ViewOf({{.customer = "c", .activity = "z"}, {.customer = "c", .activity = "a"}}));
  ASSERT_EQ(graph.edges.size(), 1u);
  EXPECT_EQ(graph.edges[0].from, "z");
  EXPECT_EQ(graph.edges[0].to, "a");
}

TEST(GraphTest, MeansOfVeryLongDurationsDoNotOverflow) {
  Log log;
  constexpr int64_t kCentury = int64_t{100} * 365 * 86400 * kSecond;
  for (int i = 0; i < 5000; ++i) {
    const std::string customer = "c" + std::to_string(i);
    log.push_back({.customer = customer, .activity = "a"});
    log.push_back({.customer = customer, .activity = "b", .micros = kCentury});
  }
  EXPECT_DOUBLE_EQ(DirectlyFollows(ViewOf(log)).edges[0].mean_seconds, kCentury / 1e6);
}

/// Everything the graph says, from a naive reading of the log.
struct Expected {
  std::map<std::pair<std::string, std::string>, std::vector<double>> edges;
  std::map<std::string, int64_t> occurrences, starts, ends;
  std::vector<double> durations;

  explicit Expected(const std::vector<Log>& cases) {
    for (const Log& events : cases) {
      ++starts[events.front().activity];
      ++ends[events.back().activity];
      durations.push_back((events.back().micros - events.front().micros) / 1e6);
      for (size_t i = 0; i < events.size(); ++i) {
        ++occurrences[events[i].activity];
        if (i == 0) continue;
        edges[{events[i - 1].activity, events[i].activity}].push_back(
            (events[i].micros - events[i - 1].micros) / 1e6);
      }
    }
  }
};

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

void ExpectReconciles(const Graph& graph) {
  std::map<std::string, int64_t> in, out;
  int64_t starts = 0, ends = 0, occurrences = 0;
  for (const Edge& edge : graph.edges) {
    out[edge.from] += edge.count;
    in[edge.to] += edge.count;
  }
  for (const Node& node : graph.nodes) {
    EXPECT_EQ(in[node.step] + node.starts, node.occurrences) << node.step;
    EXPECT_EQ(out[node.step] + node.ends, node.occurrences) << node.step;
    starts += node.starts;
    ends += node.ends;
    occurrences += node.occurrences;
  }
  EXPECT_EQ(starts, graph.cases);
  EXPECT_EQ(ends, graph.cases);
  EXPECT_EQ(occurrences, graph.events);
}

void ExpectMatches(const Graph& graph, Expected expected) {
  ASSERT_EQ(graph.edges.size(), expected.edges.size());
  for (const Edge& edge : graph.edges) {
    const std::vector<double>& durations = expected.edges[{edge.from, edge.to}];
    EXPECT_EQ(edge.count, static_cast<int64_t>(durations.size()));
    EXPECT_NEAR(edge.mean_seconds, Mean(durations), 1e-6);
  }
  ASSERT_EQ(graph.nodes.size(), expected.occurrences.size());
  for (const Node& node : graph.nodes) {
    EXPECT_EQ(node.occurrences, expected.occurrences[node.step]);
    EXPECT_EQ(node.starts, expected.starts[node.step]);
    EXPECT_EQ(node.ends, expected.ends[node.step]);
  }
}

TEST(GraphTest, AgreesWithANaiveReadingOfRandomLogsAndReconciles) {
  std::mt19937_64 random(3);
  // With 600 activities the matrix gives way to the hash table.
  for (const int activities : {1, 2, 7, 600}) {
    for (int round = 0; round < 5; ++round) {
      const Log log = RandomLog(&random, 3000, 1 + random() % 200, activities, 3);
      const Expected expected(NaiveCases(log));
      const View view = ViewOf(log);
      const Graph graph = DirectlyFollows(view);
      ExpectReconciles(graph);
      ExpectMatches(graph, expected);

      const CaseDurations durations = MeasureDurations(view);
      std::vector<double> sorted = expected.durations;
      std::sort(sorted.begin(), sorted.end());
      EXPECT_EQ(durations.cases, static_cast<int64_t>(sorted.size()));
      EXPECT_NEAR(durations.mean_seconds, Mean(sorted), 1e-6);
      EXPECT_NEAR(durations.median_seconds,
                  (sorted[sorted.size() / 2] + sorted[(sorted.size() - 1) / 2]) / 2, 1e-6);
    }
  }
}

TEST(PairTableTest, GivesWayToAHashTableWhenTheMatrixWouldBeLarge) {
  EXPECT_TRUE(PairTable<int>(500, 500).dense());
  PairTable<int> large(100'000, 100'000);
  EXPECT_FALSE(large.dense());
  large.At(99'999, 3) = 5;
  large.At(3, 99'999) = 6;
  std::map<std::pair<size_t, size_t>, int> cells;
  large.ForEach([&](size_t row, size_t column, int cell) { cells[{row, column}] = cell; });
  EXPECT_THAT(cells, ::testing::ElementsAre(::testing::Pair(std::pair(3, 99'999), 6),
                                            ::testing::Pair(std::pair(99'999, 3), 5)));
}

}  // namespace
}  // namespace waymark::columns
