// The published figures of two public event logs; see `eventlogs` and `oracles` in the test data.
#include <fstream>
#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/columns/funnel.h"
#include "libs/columns/graph.h"
#include "libs/columns/test_log.h"
#include "libs/columns/variants.h"
#include "nlohmann/json.hpp"

namespace waymark::columns {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

json ReadJson(const std::string& path) {
  std::ifstream file(path);
  return json::parse(file);
}

Log RunningExample() {
  return ReadLog(DataFile("eventlogs/running-example.csv"), "case:concept:name", "concept:name",
                 "time:timestamp", "%Y-%m-%d %H:%M:%E*S%Ez");
}

Log Receipt() {
  return ReadLog(DataFile("eventlogs/receipt.events.csv"), "case_id", "activity", "timestamp",
                 "%Y-%m-%dT%H:%M:%E*S%Ez");
}

void ExpectAgrees(const View& view, const json& oracle) {
  const Graph graph = DirectlyFollows(view);
  EXPECT_EQ(graph.cases, oracle["cases"]);
  EXPECT_EQ(graph.events, oracle["events"]);
  std::map<std::string, int64_t> occurrences, starts, ends;
  for (const Node& node : graph.nodes) {
    occurrences[node.step] = node.occurrences;
    if (node.starts > 0) starts[node.step] = node.starts;
    if (node.ends > 0) ends[node.step] = node.ends;
  }
  EXPECT_EQ(json(occurrences), oracle["activity_counts"]);
  EXPECT_EQ(json(starts), oracle["start_activities"]);
  EXPECT_EQ(json(ends), oracle["end_activities"]);

  std::map<std::pair<std::string, std::string>, int64_t> edges, expected;
  int64_t transitions = 0;
  for (const Edge& edge : graph.edges) {
    edges[{edge.from, edge.to}] = edge.count;
    transitions += edge.count;
  }
  for (const json& edge : oracle["dfg"]) expected[{edge[0], edge[1]}] = edge[2];
  EXPECT_EQ(edges, expected);
  EXPECT_EQ(transitions, oracle["dfg_total"]);

  const Variants variants = CountVariants(view, 10'000);
  EXPECT_EQ(variants.distinct, oracle["variants"]);
  std::map<std::vector<std::string>, int64_t> counts;
  for (const Variant& variant : variants.top) counts[variant.steps] = variant.count;
  for (const json& variant : oracle["top_variants"]) {
    EXPECT_EQ(counts[variant["seq"].get<std::vector<std::string>>()], variant["count"]);
  }

  const CaseDurations durations = MeasureDurations(view);
  EXPECT_NEAR(durations.mean_seconds, oracle["case_duration_s_mean"], 1e-6);
  EXPECT_NEAR(durations.median_seconds, oracle["case_duration_s_median"], 1e-6);
}

TEST(OraclesTest, RunningExampleAgreesInEveryEdgeAndVariant) {
  const std::string path = DataFile("oracles/dfg_running_example.json");
  WM_REQUIRE_DATA(path);
  ExpectAgrees(ViewOf(RunningExample()), ReadJson(path));
}

TEST(OraclesTest, ReceiptAgreesInEveryEdgeAndVariant) {
  const std::string path = DataFile("oracles/dfg_receipt.json");
  WM_REQUIRE_DATA(path);
  const View view = ViewOf(Receipt());
  ExpectAgrees(view, ReadJson(path));
  EXPECT_EQ(CountVariants(view, 1).top[0].count, 713);
  EXPECT_NEAR(MeasureDurations(view).median_seconds, 2868.58, 0.005);
}

TEST(OraclesTest, RunningExampleHasThePublishedMeansAndFunnel) {
  WM_REQUIRE_DATA(DataFile("eventlogs/running-example.csv"));
  const View view = ViewOf(RunningExample());
  std::map<std::pair<std::string, std::string>, double> means;
  for (const Edge& edge : DirectlyFollows(view).edges) {
    means[{edge.from, edge.to}] = edge.mean_seconds;
  }
  EXPECT_NEAR((means[{"check ticket", "decide"}]), 181'960, 1e-6);
  EXPECT_NEAR((means[{"register request", "examine casually"}]), 32'240, 1e-6);
  EXPECT_NEAR((means[{"decide", "pay compensation"}]), 514'160, 1e-6);

  const absl::StatusOr<Funnel> funnel = MeasureFunnel(
      view, {.steps = {"register request", "check ticket", "decide", "pay compensation"}});
  ASSERT_TRUE(funnel.ok());
  std::vector<int64_t> reached;
  for (const FunnelStep& step : funnel->steps) reached.push_back(step.reached);
  EXPECT_THAT(reached, ElementsAre(6, 6, 6, 3));
}

TEST(OraclesTest, AShuffledReceiptLogGivesTheSameGraph) {
  const std::string path = DataFile("oracles/dfg_receipt.json");
  WM_REQUIRE_DATA(path);
  Log log = Receipt();
  std::mt19937_64 random(1);
  std::shuffle(log.begin(), log.end(), random);
  ExpectAgrees(ViewOf(log), ReadJson(path));
}

}  // namespace
}  // namespace waymark::columns
