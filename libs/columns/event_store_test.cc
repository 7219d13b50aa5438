#include "libs/columns/event_store.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <numeric>
#include <thread>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/columns/graph.h"
#include "libs/columns/test_log.h"
#include "libs/columns/variants.h"

namespace waymark::columns {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

/// "from>to*count" of every edge.
std::vector<std::string> EdgesOf(const EventStore& store) {
  std::vector<std::string> edges;
  for (const Edge& edge : DirectlyFollows(View(store.GetSnapshot(), {})).edges) {
    edges.push_back(edge.from + ">" + edge.to + "*" + std::to_string(edge.count));
  }
  return edges;
}

std::vector<std::string> ActivitiesInOrder(const EventStore& store) {
  const View view(store.GetSnapshot(), {});
  std::vector<std::string> names;
  for (const Id id : view.steps()) names.push_back(view.step_names().Name(id));
  return names;
}

TEST(EventStoreTest, AnEmptyStoreHasAnEmptySnapshot) {
  const EventStore store;
  EXPECT_EQ(store.GetSnapshot()->size(), 0u);
  EXPECT_EQ(View(store.GetSnapshot(), {}).cases(), 0u);
}

TEST(EventStoreTest, OrdersByTimeThenSequenceThenPosition) {
  EventStore store;
  AppendTo(&store, 5, {.customer = "c", .activity = "fifth", .micros = 2, .sequence = 1});
  AppendTo(&store, 4, {.customer = "c", .activity = "fourth", .micros = 2, .sequence = 1});
  AppendTo(&store, 9, {.customer = "c", .activity = "third", .micros = 2, .sequence = 0});
  AppendTo(&store, 2, {.customer = "c", .activity = "second", .micros = 1, .sequence = 9});
  AppendTo(&store, 1, {.customer = "c", .activity = "first", .micros = -1, .sequence = 9});
  EXPECT_THAT(ActivitiesInOrder(store), ElementsAre("first", "second", "third", "fourth", "fifth"));
}

TEST(EventStoreTest, MergesLaterEventsIntoTheirPlaceInTheCase) {
  EventStore store;
  AppendTo(&store, 1, {.customer = "c", .activity = "a", .micros = 10});
  AppendTo(&store, 2, {.customer = "d", .activity = "x", .micros = 10});
  AppendTo(&store, 3, {.customer = "c", .activity = "c", .micros = 30});
  EXPECT_THAT(ActivitiesInOrder(store), ElementsAre("a", "c", "x"));
  AppendTo(&store, 4, {.customer = "c", .activity = "b", .micros = 20});
  AppendTo(&store, 5, {.customer = "e", .activity = "y", .micros = 5});
  EXPECT_THAT(ActivitiesInOrder(store), ElementsAre("a", "b", "c", "x", "y"));
}

TEST(EventStoreTest, AHigherOrEqualRevisionReplacesAndALowerIsIgnored) {
  EventStore store;
  EXPECT_TRUE(AppendTo(&store, 1, {.customer = "c", .activity = "a", .revision = 3}));
  EXPECT_FALSE(AppendTo(&store, 1, {.customer = "c", .activity = "old", .revision = 2}));
  EXPECT_THAT(ActivitiesInOrder(store), ElementsAre("a"));
  EXPECT_TRUE(AppendTo(&store, 1, {.customer = "c", .activity = "same", .revision = 3}));
  EXPECT_THAT(ActivitiesInOrder(store), ElementsAre("same"));
  EXPECT_TRUE(AppendTo(&store, 1, {.customer = "d", .activity = "new", .revision = 4}));
  EXPECT_TRUE(AppendTo(&store, 1, {.customer = "d", .activity = "newer", .revision = 5}));
  EXPECT_THAT(ActivitiesInOrder(store), ElementsAre("newer"));
}

TEST(EventStoreTest, RemovesAnEventUntilAHigherRevisionComes) {
  EventStore store;
  AppendTo(&store, 1, {.customer = "c", .activity = "a", .revision = 1});
  AppendTo(&store, 2, {.customer = "c", .activity = "b", .micros = 1});
  EXPECT_THAT(EdgesOf(store), ElementsAre("a>b*1"));
  store.Remove(KeyOf(1));
  store.Remove(KeyOf(1));
  store.Remove(KeyOf(77));
  EXPECT_THAT(ActivitiesInOrder(store), ElementsAre("b"));
  EXPECT_FALSE(AppendTo(&store, 1, {.customer = "c", .activity = "a", .revision = 1}));
  EXPECT_TRUE(AppendTo(&store, 1, {.customer = "c", .activity = "a", .revision = 2}));
  EXPECT_THAT(EdgesOf(store), ElementsAre("a>b*1"));
}

TEST(EventStoreTest, EraseRemovesTheCustomerAndWhatOnlyTheyHad) {
  EventStore store;
  AppendTo(&store, 1,
           {.customer = "ann", .activity = "a", .session = "s1", .attributes = {{"plate", "X1"}}});
  AppendTo(&store, 2,
           {.customer = "bob", .activity = "b", .session = "s2", .attributes = {{"plate", "Y2"}}});
  store.GetSnapshot();
  AppendTo(&store, 3, {.customer = "ann", .activity = "b", .session = "s3"});
  store.Erase("ann");
  store.Erase("nobody");

  const auto snapshot = store.GetSnapshot();
  EXPECT_EQ(snapshot->size(), 1u);
  EXPECT_THAT(snapshot->names().customers.Names(), Not(Contains("ann")));
  EXPECT_THAT(snapshot->names().sessions.Names(), Not(Contains("s1")));
  EXPECT_THAT(snapshot->names().sessions.Names(), Not(Contains("s3")));
  EXPECT_THAT(snapshot->names().sessions.Names(), Contains("s2"));
  EXPECT_THAT(snapshot->names().attribute_values.Names(), Not(Contains("X1")));
  EXPECT_THAT(snapshot->names().attribute_values.Names(), Contains("Y2"));
  EXPECT_THAT(ActivitiesInOrder(store), ElementsAre("b"));
}

TEST(EventStoreTest, CustomersThatCountAsOneAreOneCaseUntilTheyCountApart) {
  EventStore store;
  AppendTo(&store, 1, {.customer = "web", .activity = "a", .micros = 1});
  AppendTo(&store, 2, {.customer = "app", .activity = "b", .micros = 2});
  EXPECT_THAT(EdgesOf(store), IsEmpty());
  store.CountAs("web", "app");
  EXPECT_THAT(EdgesOf(store), ElementsAre("a>b*1"));
  AppendTo(&store, 3, {.customer = "web", .activity = "c", .micros = 3});
  AppendTo(&store, 1, {.customer = "web", .activity = "A", .micros = 1});
  EXPECT_THAT(EdgesOf(store), ElementsAre("A>b*1", "b>c*1"));
  store.CountAs("web", "web");
  EXPECT_THAT(EdgesOf(store), ElementsAre("A>c*1"));
  EXPECT_EQ(View(store.GetSnapshot(), {}).cases(), 2u);
}

TEST(EventStoreTest, CountingAsBeforeChangesNothing) {
  EventStore store;
  AppendTo(&store, 1, {.customer = "web", .activity = "a"});
  store.CountAs("web", "app");
  const uint64_t version = store.version();
  store.CountAs("web", "app");
  store.CountAs("other", "other");
  EXPECT_EQ(store.version(), version);
}

TEST(EventStoreTest, EraseTakesOneOfThoseThatCountAsOne) {
  for (const char* erased : {"web", "app"}) {
    EventStore store;
    AppendTo(&store, 1, {.customer = "web", .activity = "web"});
    AppendTo(&store, 2, {.customer = "app", .activity = "app"});
    store.CountAs("web", "app");
    store.GetSnapshot();
    AppendTo(&store, 3, {.customer = "web", .activity = "web"});
    AppendTo(&store, 4, {.customer = "app", .activity = "app"});
    store.Erase(erased);
    const std::string other = erased == std::string("web") ? "app" : "web";
    EXPECT_THAT(ActivitiesInOrder(store), ElementsAre(other, other));
    EXPECT_THAT(store.GetSnapshot()->names().customers.Names(), Not(Contains(erased)));
  }
}

TEST(EventStoreTest, WhenCustomersBeginToCountAsOneDoesNotMatter) {
  std::mt19937_64 random(17);
  const auto below = [&](uint64_t n) { return random() % n; };
  for (int round = 0; round < 40; ++round) {
    const Log log = RandomLog(&random, 300, 12, 5, 2);
    std::vector<std::string> counts_as(12);
    for (int c = 0; c < 12; ++c) counts_as[c] = absl::StrCat("c", c);
    EventStore store;
    for (size_t i = 0; i < log.size(); ++i) {
      AppendTo(&store, i, log[i]);
      if (below(4) == 0) {
        const uint64_t c = below(12);
        counts_as[c] = absl::StrCat("c", below(3) == 0 ? c : below(12));
        store.CountAs(absl::StrCat("c", c), counts_as[c]);
      }
      if (below(5) == 0) store.Remove(KeyOf(below(i + 1)));
      if (below(10) == 0) store.GetSnapshot();
    }
    // The same events as if they had always been so, less those that were removed.
    EventStore expected;
    for (size_t i = 0; i < log.size(); ++i) {
      LogEvent event = log[i];
      event.customer = counts_as[std::stoi(event.customer.substr(1))];
      AppendTo(&expected, i, event);
    }
    const auto kept = [](const EventStore& one) {
      const auto& position = one.GetSnapshot()->columns().position;
      return absl::flat_hash_set<uint64_t>(position.begin(), position.end());
    };
    const auto left = kept(store);
    for (size_t i = 0; i < log.size(); ++i) {
      if (!left.contains(i)) expected.Remove(KeyOf(i));
    }
    EXPECT_EQ(EdgesOf(store), EdgesOf(expected)) << "round " << round;
  }
}

TEST(EventStoreTest, ASnapshotHandedOutBeforeStaysAsItIs) {
  EventStore store;
  AppendTo(&store, 1, {.customer = "c", .activity = "a"});
  const auto before = store.GetSnapshot();
  AppendTo(&store, 2, {.customer = "c", .activity = "b"});
  store.Remove(KeyOf(1));
  EXPECT_EQ(store.GetSnapshot()->size(), 1u);
  EXPECT_EQ(before->size(), 1u);
  EXPECT_EQ(before->names().activities.Name(before->columns().activity[0]), "a");
}

TEST(EventStoreTest, AnUnchangedStoreHandsOutTheSameSnapshot) {
  EventStore store;
  AppendTo(&store, 1, {.customer = "c", .activity = "a", .revision = 1});
  const auto first = store.GetSnapshot();
  EXPECT_EQ(first->version(), store.version());
  AppendTo(&store, 1, {.customer = "c", .activity = "a", .revision = 0});
  EXPECT_EQ(store.GetSnapshot(), first);
}

TEST(EventStoreTest, ArrivalOrderDoesNotMatterWhenTheSourceGivesASequence) {
  std::mt19937_64 random(7);
  const Log log = RandomLog(&random, 2000, 60, 6, 3);
  const std::vector<std::string> expected = EdgesOf(*StoreOf(log));
  std::vector<size_t> arrival(log.size());
  std::iota(arrival.begin(), arrival.end(), size_t{0});
  for (int round = 0; round < 5; ++round) {
    std::shuffle(arrival.begin(), arrival.end(), random);
    EventStore store;
    for (size_t n = 0; n < arrival.size(); ++n) {
      AppendTo(&store, arrival[n], log[arrival[n]]);
      if (random() % 300 == 0) store.GetSnapshot();
    }
    EXPECT_EQ(EdgesOf(store), expected);
  }
}

/// The plainest store there is: what should be in the columns after any writes.
struct Model {
  struct Slot {
    LogEvent event;
    bool alive = false;
  };
  std::map<uint64_t, Slot> slots;
  uint64_t revision = 0;

