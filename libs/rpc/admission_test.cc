#include "libs/rpc/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "libs/base/error.h"

namespace waymark::rpc {
namespace {

constexpr absl::Time kNoDeadline = absl::InfiniteFuture();

// Waits for a state that another thread is about to reach.
template <typename Predicate>
void Until(Predicate predicate) {
  while (!predicate()) std::this_thread::yield();
}

TEST(AdmissionTest, AdmitsUpToItsLimitAndTakesPlacesBack) {
  Admission admission({.max_concurrent = 2, .max_queued = 0});
  auto first = std::make_optional(admission.Enter("a", kNoDeadline));
  auto second = admission.Enter("a", kNoDeadline);
  ASSERT_TRUE(first->ok() && second.ok());
  EXPECT_EQ(admission.Enter("a", kNoDeadline).status().code(),
            absl::StatusCode::kResourceExhausted);
  first.reset();
  EXPECT_EQ(admission.running(), 1);
  EXPECT_TRUE(admission.Enter("a", kNoDeadline).ok());
}

TEST(AdmissionTest, ShedsWithRetryInfoWhenNoPlaceComesFreeInTime) {
  Admission admission({.max_concurrent = 1, .max_queued = 1, .max_wait = absl::Milliseconds(20)});
  auto running = admission.Enter("a", kNoDeadline);
  const absl::Status status = admission.Enter("a", kNoDeadline).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(GetErrorDetails(status)->retry_after);
  EXPECT_EQ(admission.queued(), 0);
}

TEST(AdmissionTest, GivesUpAtTheDeadline) {
  Admission admission({.max_concurrent = 1, .max_queued = 1});
  auto running = admission.Enter("a", kNoDeadline);
  EXPECT_EQ(admission.Enter("a", absl::Now() + absl::Milliseconds(20)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(admission.Enter("b", absl::Now() - absl::Seconds(1)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(AdmissionTest, OneTenantLeavesPlacesForOthers) {
  Admission admission({.max_concurrent = 16, .max_queued = 0});
  std::vector<Admission::Ticket> running;
  for (;;) {
    auto ticket = admission.Enter("busy", kNoDeadline);
    if (!ticket.ok()) break;
    running.push_back(*std::move(ticket));
  }
  EXPECT_EQ(running.size(), 14);
  auto quiet = admission.Enter("quiet", kNoDeadline);
  EXPECT_TRUE(quiet.ok());
  EXPECT_FALSE(admission.Enter("busy", kNoDeadline).ok());
}

TEST(AdmissionTest, ALargeCallTakesSeveralPlaces) {
  Admission admission({.max_concurrent = 16, .max_queued = 0});
  auto large = std::make_optional(admission.Enter("a", kNoDeadline, 8));
  ASSERT_TRUE(large->ok());
  EXPECT_EQ(admission.running(), 8);
  EXPECT_FALSE(admission.Enter("a", kNoDeadline, 8).ok());
  EXPECT_TRUE(admission.Enter("a", kNoDeadline).ok());
  large.reset();
  EXPECT_EQ(admission.running(), 0);
  EXPECT_TRUE(admission.Enter("a", kNoDeadline, 1000).ok()) << "more than there are: all of them";
}

TEST(AdmissionTest, SmallCallsDoNotGoPastALargeOneOfTheirTenant) {
  Admission admission({.max_concurrent = 16, .max_queued = 1, .max_wait = absl::Minutes(1)});
  auto running = std::make_optional(admission.Enter("a", kNoDeadline, 10));
  ASSERT_TRUE(running->ok());
  std::thread large([&] { EXPECT_TRUE(admission.Enter("a", kNoDeadline, 8).ok()); });
  Until([&] { return admission.queued() == 1; });
  EXPECT_FALSE(admission.Enter("a", kNoDeadline).ok());
  EXPECT_TRUE(admission.Enter("b", kNoDeadline).ok()) << "it runs less";
  running.reset();
  large.join();
}

TEST(AdmissionTest, AWaitingCallRunsWhenItsTenantMay) {
  Admission admission({.max_concurrent = 16, .max_queued = 1, .max_wait = absl::Minutes(1)});
  std::vector<Admission::Ticket> running;
  for (int i = 0; i < 14; ++i) running.push_back(*admission.Enter("busy", kNoDeadline));
  std::thread waiting([&] { EXPECT_TRUE(admission.Enter("busy", kNoDeadline).ok()); });
  Until([&] { return admission.queued() == 1; });
  running.pop_back();
  waiting.join();
}

TEST(AdmissionTest, AFreePlaceGoesToTheTenantWithFewestRunningCalls) {
  Admission admission({.max_concurrent = 2, .max_queued = 10, .max_wait = absl::Minutes(1)});
  auto first = std::make_optional(admission.Enter("busy", kNoDeadline));
  auto second = admission.Enter("busy", kNoDeadline);
  std::atomic<bool> busy_ran = false;
  std::thread busy([&] {
    auto ticket = admission.Enter("busy", kNoDeadline);
    EXPECT_TRUE(ticket.ok());
    busy_ran = true;
  });
  Until([&] { return admission.queued() == 1; });
  std::atomic<bool> quiet_ran_first = false;
  std::thread quiet([&] {
    auto ticket = admission.Enter("quiet", kNoDeadline);
    EXPECT_TRUE(ticket.ok());
    quiet_ran_first = !busy_ran;
  });
  Until([&] { return admission.queued() == 2; });
  first.reset();
  quiet.join();
  busy.join();
  EXPECT_TRUE(quiet_ran_first);
}

TEST(AdmissionTest, AFullQueueMakesRoomForATenantBelowItsShare) {
  Admission admission({.max_concurrent = 1, .max_queued = 2, .max_wait = absl::Minutes(1)});
  auto running = std::make_optional(admission.Enter("busy", kNoDeadline));
  std::atomic<int> shed = 0;
  const auto enter = [&](const char* tenant) {
    if (!admission.Enter(tenant, kNoDeadline).ok()) ++shed;
  };
  std::thread one(enter, "busy");
  std::thread two(enter, "busy");
  Until([&] { return admission.queued() == 2; });
  // One more of the busy tenant's does not push its own out.
  EXPECT_FALSE(admission.Enter("busy", kNoDeadline).ok());
  std::thread quiet([&] { EXPECT_TRUE(admission.Enter("quiet", kNoDeadline).ok()); });
  Until([&] { return shed == 1; });
  running.reset();
  for (std::thread* thread : {&one, &two, &quiet}) thread->join();
  EXPECT_EQ(shed, 1);
  EXPECT_EQ(admission.running(), 0);
  EXPECT_EQ(admission.queued(), 0);
}

TEST(AdmissionTest, NeverRunsMoreThanItsLimitUnderLoad) {
  Admission admission({.max_concurrent = 3, .max_queued = 4, .max_wait = absl::Milliseconds(5)});
  std::atomic<int> inside = 0, most = 0, admitted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t) {
    threads.emplace_back([&, tenant = std::string(1, 'a' + t % 3)] {
      for (int i = 0; i < 300; ++i) {
        auto ticket = admission.Enter(tenant, kNoDeadline);
        if (!ticket.ok()) continue;
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        ++admitted;
        std::this_thread::yield();
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(admitted, 0);
  EXPECT_LE(most, 3);
  EXPECT_EQ(admission.running(), 0);
  EXPECT_EQ(admission.queued(), 0);
}

}  // namespace
}  // namespace waymark::rpc
