#include <array>
#include <atomic>
#include <set>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

constexpr int kBatch = 5;

std::vector<v1::Signal> Visits(const std::string& prefix) {
  std::vector<v1::Signal> signals;
  for (int i = 0; i < kBatch; ++i) signals.push_back(Visit(absl::StrCat(prefix, "-", i)));
  return signals;
}

class OverloadTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND(GetParam());
    url_ = testing::FreshDatabaseUrl(GetParam());
  }

  std::string url_;
};
WM_ON_EVERY_DATABASE(OverloadTest);

TEST_P(OverloadTest, WhatIsAcknowledgedIsThereAndTheRestIsToldWhenToComeAgain) {
  constexpr int kPlaces = 4, kQueued = 8, kCallers = 10 * (kPlaces + kQueued), kCalls = 10;
  constexpr int64_t kQueueBytes = 100'000;
  TestService service(url_, {.max_queued_bytes = kQueueBytes},
                      {.max_concurrent = kPlaces, .max_queued = kQueued});
  absl::Notification begin;
  std::array<std::vector<std::string>, kCallers> acknowledged;
  std::atomic<int> shed = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      begin.WaitForNotification();
      for (int call = 0; call < kCalls; ++call) {
        const std::string id = absl::StrCat(caller, "-", call);
        const auto response = service.TryIngest(Visits(id));
        if (response.ok()) {
          acknowledged[caller].push_back(id);
          continue;
        }
        ++shed;
        EXPECT_EQ(response.status().code(), absl::StatusCode::kResourceExhausted);
        const auto details = GetErrorDetails(response.status());
        ASSERT_TRUE(details.has_value()) << response.status();
        EXPECT_EQ(details->reason, "OVERLOADED");
        EXPECT_TRUE(details->retry_after.has_value());
        EXPECT_LE(service.metrics().Gauge("waymark_feedback_queue_bytes", "").Value(), kQueueBytes);
      }
    });
  }
  begin.Notify();
  for (std::thread& caller : callers) caller.join();
  EXPECT_GT(shed, 0);
  std::set<std::string> expected;
  for (const auto& ids : acknowledged) {
    for (const std::string& id : ids) {
      for (const v1::Signal& signal : Visits(id)) expected.insert(signal.external_id());
    }
  }
  std::multiset<std::string> recorded;
  for (const v1::Change& change : service.PullAll()) recorded.insert(change.signal().external_id());
  EXPECT_EQ(recorded, std::multiset<std::string>(expected.begin(), expected.end()));
  EXPECT_TRUE(service.TryIngest(Visits("afterwards")).ok());
}

TEST_P(OverloadTest, ShedsWhenTheIndexFallsBehindAndRecoversWhenItHasCaughtUp) {
  TestService service(url_, {.max_index_lag = 1});
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  std::atomic<bool> shed = false;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      for (int call = 0; !shed && absl::Now() < deadline; ++call) {
        const auto response = service.TryIngest(Visits(absl::StrCat(caller, "-", call)));
        if (!response.ok()) shed = true;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_TRUE(shed);
  bool recovered = false;
  while (!recovered && absl::Now() < deadline) {
    recovered = service.TryIngest(Visits("afterwards")).ok();
  }
  EXPECT_TRUE(recovered);
}

}  // namespace
}  // namespace waymark::feedback