  Log Alive() const {
    Log log;
    for (const auto& [number, slot] : slots) {
      if (slot.alive) log.push_back(slot.event);
    }
    return log;
  }
};

void WriteAtRandom(std::mt19937_64* random, EventStore* store, Model* model) {
  const uint64_t number = (*random)() % 200;
  Model::Slot& slot = model->slots[number];
  const uint64_t kind = (*random)() % 20;
  if (kind == 0) {
    const std::string customer = "c" + std::to_string((*random)() % 15);
    store->Erase(customer);
    std::erase_if(model->slots, [&](const auto& entry) {
      return entry.second.alive && entry.second.event.customer == customer;
    });
  } else if (kind < 4) {
    store->Remove(KeyOf(number));
    slot.alive = false;
  } else {
    LogEvent event = RandomLog(random, 1, 15, 4, 2)[0];
    event.sequence = static_cast<int64_t>(number);
    event.revision = ++model->revision;
    EXPECT_TRUE(AppendTo(store, number, event));
    slot = {event, true};
  }
}

TEST(EventStoreTest, AnyMixOfWritesAgreesWithAPlainModel) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 20; ++round) {
    EventStore store;
    Model model;
    for (int i = 0; i < 1500; ++i) {
      WriteAtRandom(&random, &store, &model);
      if (random() % 100 != 0) continue;
      EXPECT_EQ(EdgesOf(store), EdgesOf(*StoreOf(model.Alive())));
      EXPECT_EQ(store.GetSnapshot()->size(), model.Alive().size());
    }
  }
}

