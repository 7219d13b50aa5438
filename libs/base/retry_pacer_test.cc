#include "libs/base/retry_pacer.h"

#include <gtest/gtest.h>

#include <set>

namespace waymark {
namespace {

// Refuses and serves so many a second for `seconds`; returns the mean of what was told last.
absl::Duration Told(RetryPacer& pacer, absl::Time* now, int refused, int served, int seconds) {
  absl::Duration sum;
  for (int second = 0; second < seconds; ++second) {
    sum = absl::ZeroDuration();
    for (int i = 0; i < refused; ++i) {
      *now += absl::Seconds(1) / refused;
      pacer.Served(served / refused);
      const absl::Duration told = pacer.Refused(*now);
      EXPECT_GE(told, RetryPacer::kShortest);
      EXPECT_LE(told, RetryPacer::kLongest);
      sum += told;
    }
  }
  return sum / refused;
}

TEST(RetryPacerTest, AsksForMorePatienceTheMoreAreRefused) {
  RetryPacer pacer;
  absl::Time now = absl::UnixEpoch();
  EXPECT_LT(pacer.Refused(now), absl::Milliseconds(200));
  EXPECT_GT(Told(pacer, &now, 1000, 1000, 3), absl::Seconds(3));
  EXPECT_GT(Told(pacer, &now, 1000, 0, 3), absl::Seconds(3));
}

TEST(RetryPacerTest, AsksForLessWhenFewAreRefused) {
  RetryPacer pacer;
  absl::Time now = absl::UnixEpoch();
  Told(pacer, &now, 1000, 1000, 3);
  EXPECT_LT(Told(pacer, &now, 100, 100'000, 3), absl::Milliseconds(100));
}

TEST(RetryPacerTest, BeginsAnewAfterAQuietTime) {
  RetryPacer pacer;
  absl::Time now = absl::UnixEpoch();
  Told(pacer, &now, 1000, 0, 3);
  EXPECT_LT(pacer.Refused(now + absl::Seconds(2)), absl::Milliseconds(200));
}

TEST(RetryPacerTest, KeepsACrowdThatDoesAsToldToATenthOfWhatIsServed) {
  constexpr int kCrowd = 500, kServedPerMs = 2;
  RetryPacer pacer;
  absl::Time now = absl::UnixEpoch();
  std::multiset<absl::Time> due;
  for (int i = 0; i < kCrowd; ++i) due.insert(now);
  int refused = 0;
  for (int ms = 0; ms < 20'000; ++ms, now += absl::Milliseconds(1)) {
    pacer.Served(kServedPerMs);
    for (; *due.begin() <= now; due.erase(due.begin())) {
      due.insert(now + pacer.Refused(now));
      if (ms >= 10'000) ++refused;
    }
  }
  EXPECT_GT(refused, 10'000 * kServedPerMs / 40);
  EXPECT_LT(refused, 10'000 * kServedPerMs / 6);
}

}  // namespace
}  // namespace waymark
