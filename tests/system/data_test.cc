// Real data through the whole path, on one process with SQLite and on four with PostgreSQL.
#include <fstream>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/testing/databases.h"
#include "tests/system/deployment.h"

namespace waymark::system_test {
namespace {

using nlohmann::json;

class RealData : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "split") WM_REQUIRE_BACKEND("postgres");
    waymark_ = StartDeployment(GetParam());
  }
  json Import(const std::string& format, const std::string& file, const std::string& source,
              const std::string& mapping = "") {
    std::vector<std::string> args = {"import", format, DataFile(file), "--source", source};
    if (!mapping.empty()) args.insert(args.end(), {"--mapping", mapping});
    return waymark_->Json(args);
  }
  std::unique_ptr<Deployment> waymark_;
};

// SFO 2017: NPS 39.8398, 37.225..42.455, n 2,746; top-2 of Q7ALL 82.0685 %, n 2,688 (recomputed
// from the file with two independent tools).
TEST_P(RealData, AirportSurveyGivesItsPublishedFigures) {
  WM_REQUIRE_DATA("sfo/2017.csv");
  const json first = Import("csv", "sfo/2017.csv", "sfo-2017", "sfo");
  EXPECT_EQ(first["quarantined"], 0);
  EXPECT_EQ(first["recorded"].get<int>() + first["updated"].get<int>(), 2831);

  const json nps =
      waymark_->Json({"metric", "nps", "--source", "sfo-2017", "--question", "NETPRO"})["estimate"];
  EXPECT_NEAR(nps["value"].get<double>(), 39.8398, 0.01);
  EXPECT_NEAR(nps["lower"].get<double>(), 37.225, 0.01);
  EXPECT_NEAR(nps["upper"].get<double>(), 42.455, 0.01);
  EXPECT_EQ(nps["n"], 2746);
  EXPECT_EQ(nps["suppressed"], false);
  const json weighted = waymark_->Json(
      {"metric", "nps", "--source", "sfo-2017", "--question", "NETPRO", "--weighted"})["estimate"];
  EXPECT_NEAR(weighted["value"].get<double>(), 40.3984, 0.01);
  const json csat = waymark_->Json(
      {"metric", "csat", "--source", "sfo-2017", "--question", "Q7ALL", "--top", "2"})["estimate"];
  EXPECT_NEAR(csat["value"].get<double>(), 82.0685, 0.001);
  EXPECT_EQ(csat["n"], 2688);

  const json again = Import("csv", "sfo/2017.csv", "sfo-2017", "sfo");
  EXPECT_EQ(again["recorded"], 0);
  EXPECT_EQ(again["duplicate"], 2831);
}

TEST_P(RealData, PatientRowsAreGroupedIntoSubmissions) {
  WM_REQUIRE_DATA("nhs_fft/v6_dev70.csv");
  const json counts = Import("csv", "nhs_fft/v6_dev70.csv", "nhs", "nhs");
  EXPECT_EQ(counts["recorded"], 3168);
  EXPECT_EQ(counts["quarantined"], 0);
  const json csat = waymark_->Json({"metric", "csat", "--source", "nhs", "--top", "2"})["estimate"];
  EXPECT_NEAR(csat["value"].get<double>(), 84.8930, 0.001);
  EXPECT_EQ(csat["n"], 2992);
}

TEST_P(RealData, RepeatedClicksAreEventsOfTheirOwn) {
  WM_REQUIRE_DATA("ecom/ecom_dev.csv");
  EXPECT_EQ(Import("csv", "ecom/ecom_dev.csv", "ecom", "ecom")["recorded"], 19350);
  const json again = Import("csv", "ecom/ecom_dev.csv", "ecom", "ecom");
  EXPECT_EQ(again["recorded"], 0);
  EXPECT_EQ(again["duplicate"], 19350);
}

using Edges = std::map<std::pair<std::string, std::string>, std::pair<int64_t, double>>;

Edges Discovered(const json& graph) {
  Edges edges;
  for (const json& edge : graph["edges"]) {
    edges[{edge["from"], edge["to"]}] = {edge["count"], edge["meanDuration"]};
  }
  return edges;
}

void ExpectOracle(const json& graph, const std::string& oracle_file) {
  std::ifstream file(DataFile(oracle_file));
  const json oracle = json::parse(file);
  const Edges edges = Discovered(graph);
  EXPECT_EQ(graph["cases"], oracle["cases"]);
  EXPECT_EQ(graph["events"], oracle["events"]);
  size_t checked = 0;
  for (const json& edge : oracle["dfg"]) {
    const std::string from = edge[0], to = edge[1];
    const auto found = edges.find({from, to});
    ASSERT_NE(found, edges.end()) << from << " -> " << to;
    EXPECT_EQ(found->second.first, edge[2].get<int64_t>()) << from << " -> " << to;
    ++checked;
  }
  EXPECT_EQ(checked, edges.size());
}

TEST_P(RealData, RunningExampleGivesEveryEdgeOfTheOracle) {
  WM_REQUIRE_DATA("eventlogs/running-example.xes");
  Import("xes", "eventlogs/running-example.xes", "running-example");
  const json graph = waymark_->Json({"discover", "graph", "--source", "running-example"});
  ExpectOracle(graph, "oracles/dfg_running_example.json");
  const Edges edges = Discovered(graph);
  EXPECT_NEAR((edges.at({"check ticket", "decide"}).second), 181'960, 0.5);
  EXPECT_NEAR((edges.at({"register request", "examine casually"}).second), 32'240, 0.5);
}

TEST_P(RealData, ReceiptLogGivesEveryEdgeOfTheOracle) {
  WM_REQUIRE_DATA("eventlogs/receipt.events.csv");
  EXPECT_EQ(Import("csv", "eventlogs/receipt.events.csv", "receipt", "receipt")["recorded"], 8577);
  ExpectOracle(waymark_->Json({"discover", "graph", "--source", "receipt"}),
               "oracles/dfg_receipt.json");
}

INSTANTIATE_TEST_SUITE_P(Deployments, RealData, ::testing::Values("standalone", "split"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace waymark::system_test
