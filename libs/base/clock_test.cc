#include "libs/base/clock.h"

#include <gtest/gtest.h>

namespace waymark {
namespace {

TEST(FakeClock, MovesOnlyWhenTold) {
  FakeClock clock(absl::FromUnixSeconds(100));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(100));
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(105));
  clock.Set(absl::UnixEpoch());
  EXPECT_EQ(clock.Now(), absl::UnixEpoch());
}

TEST(RealClock, DoesNotRunBackwards) {
  const absl::Time before = Clock::Real()->Now();
  EXPECT_GE(Clock::Real()->Now(), before);
}

}  // namespace
}  // namespace waymark
