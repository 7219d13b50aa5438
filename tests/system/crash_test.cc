// kill -9 at random moments under load: what was acknowledged is never lost and never stands twice,
// by the clients' own journal of acknowledgements.
#include <algorithm>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/databases.h"
#include "tests/system/load.h"

namespace waymark::system_test {
namespace {

constexpr int kLookedAt = 150;

std::string SourceOf(int round) { return absl::StrCat("round-", round); }

/// The round's source, and one of those before it.
std::vector<std::string> SourcesToCheck(int round, std::mt19937_64& random) {
  std::set<std::string> sources = {SourceOf(round)};
  sources.insert(SourceOf(1 + static_cast<int>(random() % round)));
  return {sources.begin(), sources.end()};
}

absl::Duration Moment(std::mt19937_64& random, int from_ms, int to_ms) {
  return absl::Milliseconds(from_ms + static_cast<int64_t>(random() % (to_ms - from_ms)));
}

// A reader that begins at the start sees what the one that followed saw.
void CheckFeedFromStart(FeedbackClient& client, const AckJournal& journal) {
  std::string cursor;
  std::set<std::pair<std::string, int64_t>> entries;
  int64_t count = 0;
  const auto changes = client.Pull(&cursor);
  ASSERT_TRUE(changes.has_value());
  for (const feedback::v1::Change& change : *changes) {
    const feedback::v1::Signal& signal = change.signal();
    entries.emplace(absl::StrCat(signal.source(), "/", signal.external_id()), signal.revision());
    ++count;
  }
  EXPECT_EQ(count, journal.in_feed());
  EXPECT_EQ(static_cast<int64_t>(entries.size()), count);
}

void Report(const std::string& what, int rounds, const AckJournal& journal) {
  std::cout << what << ": " << rounds << " rounds, " << journal.acknowledged() << " acknowledged, "
            << journal.lost() << " lost, " << journal.twice() << " twice\n";
  EXPECT_GT(journal.acknowledged(), rounds * 100) << "there was hardly any load";
}

// Only these tell a client of a dying server.
void CheckFailures(const Load& load) {
  for (const auto& [failure, count] : load.failures()) {
    EXPECT_EQ(failure.first, grpc::StatusCode::UNAVAILABLE)
        << count << " calls failed with reason " << failure.second;
  }
}

class Crash : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { WM_REQUIRE_BACKEND(GetParam()); }
};

TEST_P(Crash, AtAnyMomentLosesNothingAcknowledgedAndKeepsNothingTwice) {
  std::mt19937_64 random(20'260'301);
  FeedbackProcess feedback(testing::FreshDatabaseUrl(GetParam()));
  AckJournal journal;
  Load load(&journal, {feedback.address()}, 1);
  int rounds = 0;
  while (rounds < Rounds(10, 100) && !HasFailure()) {
    const int round = ++rounds;
    SCOPED_TRACE(absl::StrCat("round ", round));
    load.Start(SourceOf(round));
    absl::SleepFor(Moment(random, 20, 500));
    feedback.Kill();
    load.Stop();
    CheckFailures(load);
    while (random() % 4 == 0) feedback.KillWhileStarting(Moment(random, 0, 150));
    feedback.Restart();
    journal.Verify(feedback.client(), SourcesToCheck(round, random), kLookedAt);
  }
  CheckFeedFromStart(feedback.client(), journal);
  Report(absl::StrCat("kill -9, ", GetParam()), rounds, journal);
}

INSTANTIATE_TEST_SUITE_P(Databases, Crash, ::testing::ValuesIn(testing::Backends()),
                         [](const auto& info) { return info.param; });

// What one replica was doing is undone or done by the database, and indexed by the other.
TEST(CrashOfAReplica, LosesNothingAcknowledgedByEitherAndTheSurvivorIndexesAll) {
  WM_REQUIRE_BACKEND("postgres");
  std::mt19937_64 random(20'260'302);
  const std::string database = testing::FreshDatabaseUrl("postgres");
  FeedbackProcess first(database), second(database);
  AckJournal journal;
  Load load(&journal, {first.address(), second.address()}, 2);
  int rounds = 0;
  while (rounds < Rounds(10, 100) && !HasFailure()) {
    const int round = ++rounds;
    SCOPED_TRACE(absl::StrCat("round ", round));
    FeedbackProcess& victim = random() % 2 == 0 ? first : second;
    FeedbackProcess& survivor = &victim == &first ? second : first;
    load.Start(SourceOf(round));
    absl::SleepFor(Moment(random, 50, 400));
    victim.Kill();
    // The survivor works on, alone.
    absl::SleepFor(Moment(random, 1, 150));
    load.Stop();
    CheckFailures(load);
    journal.Verify(survivor.client(), SourcesToCheck(round, random), kLookedAt);
    victim.Restart();
    journal.Verify(victim.client(), {SourceOf(round)}, kLookedAt);
  }
  CheckFeedFromStart(first.client(), journal);
  Report("kill -9 of one of two replicas, postgres", rounds, journal);
}

}  // namespace
}  // namespace waymark::system_test
