#include "services/journey/discovery.h"

#include <fstream>
#include <map>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/journey/feed_builder_test.h"

namespace waymark::journey {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using Edges = std::map<std::pair<std::string, std::string>, int64_t>;

Interactions InteractionsOf(const std::vector<feedback::v1::Change>& changes) {
  Projection projection;
  ApplyAll(changes, &projection);
  return projection.Capture("demo", {})->interactions;
}

double SecondsOf(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() / 1e9;
}

std::map<std::string, double> MeansOf(const v1::DiscoveredGraph& graph) {
  std::map<std::string, double> means;
  for (const v1::GraphEdge& edge : graph.edges()) {
    means[edge.from() + ">" + edge.to()] = SecondsOf(edge.mean_duration());
  }
  return means;
}

class EventLogTest : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

// Every edge, start and end of two public event logs, as an independent tool counts them.
TEST_P(EventLogTest, GraphAgreesWithTheOracle) {
  const std::string log = DataFile(GetParam().first);
  const std::string oracle_file = DataFile(GetParam().second);
  if (log.empty() || oracle_file.empty()) {
    GTEST_SKIP() << "no test data; set WAYMARK_TEST_DATA to its folder";
  }
  std::ifstream file(oracle_file);
  const json oracle = json::parse(file);
  const auto response = Discover(InteractionsOf(ReadLog(log)), v1::DiscoverGraphRequest());
  ASSERT_TRUE(response.ok()) << response.status();
  const v1::DiscoveredGraph& graph = response->graph();
  EXPECT_EQ(graph.cases(), oracle["cases"]);
  EXPECT_EQ(graph.events(), oracle["events"]);
  Edges edges, expected;
  for (const v1::GraphEdge& edge : graph.edges()) edges[{edge.from(), edge.to()}] = edge.count();
  for (const json& edge : oracle["dfg"]) expected[{edge[0], edge[1]}] = edge[2];
  EXPECT_EQ(edges, expected);
  std::map<std::string, int64_t> counts, starts, ends;
  for (const v1::ActivityNode& node : graph.nodes()) {
    counts[node.activity()] = node.count();
    if (node.starts() > 0) starts[node.activity()] = node.starts();
    if (node.ends() > 0) ends[node.activity()] = node.ends();
  }
  EXPECT_EQ(json(counts), oracle["activity_counts"]);
  EXPECT_EQ(json(starts), oracle["start_activities"]);
  EXPECT_EQ(json(ends), oracle["end_activities"]);
}

INSTANTIATE_TEST_SUITE_P(
    Logs, EventLogTest,
    ::testing::Values(std::pair("eventlogs/running_example.events.csv",
                                "oracles/dfg_running_example.json"),
                      std::pair("eventlogs/receipt.events.csv", "oracles/dfg_receipt.json")),
    [](const auto& info) { return info.index == 0 ? "RunningExample" : "Receipt"; });

TEST(DiscoveryTest, RunningExampleHasThePublishedFigures) {
  const std::string log = DataFile("eventlogs/running_example.events.csv");
  if (log.empty()) GTEST_SKIP() << "no test data; set WAYMARK_TEST_DATA to its folder";
  const Interactions interactions = InteractionsOf(ReadLog(log));

  const auto graph = Discover(interactions, v1::DiscoverGraphRequest());
  std::map<std::string, double> means = MeansOf(graph->graph());
  EXPECT_NEAR(means["check ticket>decide"], 181'960, 1);
  EXPECT_NEAR(means["register request>examine casually"], 32'240, 1);
  EXPECT_NEAR(means["decide>pay compensation"], 514'160, 1);

  const auto variants = Discover(interactions, v1::DiscoverVariantsRequest());
  EXPECT_EQ(variants->variant_count(), 6);
  EXPECT_EQ(variants->cases(), 6);
  EXPECT_NEAR(SecondsOf(variants->mean_duration()), 966'890, 1);
  EXPECT_NEAR(SecondsOf(variants->median_duration()), 815'940, 1);

  v1::ComputeFunnelRequest funnel;
  for (const char* step : {"register request", "check ticket", "decide", "pay compensation"}) {
    funnel.add_activities(step);
  }
  const auto funneled = Discover(interactions, funnel);
  std::vector<int64_t> reached;
  for (const v1::FunnelStep& step : funneled->steps()) {
    reached.push_back(step.cases());
  }
  EXPECT_THAT(reached, ElementsAre(6, 6, 6, 3));
}

/// Two customers on three channels in two sources.
Interactions SmallLog() {
  FeedBuilder feed;
  feed.Record({.customer = "ann", .activity = "browse", .second = 10, .session = "s1"});
  feed.Record({.customer = "ann", .activity = "order", .second = 20, .session = "s1"});
  feed.Record({.customer = "ann",
               .activity = "pick up",
               .second = 90,
               .channel = "shop",
               .source = "till",
               .session = "s2",
               .attributes = {{"plan", "pro"}, {"order", "o1"}}});
  feed.Record({.customer = "bob",
               .activity = "browse",
               .second = 15,
               .session = "s3",
               .attributes = {{"plan", "free"}}});
  feed.Record({.customer = "bob",
               .activity = "order",
               .second = 35,
               .session = "s3",
               .attributes = {{"plan", "gold"}, {"order", "o1"}}});
  return InteractionsOf(feed.changes());
}

std::map<std::string, double> GraphOf(const v1::DiscoverGraphRequest& request) {
  return MeansOf(Discover(SmallLog(), request)->graph());
}

TEST(DiscoveryTest, GraphIsSortedByName) {
  const auto response = Discover(SmallLog(), v1::DiscoverGraphRequest());
  std::vector<std::string> nodes;
  for (const v1::ActivityNode& node : response->graph().nodes()) nodes.push_back(node.activity());
  EXPECT_THAT(nodes, ElementsAre("browse", "order", "pick up"));
  EXPECT_THAT(MeansOf(response->graph()),
              ElementsAre(std::pair("browse>order", 15.0), std::pair("order>pick up", 70.0)));
}

TEST(DiscoveryTest, FilterTakesSourcesTimesAndAnyValueOfAnAttribute) {
  v1::DiscoverGraphRequest request;
  request.mutable_filter()->add_sources("shop");
  EXPECT_THAT(GraphOf(request), ElementsAre(std::pair("browse>order", 15.0)));

  request.mutable_filter()->mutable_time_range()->mutable_start_time()->set_seconds(15);
  EXPECT_THAT(GraphOf(request), ElementsAre(std::pair("browse>order", 20.0)));
  request.mutable_filter()->mutable_time_range()->mutable_end_time()->set_seconds(35);
  EXPECT_THAT(GraphOf(request), ElementsAre());

  request.Clear();
  auto& condition = *request.mutable_filter()->add_attributes();
  condition.set_key("plan");
  condition.add_values("free");
  EXPECT_THAT(GraphOf(request), ElementsAre());
  condition.add_values("gold");
  EXPECT_THAT(GraphOf(request), ElementsAre(std::pair("browse>order", 20.0)));
}

TEST(DiscoveryTest, SessionsOrAttributesMayBeTheCases) {
  v1::DiscoverGraphRequest request;
  request.mutable_case_by()->set_session(true);
  EXPECT_EQ(Discover(SmallLog(), request)->graph().cases(), 3);
  request.mutable_case_by()->set_attribute("order");
  EXPECT_THAT(GraphOf(request), ElementsAre(std::pair("order>pick up", 55.0)));
}

TEST(DiscoveryTest, VariantsHaveSharesInPercent) {
  v1::DiscoverVariantsRequest request;
  request.set_limit(1);
  const auto response = Discover(SmallLog(), request);
  EXPECT_EQ(response->variant_count(), 2);
  ASSERT_EQ(response->variants_size(), 1);
  EXPECT_THAT(response->variants(0).activities(), ElementsAre("browse", "order"));
  EXPECT_EQ(response->variants(0).cases(), 1);
  EXPECT_DOUBLE_EQ(response->variants(0).share(), 50);
}

TEST(DiscoveryTest, FunnelMayStartAtTheFirstOrAtAnyOccurrence) {
  FeedBuilder feed;
  feed.Record({.customer = "ann", .activity = "browse", .second = 0});
  feed.Record({.customer = "ann", .activity = "browse", .second = 100});
  feed.Record({.customer = "ann", .activity = "order", .second = 110});
  v1::ComputeFunnelRequest request;
  request.add_activities("browse");
  request.add_activities("order");
  request.mutable_window()->set_seconds(20);
  const auto completed = [&](v1::ComputeFunnelRequest::WindowStart start) {
    request.set_window_start(start);
    return Discover(InteractionsOf(feed.changes()), request)->steps(1).cases();
  };
  EXPECT_EQ(completed(v1::ComputeFunnelRequest::WINDOW_START_FIRST), 0);
  EXPECT_EQ(completed(v1::ComputeFunnelRequest::WINDOW_START_ANY), 1);
  EXPECT_EQ(completed(v1::ComputeFunnelRequest::WINDOW_START_UNSPECIFIED), 1);
}

TEST(DiscoveryTest, HandoffsSayWhoGoesOnWhereAndWhoIsLost) {
  FeedBuilder feed;
  const auto walk = [&](const std::string& customer,
                        std::vector<std::pair<const char*, const char*>> steps) {
    int64_t second = 0;
    for (const auto& [activity, channel] : steps) {
      feed.Record(
          {.customer = customer, .activity = activity, .second = ++second, .channel = channel});
    }
  };
  walk("a", {{"order", "web"}, {"pick up", "shop"}, {"call", "phone"}});
  walk("b", {{"order", "web"}, {"pick up", "shop"}});
  walk("c", {{"order", "web"}, {"ask", "shop"}, {"pick up", "shop"}});
  walk("d", {{"order", "web"}});
  walk("e", {{"order", "web"}, {"order", "web"}, {"pick up", "shop"}});
  walk("f", {{"browse", "web"}});
  const auto response = Discover(InteractionsOf(feed.changes()), v1::DiscoverHandoffsRequest());
  EXPECT_EQ(response->cases(), 6);
  ASSERT_EQ(response->handoffs_size(), 2);
  const v1::Handoff& worst = response->handoffs(0);
  EXPECT_EQ(worst.activity(), "pick up");
  EXPECT_EQ(worst.to_channel(), "phone");
  EXPECT_EQ(worst.reached(), 4);
  EXPECT_EQ(worst.lost(), 3);
  EXPECT_EQ(worst.continued(), 1);
  const v1::Handoff& order = response->handoffs(1);
  EXPECT_EQ(order.activity(), "order");
  EXPECT_EQ(order.from_channel(), "web");
  EXPECT_EQ(order.to_channel(), "shop");
  EXPECT_EQ(order.next_activity(), "pick up");
  EXPECT_EQ(order.reached(), 5);
  EXPECT_EQ(order.lost(), 1);
  EXPECT_EQ(order.continued(), 4);
}

TEST(DiscoveryTest, EqualQuestionsHaveEqualCanonicalForms) {
  v1::ComputeFunnelRequest one, other;
  one.set_parent("tenants/demo");
  one.set_min_position("7");
  one.mutable_filter()->add_sources("b");
  one.mutable_filter()->add_sources("a");
  one.mutable_case_by()->set_session(false);
  other.mutable_filter()->add_sources("a");
  other.mutable_filter()->add_sources("b");
  other.set_window_start(v1::ComputeFunnelRequest::WINDOW_START_ANY);
  EXPECT_EQ(Canonical(one).SerializeAsString(), Canonical(other).SerializeAsString());
  other.set_window_start(v1::ComputeFunnelRequest::WINDOW_START_FIRST);
  EXPECT_NE(Canonical(one).SerializeAsString(), Canonical(other).SerializeAsString());

  v1::DiscoverVariantsRequest with_default, with_limit;
  with_limit.set_limit(20);
  EXPECT_EQ(Canonical(with_default).SerializeAsString(), Canonical(with_limit).SerializeAsString());
}

}  // namespace
}  // namespace waymark::journey
