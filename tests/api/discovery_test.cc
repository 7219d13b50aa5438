// Journeys as they were walked: read right after they were written.
#include "absl/strings/str_cat.h"
#include "tests/api/server.h"
#include "tests/api/signals.h"
#include "waymark/journey/v1/discovery_service.pb.h"

namespace waymark::api_test {
namespace {

using feedback::v1::Signal;
using journey::v1::ComputeFunnelRequest;
using journey::v1::ComputeFunnelResponse;
using journey::v1::DiscoveredGraph;
using journey::v1::DiscoverGraphRequest;
using journey::v1::DiscoverGraphResponse;
using journey::v1::DiscoverHandoffsRequest;
using journey::v1::DiscoverHandoffsResponse;
using journey::v1::DiscoverVariantsRequest;
using journey::v1::DiscoverVariantsResponse;
using ::testing::ElementsAre;

class DiscoveryTest : public ApiTest {
 protected:
  DiscoveredGraph Graph(const std::string& position, const std::string& source = "") const {
    DiscoverGraphRequest request;
    request.set_parent(client_.parent());
    request.set_min_position(position);
    if (!source.empty()) request.mutable_filter()->add_sources(source);
    const auto response = client_.Get<DiscoverGraphResponse>(request);
    EXPECT_GE(response.position(), position);
    return response.graph();
  }

  static std::map<std::string, int64_t> Edges(const DiscoveredGraph& graph) {
    std::map<std::string, int64_t> edges;
    for (const auto& edge : graph.edges()) {
      edges[absl::StrCat(edge.from(), ">", edge.to())] = edge.count();
    }
    return edges;
  }

