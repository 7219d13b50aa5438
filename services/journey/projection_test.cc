#include "services/journey/projection.h"

#include <algorithm>
#include <map>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/error.h"
#include "libs/columns/view.h"
#include "services/journey/discovery.h"
#include "services/journey/feed_builder_test.h"

namespace waymark::journey {
namespace {

using feedback::v1::Change;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Projection::State StateOf(const Projection& projection, const std::string& tenant = "demo") {
  absl::StatusOr<Projection::State> state = projection.Capture(tenant, {});
  return state.ok() ? *state : Projection::State();
}

/// Every edge as "from>to count", by name.
std::vector<std::string> EdgesOf(const Projection& projection,
                                 const v1::DiscoverGraphRequest& request = {}) {
  std::vector<std::string> edges;
  const auto response = Discover(StateOf(projection).interactions, request);
  for (const v1::GraphEdge& edge : response->graph().edges()) {
    edges.push_back(absl::StrFormat("%s>%s %d", edge.from(), edge.to(), edge.count()));
  }
  return edges;
}

FeedBuilder SmallFeed() {
  FeedBuilder feed;
  feed.Record({.customer = "ann", .activity = "a", .second = 1});
  feed.Record({.customer = "ann", .activity = "b", .second = 2});
  feed.Record({.customer = "bob", .activity = "a", .second = 3});
  feed.Record({.customer = "ann", .activity = "c", .second = 3});
  feed.Record({.customer = "bob", .activity = "c", .second = 5});
  return feed;
}

TEST(ProjectionTest, HoldsInteractionsByCustomerInOrderOfTime) {
  Projection projection;
  ApplyAll(SmallFeed().changes(), &projection);
  EXPECT_THAT(EdgesOf(projection), ElementsAre("a>b 1", "a>c 1", "b>c 1"));
  EXPECT_EQ(StateOf(projection).position, "00000005");
  EXPECT_EQ(*projection.Cursor(), "00000005");
}

TEST(ProjectionTest, TiesInTimeAndSequenceAreBrokenByArrival) {
  FeedBuilder feed;
  feed.Record({.customer = "ann", .activity = "b", .second = 1});
  const Change first = feed.Record({.customer = "ann", .activity = "a", .second = 1});
  feed.Record({.customer = "ann", .activity = "c", .second = 1});
  Change& revised = feed.Follow(first, Change::KIND_REVISED);
  revised.mutable_signal()->mutable_interaction()->set_activity("A");
  Projection projection;
  ApplyAll(feed.changes(), &projection);
  EXPECT_THAT(EdgesOf(projection), ElementsAre("A>c 1", "b>A 1"));
}

TEST(ProjectionTest, TheHighestRevisionCountsAndTombstonesDoNot) {
  FeedBuilder feed = SmallFeed();
  const Change b = feed.changes()[1];
  feed.Follow(b, Change::KIND_REVISED).mutable_signal()->mutable_interaction()->set_activity("B");
  feed.Follow(feed.changes()[4], Change::KIND_DELETED);
  Projection projection;
  ApplyAll(feed.changes(), &projection);
  EXPECT_THAT(EdgesOf(projection), ElementsAre("B>c 1", "a>B 1"));
  EXPECT_EQ(projection.CountsOf("demo").changes, 7);
  EXPECT_EQ(projection.CountsOf("demo").signals, 4);
}

TEST(ProjectionTest, ASignalThatStopsBeingAnInteractionLeavesTheJourney) {
  FeedBuilder feed = SmallFeed();
  feed.Follow(feed.changes()[1], Change::KIND_REVISED).mutable_signal()->mutable_survey_response();
  Projection projection;
  ApplyAll(feed.changes(), &projection);
  EXPECT_THAT(EdgesOf(projection), ElementsAre("a>c 2"));
  EXPECT_EQ(projection.CountsOf("demo").signals, 5);
}

TEST(ProjectionTest, ReenrichedPlacesAnew) {
  FeedBuilder feed;
  Change& recorded = feed.Record({.customer = "ann", .activity = "a"});
  recorded.mutable_enrichment()->set_catalogue_revision(1);
  recorded.mutable_enrichment()->add_placements()->set_touchpoint("desk");
  Change& placed = feed.Follow(recorded, Change::KIND_REENRICHED);
  placed.mutable_enrichment()->set_catalogue_revision(2);
  placed.mutable_enrichment()->mutable_placements(0)->set_touchpoint("counter");
  const auto touchpoint = [](const Projection& projection) {
    const auto interactions = StateOf(projection).interactions;
    return interactions->names().touchpoints.Name(interactions->columns().touchpoint.at(0));
  };
  Projection in_order, reversed;
  ApplyAll(feed.changes(), &in_order);
  EXPECT_EQ(touchpoint(in_order), "counter");
  ApplyAll({feed.changes()[1], feed.changes()[0]}, &reversed);
  EXPECT_EQ(touchpoint(reversed), "counter");
}

TEST(ProjectionTest, ACorrectionCountsWheneverItComes) {
  FeedBuilder feed;
  Change& recorded = feed.Record({.customer = "ann", .activity = "a"});
  recorded.mutable_enrichment()->set_catalogue_revision(1);
  recorded.mutable_enrichment()->add_placements()->set_touchpoint("inferred");
  const auto correct = [&](const Change& before, int64_t revision, const std::string& touchpoint) {
    Change& change = feed.Follow(before, Change::KIND_CORRECTED);
    change.mutable_enrichment()->set_correction_revision(revision);
    change.mutable_enrichment()->mutable_placements(0)->set_touchpoint(touchpoint);
    return change;
  };
  const Change first = correct(feed.changes()[0], 1, "wrong");
  correct(first, 2, "right");
  std::vector<Change> changes = feed.changes();
  std::sort(changes.begin(), changes.end(),
            [](const Change& a, const Change& b) { return a.position() < b.position(); });
  do {
    Projection projection;
    ApplyAll(changes, &projection);
    ApplyAll(changes, &projection);
    const auto interactions = StateOf(projection).interactions;
    EXPECT_EQ(interactions->names().touchpoints.Name(interactions->columns().touchpoint.at(0)),
              "right");
  } while (std::next_permutation(
      changes.begin(), changes.end(),
      [](const Change& a, const Change& b) { return a.position() < b.position(); }));
}

TEST(ProjectionTest, ANewCatalogueOfAnOlderCorrectionIsNewer) {
  FeedBuilder feed;
  Change& recorded = feed.Record({.customer = "ann", .activity = "a"});
  recorded.mutable_enrichment()->set_catalogue_revision(2);
  recorded.mutable_enrichment()->set_correction_revision(3);
  recorded.mutable_enrichment()->add_placements()->set_touchpoint("newest");
  for (const auto& [catalogue, correction] : {std::pair(2, 2), {1, 3}}) {
    Change& older = feed.Follow(feed.changes()[0], Change::KIND_REENRICHED);
    older.mutable_enrichment()->set_catalogue_revision(catalogue);
    older.mutable_enrichment()->set_correction_revision(correction);
    older.mutable_enrichment()->mutable_placements(0)->set_touchpoint("older");
  }
  Projection projection;
  ApplyAll(feed.changes(), &projection);
  const auto interactions = StateOf(projection).interactions;
  EXPECT_EQ(interactions->names().touchpoints.Name(interactions->columns().touchpoint.at(0)),
            "newest");
}

TEST(ProjectionTest, LinkedCustomersAreOneCaseUntilTheyAreUnlinked) {
  FeedBuilder feed = SmallFeed();
  Projection projection;
  feed.Link("bob", "ann");
  ApplyAll(feed.changes(), &projection);
  EXPECT_THAT(EdgesOf(projection), ElementsAre("a>b 1", "a>c 1", "b>a 1", "c>c 1"));
  const std::string linked = StateOf(projection).version;
  EXPECT_EQ(projection.CountsOf("demo").signals, 5);
  feed.Link("bob", "ann", false);
  ApplyAll(feed.changes(), &projection);
  EXPECT_THAT(EdgesOf(projection), ElementsAre("a>b 1", "a>c 1", "b>c 1"));
  EXPECT_NE(StateOf(projection).version, linked) << "caches must not answer for the linked ones";
}

/// A random feed with revisions, deletions and new placements.
std::vector<Change> RandomFeed(std::mt19937_64& random) {
  FeedBuilder feed;
  const auto below = [&](int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random);
  };
  for (int i = 0; i < 300; ++i) {
    Change& change = feed.Record({.customer = absl::StrFormat("c%d", below(20)),
                                  .activity = absl::StrFormat("a%d", below(5)),
                                  .second = below(50)});
    change.mutable_signal()->set_sequence(i);
    change.mutable_enrichment()->set_catalogue_revision(1);
  }
  std::vector<Change> latest = feed.changes();
  for (int i = 0; i < 200; ++i) {
    Change& target = latest[below(300)];
    const int kind = below(3);
    if (kind == 0) {
      Change& placed = feed.Follow(target, Change::KIND_REENRICHED);
      placed.mutable_enrichment()->set_catalogue_revision(target.enrichment().catalogue_revision() +
                                                          1);
      target = placed;
    } else {
      Change& next = feed.Follow(target, kind == 1 ? Change::KIND_DELETED : Change::KIND_REVISED);
      next.mutable_signal()->mutable_interaction()->set_activity(absl::StrFormat("a%d", below(5)));
      target = next;
    }
  }
  return feed.changes();
}

TEST(ProjectionTest, ShuffledAndRepeatedFeedsGiveEqualGraphs) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 10; ++round) {
    std::vector<Change> changes = RandomFeed(random);
    Projection reference, disturbed;
    ApplyAll(changes, &reference);
    const std::vector<Change> once = changes;
    changes.insert(changes.end(), once.begin(), once.end());
    std::shuffle(changes.begin(), changes.end(), random);
    ApplyAll(changes, &disturbed, 17);
    ASSERT_EQ(EdgesOf(disturbed), EdgesOf(reference));
    ASSERT_FALSE(EdgesOf(reference).empty());
    ASSERT_EQ(disturbed.CountsOf("demo").signals, reference.CountsOf("demo").signals);
  }
}

