#include "libs/feed/consumer.h"

#include <atomic>
#include <set>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/error.h"

namespace waymark::feed {
namespace {

using feedback::v1::PullFeedRequest;
using feedback::v1::PullFeedResponse;

/// A feed of numbered changes; its cursor is the number of the last one. Fails when told to.
class FakeSource : public ChangeSource {
 public:
  absl::StatusOr<PullFeedResponse> Pull(const PullFeedRequest& request) override {
    if (failures > 0) {
      --failures;
      return absl::UnavailableError("down");
    }
    absl::MutexLock lock(&mutex);
    int from = request.cursor().empty() ? 0 : std::stoi(request.cursor());
    const auto has_more = [&] {
      mutex.AssertReaderHeld();
      return size > from;
    };
    mutex.AwaitWithTimeout(absl::Condition(&has_more), absl::Milliseconds(20));
    PullFeedResponse page;
    while (from < size && page.changes_size() < request.limit()) {
      page.add_changes()->set_position(absl::StrFormat("%08d", ++from));
    }
    if (from > 0) page.set_next_cursor(absl::StrFormat("%08d", from));
    page.set_at_end(from == size);
    return page;
  }

  void Grow(int by) {
    absl::MutexLock lock(&mutex);
    size += by;
  }

  std::atomic<int> failures{0};
  absl::Mutex mutex;
  int size ABSL_GUARDED_BY(mutex) = 0;
};

class FakeApplier : public Applier {
 public:
  absl::StatusOr<std::string> Cursor() override { return cursor; }
  absl::Status Apply(const PullFeedResponse& page) override {
    if (failures-- > 0) return absl::AbortedError("conflict");
    for (const auto& change : page.changes()) {
      if (!seen.insert(change.position()).second) ++repeated;
    }
    cursor = page.next_cursor();
    return absl::OkStatus();
  }

  std::string cursor;
  std::atomic<int> failures{0};
  std::set<std::string> seen;
  int repeated = 0;
};

ConsumerOptions Quick() {
  return {.page_size = 7,
          .first_backoff = absl::Milliseconds(1),
          .last_backoff = absl::Milliseconds(2)};
}

TEST(Consumer, AppliesEachChangeOnceInSpiteOfFailures) {
  FakeSource source;
  FakeApplier applier;
  source.failures = 3;
  applier.failures = 2;
  source.Grow(100);
  Consumer consumer(&source, &applier, Quick());
  consumer.Start();
  source.Grow(50);
  EXPECT_EQ(consumer.WaitFor("00000150", absl::Now() + absl::Seconds(20)), absl::OkStatus());
  EXPECT_EQ(consumer.progress().changes, 150);
  consumer.Stop();
  EXPECT_EQ(applier.seen.size(), 150u);
  EXPECT_EQ(applier.repeated, 0);
}

TEST(Consumer, GoesOnFromTheStoredCursor) {
  FakeSource source;
  FakeApplier applier;
  applier.cursor = "00000090";
  source.Grow(100);
  Consumer consumer(&source, &applier, Quick());
  consumer.Start();
  EXPECT_EQ(consumer.WaitFor("00000100", absl::Now() + absl::Seconds(20)), absl::OkStatus());
  consumer.Stop();
  EXPECT_EQ(applier.seen.size(), 10u);
}

TEST(Consumer, HasCaughtUpOnceTheEndOfTheFeedWasReached) {
  FakeSource source;
  FakeApplier applier;
  source.Grow(100);
  source.failures = 1000000;
  Consumer consumer(&source, &applier, Quick());
  consumer.Start();
  EXPECT_EQ(GetErrorDetails(consumer.WaitUntilCaughtUp(absl::Now()))->reason,
            "POSITION_NOT_REACHED");
  source.failures = 0;
  EXPECT_EQ(consumer.WaitUntilCaughtUp(absl::Now() + absl::Seconds(20)), absl::OkStatus());
  consumer.Stop();
  EXPECT_EQ(applier.seen.size(), 100u);
}

TEST(Consumer, HasCaughtUpWithAnEmptyFeed) {
  FakeSource source;
  FakeApplier applier;
  Consumer consumer(&source, &applier, Quick());
  consumer.Start();
  EXPECT_EQ(consumer.WaitUntilCaughtUp(absl::Now() + absl::Seconds(20)), absl::OkStatus());
}

TEST(Consumer, WaitForSaysHowFarItCame) {
  FakeSource source;
  FakeApplier applier;
  Consumer consumer(&source, &applier, Quick());
  consumer.Start();
  const absl::Status status = consumer.WaitFor("00000001", absl::Now() + absl::Milliseconds(30));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(GetErrorDetails(status)->reason, "POSITION_NOT_REACHED");
}

TEST(WaitUntil, LeavesTimeToAnswerWithinTheDeadline) {
  const absl::Time now = absl::Now();
  const auto left = [&](absl::Duration whole) { return now + whole - WaitUntil(now + whole); };
  EXPECT_NEAR(absl::ToDoubleMilliseconds(left(absl::Seconds(1))), 200, 50);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(left(absl::Seconds(20))), 500, 50);
  EXPECT_LT(WaitUntil(absl::InfiniteFuture()), now + absl::Minutes(2));
}

}  // namespace
}  // namespace waymark::feed
