#include "libs/columns/handoff.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/columns/test_log.h"

namespace waymark::columns {
namespace {

const Place* FindPlace(const Handoffs& handoffs, absl::string_view step,
                       absl::string_view channel) {
  for (const Place& place : handoffs.places) {
    if (place.step == step && place.channel == channel) return &place;
  }
  return nullptr;
}

/// 10 customers ask for a call on the web; 6 get it by phone and buy, 1 is phoned and gives up, 3
/// are never phoned.
Log CallbackLog() {
  Log log;
  for (int i = 0; i < 10; ++i) {
    const std::string customer = absl::StrCat("c", i);
    log.push_back({.customer = customer, .activity = "ask", .micros = 10 * kSecond});
    if (i >= 7) continue;
    log.push_back(
        {.customer = customer, .activity = "call", .micros = 40 * kSecond, .channel = "phone"});
    if (i == 6) continue;
    log.push_back(
        {.customer = customer, .activity = "buy", .micros = 50 * kSecond, .channel = "phone"});
  }
  return log;
}

TEST(HandoffTest, NamesThePlaceWhereAHandoffLosesPeople) {
  const Handoffs handoffs = MeasureHandoffs(ViewOf(CallbackLog()), {.goals = {"buy"}});
  EXPECT_EQ(handoffs.cases, 10);
  EXPECT_EQ(handoffs.completed, 6);
  EXPECT_EQ(handoffs.lost, 4);
  ASSERT_EQ(handoffs.places.size(), 3u);
  const Place& ask = handoffs.places[0];
  EXPECT_EQ(ask.step, "ask");
  EXPECT_EQ(ask.channel, "web");
  EXPECT_EQ(ask.occurrences, 10);
  EXPECT_EQ(ask.cases, 10);
  EXPECT_EQ(ask.handed_off, 7);
  EXPECT_EQ(ask.lost, 3);
  EXPECT_DOUBLE_EQ(ask.loss_share, 0.3);
  ASSERT_EQ(ask.onward.size(), 1u);
  EXPECT_EQ(ask.onward[0].channel, "phone");
  EXPECT_DOUBLE_EQ(ask.onward[0].mean_seconds, 30);
  EXPECT_EQ(FindPlace(handoffs, "buy", "phone")->completed, 6);
  EXPECT_EQ(FindPlace(handoffs, "call", "phone")->handed_off, 0);

  ASSERT_EQ(handoffs.transitions.size(), 1u);
  EXPECT_EQ(handoffs.transitions[0].from, "web");
  EXPECT_EQ(handoffs.transitions[0].to, "phone");
  EXPECT_EQ(handoffs.transitions[0].count, 7);
  EXPECT_EQ(handoffs.transitions[0].lost_on_arrival, 1);
}

TEST(HandoffTest, ACaseThatHadNoTimeToGoOnIsOpenNotLost) {
  const HandoffOptions options = {.goals = {"buy"}, .open_since_micros = 40 * kSecond};
  const Handoffs handoffs = MeasureHandoffs(ViewOf(CallbackLog()), options);
  EXPECT_EQ(handoffs.completed, 6);
  EXPECT_EQ(handoffs.open, 1);
  EXPECT_EQ(handoffs.lost, 3);
  EXPECT_EQ(FindPlace(handoffs, "call", "phone")->open, 1);
  EXPECT_EQ(FindPlace(handoffs, "call", "phone")->loss_share, 0);
  EXPECT_EQ(handoffs.transitions[0].lost_on_arrival, 0);
}

TEST(HandoffTest, AnUnknownChannelIsNoHandoff) {
  const Handoffs handoffs =
      MeasureHandoffs(ViewOf({{.customer = "c", .activity = "a"},
                              {.customer = "c", .activity = "b", .micros = 1, .channel = ""},
                              {.customer = "c", .activity = "c", .micros = 2, .channel = "shop"}}),
                      {});
  EXPECT_TRUE(handoffs.transitions.empty());
  EXPECT_EQ(FindPlace(handoffs, "a", "web")->handed_off, 0);
  EXPECT_EQ(FindPlace(handoffs, "a", "web")->onward[0].channel, "");
}

using Key = std::pair<std::string, std::string>;

/// What hand-offs should say, from a naive reading of the cases.
struct Expected {
  std::map<Key, int64_t> occurrences, lost, transitions, lost_on_arrival, handed_off;
  std::map<Key, std::set<std::string>> customers;

  Expected(const std::vector<Log>& cases, absl::string_view goal, int64_t open_since) {
    for (const Log& events : cases) {
      for (size_t i = 0; i < events.size(); ++i) {
        const Key place = {events[i].activity, events[i].channel};
        ++occurrences[place];
        customers[place].insert(events[i].customer);
        const bool arrived = i > 0 && events[i - 1].channel != events[i].channel;
        const Key move = {i > 0 ? events[i - 1].channel : "", events[i].channel};
        if (arrived) {
          ++transitions[move];
          ++handed_off[{events[i - 1].activity, events[i - 1].channel}];
        }
        if (i + 1 < events.size() || events[i].activity == goal || events[i].micros >= open_since) {
          continue;
        }
        ++lost[place];
        if (arrived) ++lost_on_arrival[move];
      }
    }
  }
};

void ExpectReconciles(const Handoffs& handoffs) {
  int64_t completed = 0, open = 0, lost = 0;
  for (const Place& place : handoffs.places) {
    int64_t visits = place.completed + place.open + place.lost;
    for (const Onward& onward : place.onward) visits += onward.count;
    EXPECT_EQ(visits, place.occurrences) << place.step << " on " << place.channel;
    completed += place.completed;
    open += place.open;
    lost += place.lost;
  }
  EXPECT_EQ(completed, handoffs.completed);
  EXPECT_EQ(open, handoffs.open);
  EXPECT_EQ(lost, handoffs.lost);
  EXPECT_EQ(completed + open + lost, handoffs.cases);
}

TEST(HandoffTest, AgreesWithANaiveReadingOfRandomLogsAndReconciles) {
  std::mt19937_64 random(23);
  for (const int activities : {3, 2000}) {
    for (int round = 0; round < 10; ++round) {
      const Log log = RandomLog(&random, 2000, 150, activities, 4);
      Expected expected(NaiveCases(log), "a1", 45 * kSecond);
      const Handoffs handoffs = MeasureHandoffs(
          ViewOf(log), {.goals = {"a1", "unknown"}, .open_since_micros = 45 * kSecond});
      ExpectReconciles(handoffs);
      ASSERT_EQ(handoffs.places.size(), expected.occurrences.size());
      for (const Place& place : handoffs.places) {
        const Key key = {place.step, place.channel};
        EXPECT_EQ(place.occurrences, expected.occurrences[key]);
        EXPECT_EQ(place.lost, expected.lost[key]);
        EXPECT_EQ(place.handed_off, expected.handed_off[key]);
        EXPECT_EQ(place.cases, static_cast<int64_t>(expected.customers[key].size()));
      }
      ASSERT_EQ(handoffs.transitions.size(), expected.transitions.size());
      for (const ChannelTransition& transition : handoffs.transitions) {
        const Key key = {transition.from, transition.to};
        EXPECT_EQ(transition.count, expected.transitions[key]);
        EXPECT_EQ(transition.lost_on_arrival, expected.lost_on_arrival[key]);
      }
    }
  }
}

}  // namespace
}  // namespace waymark::columns