TEST(EventStoreTest, ReadersSeeWholePrefixesWhileOneWriterWrites) {
  EventStore store;
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&] {
      size_t seen = 0;
      bool last = false;
      while (!last) {
        last = done;
        const View view(store.GetSnapshot(), {});
        const Graph graph = DirectlyFollows(view);
        EXPECT_GE(view.events(), seen);
        seen = view.events();
        int64_t moves = 0;
        for (const Edge& edge : graph.edges) moves += edge.count;
        EXPECT_EQ(moves + graph.cases, graph.events);
        // The writer appends a then b for one customer after another.
        EXPECT_LE(CountVariants(view, 10).distinct, 2);
      }
    });
  }
  for (uint64_t i = 0; i < 6000; ++i) {
    AppendTo(&store, i,
             {.customer = "c" + std::to_string(i / 2),
              .activity = i % 2 == 0 ? "a" : "b",
              .sequence = static_cast<int64_t>(i)});
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_THAT(EdgesOf(store), ElementsAre("a>b*3000"));
}

TEST(EventStoreTest, ErasingWhileReadersReadLeavesOnlyTheOthers) {
  EventStore store;
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) CountVariants(View(store.GetSnapshot(), {}), 5);
  });
  for (uint64_t i = 0; i < 2000; ++i) {
    const std::string customer = "c" + std::to_string(i);
    AppendTo(&store, i, {.customer = customer, .activity = "a", .session = customer});
    if (i % 2 == 1) store.Erase(customer);
  }
  done = true;
  reader.join();
  const auto snapshot = store.GetSnapshot();
  EXPECT_EQ(snapshot->size(), 1000u);
  EXPECT_THAT(snapshot->names().sessions.Names(), Not(Contains("c1999")));
  EXPECT_THAT(snapshot->names().sessions.Names(), Contains("c1998"));
}

TEST(AttributeSetsTest, KeepsTheLastValueOfAKeyInAnyOrder) {
  AttributeSets sets;
  const Id one = sets.Intern({{2, 5}, {1, 7}, {2, 6}});
  EXPECT_EQ(sets.Intern({{1, 7}, {2, 6}}), one);
  EXPECT_EQ(sets.ValuesOf(2)[one], 6u);
  EXPECT_TRUE(sets.Matching({{std::pair<Id, Id>{1, 7}}})[one]);
  EXPECT_FALSE(sets.Matching({{std::pair<Id, Id>{2, 5}}})[one]);
}

TEST(DictionaryTest, DoesNotGiveAForgottenNumberAgain) {
  Dictionary names;
  const Id first = names.Intern("x");
  names.Forget(first);
  EXPECT_EQ(names.Find("x"), kNone);
  EXPECT_EQ(names.Name(first), "");
  EXPECT_NE(names.Intern("x"), first);
}

}  // namespace
}  // namespace waymark::columns
