#include "services/cli/progress.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(Progress, ShowsShareRateAndRemainingTime) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(&out, true, "signals", &clock);
  clock.Advance(absl::Seconds(10));
  progress.Update(50'000, 25, 100);
  EXPECT_THAT(out.str(), EndsWith(" 25 %  50,000 signals  5,000/s  0:30 left"));
}

TEST(Progress, DrawsRarely) {
  std::ostringstream out;
  FakeClock clock;
  Progress progress(&out, true, "signals", &clock);
  progress.Update(1, 1, 100);
  const std::string first = out.str();
  progress.Update(2, 2, 100);
  EXPECT_EQ(out.str(), first);
  clock.Advance(absl::Milliseconds(200));
  progress.Update(3, 3, 100);
  EXPECT_NE(out.str(), first);
}

TEST(Progress, SaysNothingUnwatchedButMessages) {
  std::ostringstream out;
  {
    Progress progress(&out, false, "signals");
    progress.Update(1, 1, 1);
    progress.Show("waiting");
    EXPECT_EQ(out.str(), "");
    progress.Say("hello");
  }
  EXPECT_EQ(out.str(), "hello\n");
}

TEST(Progress, ClearsItsLine) {
  std::ostringstream out;
  { Progress(&out, true, "signals").Update(1, 1, 1); }
  EXPECT_THAT(out.str(), EndsWith("\r\033[K"));
}

}  // namespace
}  // namespace waymark::cli