TEST(ProjectionTest, WhenLinksComeAmongTheSignalsDoesNotMatter) {
  std::mt19937_64 random(23);
  const auto below = [&](int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random);
  };
  for (int round = 0; round < 30; ++round) {
    const std::vector<Change> signals = RandomFeed(random);
    FeedBuilder links;
    std::map<std::pair<std::string, std::string>, Change> newest;
    for (int i = 0; i < 40; ++i) {
      const auto [low, high] = std::minmax({below(20), below(20)});
      if (low == high) continue;
      const Change& link =
          links.Link(absl::StrFormat("c%d", low), absl::StrFormat("c%d", high), below(3) != 0);
      newest[{link.customer_link().customer(), link.customer_link().linked_customer()}] = link;
    }
    Projection interleaved;
    size_t next_signal = 0, next_link = 0;
    std::vector<Change> mixed;
    while (next_signal < signals.size() || next_link < links.changes().size()) {
      const bool link =
          next_signal == signals.size() || (next_link < links.changes().size() && below(12) == 0);
      mixed.push_back(link ? links.changes()[next_link++] : signals[next_signal++]);
      if (below(40) == 0) {
        ApplyAll(mixed, &interleaved);  // some of it for the second time
        StateOf(interleaved);
      }
    }
    ApplyAll(mixed, &interleaved);

    std::vector<Change> final_state;
    for (const auto& [pair, link] : newest) {
      if (link.kind() == Change::KIND_LINKED) final_state.push_back(link);
    }
    const bool links_first = below(2) == 0;
    final_state.insert(links_first ? final_state.end() : final_state.begin(), signals.begin(),
                       signals.end());
    Projection rebuilt;
    ApplyAll(final_state, &rebuilt);
    EXPECT_EQ(EdgesOf(interleaved), EdgesOf(rebuilt)) << "round " << round;
    EXPECT_EQ(interleaved.CountsOf("demo").signals, rebuilt.CountsOf("demo").signals);
  }
}