  // Ann arrives, asks and buys, Bob arrives and buys, Cyd arrives and is gone.
  std::string IngestThree() const {
    return Ingest(client_, {Visit("1", "ann", "arrive", 0), Visit("2", "bob", "arrive", 5),
                            Visit("3", "ann", "ask", 10), Visit("4", "bob", "buy", 25),
                            Visit("5", "ann", "buy", 40), Visit("6", "cyd", "arrive", 50)})
        .position();
  }
};

TEST_F(DiscoveryTest, AReadHoldsWhatWasWrittenBefore) {
  for (int i = 1; i <= 30; ++i) {
    const auto written = Ingest(client_, {Visit(absl::StrCat("v", i), "ann", "arrive", i)});
    ASSERT_EQ(Graph(written.position()).events(), i);
  }
}

TEST_F(DiscoveryTest, TheGraphCountsWhatFollowedWhat) {
  const DiscoveredGraph graph = Graph(IngestThree());
  EXPECT_EQ(graph.cases(), 3);
  EXPECT_EQ(graph.events(), 6);
  EXPECT_EQ(Edges(graph),
            (std::map<std::string, int64_t>{{"arrive>ask", 1}, {"arrive>buy", 1}, {"ask>buy", 1}}));
  int64_t events = 0, starts = 0, ends = 0;
  for (const auto& node : graph.nodes()) {
    events += node.count();
    starts += node.starts();
    ends += node.ends();
  }
  EXPECT_EQ(events, graph.events());
  EXPECT_EQ(starts, graph.cases());
  EXPECT_EQ(ends, graph.cases());
  EXPECT_EQ(graph.edges(2).mean_duration().seconds(), 30);
}

TEST_F(DiscoveryTest, TiesInTimeGoByTheSourcesOrderThenByArrival) {
  std::vector<Signal> signals = {Visit("1", "ann", "third"), Visit("2", "ann", "first"),
                                 Visit("3", "ann", "second")};
  signals[0].set_sequence(3);
  signals[1].set_sequence(1);
  signals[2].set_sequence(2);
  signals.push_back(Visit("4", "bob", "late", 10));
  signals.push_back(Visit("5", "bob", "later", 10));
  EXPECT_EQ(Edges(Graph(Ingest(client_, signals).position())),
            (std::map<std::string, int64_t>{
                {"first>second", 1}, {"second>third", 1}, {"late>later", 1}}));
}

TEST_F(DiscoveryTest, RevisionsAndTombstonesCountAsTheyStand) {
  IngestThree();
  Signal asked = Visit("3", "ann", "complain", 10);
  asked.set_revision(1);
  EXPECT_EQ(Edges(Graph(Ingest(client_, {asked}).position())),
            (std::map<std::string, int64_t>{
                {"arrive>buy", 1}, {"arrive>complain", 1}, {"complain>buy", 1}}));
  Signal gone = Visit("3", "ann", "", 10);
  gone.clear_interaction();
  gone.set_revision(2);
  gone.set_deleted(true);
  const DiscoveredGraph graph = Graph(Ingest(client_, {gone}).position());
  EXPECT_EQ(graph.events(), 5);
  EXPECT_EQ(Edges(graph), (std::map<std::string, int64_t>{{"arrive>buy", 2}}));
}

TEST_F(DiscoveryTest, VariantsAndFunnelReconcileWithTheGraph) {
  const std::string position = IngestThree();
  DiscoverVariantsRequest variants;
  variants.set_parent(client_.parent());
  variants.set_min_position(position);
  const auto found = client_.Get<DiscoverVariantsResponse>(variants);
  EXPECT_EQ(found.variant_count(), 3);
  EXPECT_EQ(found.cases(), 3);
  int64_t cases = 0;
  double share = 0;
  for (const auto& variant : found.variants()) {
    cases += variant.cases();
    share += variant.share();
  }
  EXPECT_EQ(cases, 3);
  EXPECT_NEAR(share, 100, 1e-9);

  ComputeFunnelRequest funnel;
  funnel.set_parent(client_.parent());
  funnel.set_min_position(position);
  for (const char* activity : {"arrive", "ask", "buy"}) funnel.add_activities(activity);
  const auto passed = client_.Get<ComputeFunnelResponse>(funnel);
  EXPECT_EQ(passed.cases(), 3);
  std::vector<int64_t> counts;
  for (const auto& step : passed.steps()) counts.push_back(step.cases());
  EXPECT_THAT(counts, ElementsAre(3, 1, 1));
}

TEST_F(DiscoveryTest, HandoffsSayHowManyWereLost) {
  std::vector<Signal> signals;
  for (int i = 0; i < 10; ++i) {
    const std::string customer = absl::StrCat("customer-", i);
    signals.push_back(Visit(absl::StrCat("order-", i), customer, "order", i));
    signals.back().mutable_interaction()->set_channel("web");
    if (i >= 4) continue;
    signals.push_back(Visit(absl::StrCat("fetch-", i), customer, "fetch", 100 + i));
    signals.back().mutable_interaction()->set_channel("shop");
  }
  DiscoverHandoffsRequest request;
  request.set_parent(client_.parent());
  request.set_min_position(Ingest(client_, signals).position());
  const auto response = client_.Get<DiscoverHandoffsResponse>(request);
  ASSERT_GE(response.handoffs_size(), 1);
  const auto& handoff = response.handoffs(0);
  EXPECT_EQ(handoff.activity(), "order");
  EXPECT_EQ(handoff.from_channel(), "web");
  EXPECT_EQ(handoff.to_channel(), "shop");
  EXPECT_EQ(handoff.next_activity(), "fetch");
  EXPECT_EQ(handoff.reached(), 10);
  EXPECT_EQ(handoff.lost(), 6);
  EXPECT_EQ(handoff.continued(), 4);
}

TEST_F(DiscoveryTest, AFilterTakesTheNamedSourcesOnly) {
  IngestThree();
  Signal elsewhere = Visit("1", "ann", "call", 100);
  elsewhere.set_source("phone");
  const std::string position = Ingest(client_, {elsewhere}).position();
  EXPECT_EQ(Graph(position).events(), 7);
  EXPECT_EQ(Graph(position, "web").events(), 6);
  EXPECT_EQ(Graph(position, "phone").events(), 1);
}

TEST_F(DiscoveryTest, WithoutACustomerASignalJoinsNoJourney) {
  IngestThree();
  EXPECT_EQ(Graph(Ingest(client_, {Visit("7", "", "arrive", 60)}).position()).cases(), 3);
}

}  // namespace
}  // namespace waymark::api_test