TEST(ProjectionTest, VersionsNameTheInteractionsNotTheProcess) {
  const FeedBuilder feed = SmallFeed();
  Projection one, other, repeated;
  ApplyAll(feed.changes(), &one, 1);
  ApplyAll(feed.changes(), &other, 4);
  EXPECT_EQ(StateOf(one).version, StateOf(other).version);
  ApplyAll(feed.changes(), &one);
  EXPECT_EQ(StateOf(one).version, StateOf(other).version) << "nothing new took effect";

  FeedBuilder replaced = SmallFeed();
  std::vector<Change> changes = replaced.changes();
  changes[0].mutable_signal()->mutable_interaction()->set_activity("z");
  ApplyAll(changes, &repeated);
  EXPECT_NE(StateOf(repeated).version, StateOf(other).version)
      << "another database may use the same positions";
}

TEST(ProjectionTest, OtherKindsOfSignalsKeepTheVersion) {
  FeedBuilder feed = SmallFeed();
  Projection projection;
  ApplyAll(feed.changes(), &projection);
  const Projection::State before = StateOf(projection);
  Change& survey = feed.Record({.customer = "ann", .source = "nps"});
  survey.mutable_signal()->mutable_survey_response();
  ApplyAll(feed.changes(), &projection);
  EXPECT_EQ(StateOf(projection).version, before.version);
  EXPECT_NE(StateOf(projection).position, before.position);
}

TEST(ProjectionTest, ASourceIsKnownWhileASignalOfItCounts) {
  FeedBuilder feed = SmallFeed();
  const Change survey = [&] {
    Change& change = feed.Record({.customer = "ann", .source = "nps"});
    change.mutable_signal()->mutable_survey_response();
    return change;
  }();
  Projection projection;
  ApplyAll(feed.changes(), &projection);
  EXPECT_TRUE(projection.Capture("demo", {"shop", "nps"}).ok());
  const absl::Status status = projection.Capture("demo", {"shop", "tickets"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(GetErrorDetails(status)->reason, "SOURCE_NOT_FOUND");
  EXPECT_THAT(status.message(), ::testing::HasSubstr("tickets"));

  feed.Follow(survey, Change::KIND_DELETED);
  ApplyAll(feed.changes(), &projection);
  EXPECT_EQ(GetErrorDetails(projection.Capture("demo", {"nps"}).status())->reason,
            "SOURCE_NOT_FOUND");
}

/// The feed as it is once the erasures in it are done: without what was of the customers before.
std::vector<Change> WithoutErased(const std::vector<Change>& changes) {
  std::vector<Change> left;
  for (size_t i = 0; i < changes.size(); ++i) {
    const bool erased = std::any_of(changes.begin() + i, changes.end(), [&](const Change& later) {
      return later.kind() == Change::KIND_ERASED && changes[i].kind() != Change::KIND_ERASED &&
             later.customer_hash() == changes[i].customer_hash();
    });
    if (!erased) left.push_back(changes[i]);
  }
  return left;
}

TEST(ProjectionTest, AnErasedCustomerIsDroppedAsIfTheyHadNeverBeenThere) {
  FeedBuilder feed = SmallFeed();
  feed.Record({.customer = "ann", .activity = "x", .second = 1, .source = "only-ann"});
  Projection follows;
  ApplyAll(feed.changes(), &follows);
  const std::string version = StateOf(follows).version;
  feed.Erase("ann");
  feed.Record({.customer = "cid", .activity = "a", .second = 7});
  feed.Record({.customer = "cid", .activity = "b", .second = 7});
  feed.Record({.customer = "ann", .activity = "back", .second = 9});
  ApplyAll(feed.changes(), &follows);  // what came before the erasure for the second time
  Projection anew;
  ApplyAll(WithoutErased(feed.changes()), &anew);
  for (const Projection* projection : {&follows, &anew}) {
    EXPECT_THAT(EdgesOf(*projection), ElementsAre("a>b 1", "a>c 1"));
    EXPECT_EQ(StateOf(*projection).interactions->size(), 5u);
    EXPECT_EQ(projection->CountsOf("demo").signals, 5);
    EXPECT_FALSE(projection->Capture("demo", {"only-ann"}).ok());
  }
  EXPECT_NE(StateOf(follows).version, version);
}

TEST(ProjectionTest, LinksOfAnErasedCustomerAreForgottenWithThem) {
  FeedBuilder feed = SmallFeed();
  feed.Link("bob", "ann");
  feed.Link("ann", "web-7");  // who has no signals yet
  feed.Erase("ann");
  feed.Record({.customer = "ann", .activity = "back", .second = 9});
  feed.Record({.customer = "web-7", .activity = "x", .second = 9});
  feed.Record({.customer = "web-7", .activity = "y", .second = 10});
  Projection follows;
  ApplyAll(feed.changes(), &follows);
  ApplyAll(feed.changes(), &follows);
  EXPECT_THAT(EdgesOf(follows), ElementsAre("a>c 1", "x>y 1"));
}

TEST(ProjectionTest, OnlySignalsWhoseCurrentRevisionIsTheErasedCustomersAreDropped) {
  FeedBuilder feed;
  const Change given_away = feed.Record({.customer = "ann", .activity = "a", .second = 1});
  const Change taken_over = feed.Record({.customer = "bob", .activity = "b", .second = 2});
  feed.Record({.customer = "bob", .activity = "c", .second = 3});
  const auto revise = [&](const Change& before, const std::string& customer) {
    Change& change = feed.Follow(before, Change::KIND_REVISED);
    change.mutable_signal()->set_customer(customer);
    change.set_customer_hash(FeedBuilder::HashOf(customer));
  };
  revise(given_away, "bob");
  revise(taken_over, "ann");
  feed.Erase("ann");
  Projection projection;
  ApplyAll(feed.changes(), &projection);
  EXPECT_THAT(EdgesOf(projection), ElementsAre("a>c 1"));
  // Nor does the revision that was bob's count again.
  ApplyAll({feed.changes()[1]}, &projection);
  EXPECT_THAT(EdgesOf(projection), ElementsAre("a>c 1"));
  EXPECT_EQ(projection.CountsOf("demo").signals, 2);
}

TEST(ProjectionTest, TheNameOfAnErasedCustomerIsForgotten) {
  FeedBuilder feed = SmallFeed();
  feed.Follow(feed.changes()[2], Change::KIND_DELETED);
  feed.Follow(feed.changes()[4], Change::KIND_DELETED);
  feed.Erase("bob");  // nothing of whom counts any more
  Projection projection;
  ApplyAll(feed.changes(), &projection);
  EXPECT_THAT(StateOf(projection).interactions->names().customers.Names(),
              ::testing::Not(::testing::Contains("bob")));
}

TEST(ProjectionTest, TenantsDoNotSeeEachOther) {
  Projection projection;
  FeedBuilder other("acme");
  other.Record({.customer = "ann", .activity = "x", .source = "till"});
  ApplyAll(SmallFeed().changes(), &projection);
  ApplyAll(other.changes(), &projection);
  EXPECT_EQ(projection.CountsOf("acme").signals, 1);
  EXPECT_EQ(projection.CountsOf("demo").signals, 5);
  EXPECT_FALSE(projection.Capture("demo", {"till"}).ok());
  EXPECT_EQ(projection.CountsOf("nobody").signals, 0);
  EXPECT_THAT(StateOf(projection, "nobody").interactions->columns().time, IsEmpty());
}

}  // namespace
}  // namespace waymark::journey
