#include "services/cli/retry.h"

#include "gtest/gtest.h"
#include "libs/base/error.h"

namespace waymark::cli {
namespace {

TEST(IsTransient, HoldsForServersThatAreAwayOrOverloaded) {
  EXPECT_TRUE(IsTransient(absl::UnavailableError("")));
  EXPECT_TRUE(IsTransient(MakeError(absl::StatusCode::kResourceExhausted, "OVERLOADED", "")));
  EXPECT_TRUE(IsTransient(MakeError(absl::StatusCode::kAborted, "STORE_CONFLICT", "")));
  EXPECT_FALSE(IsTransient(MakeError(absl::StatusCode::kResourceExhausted, "STORE_FULL", "")));
  EXPECT_FALSE(IsTransient(MakeError(absl::StatusCode::kResourceExhausted, "TOO_LARGE", "")));
  EXPECT_FALSE(IsTransient(absl::PermissionDeniedError("")));
}

TEST(Backoff, GrowsAndEndsWithItsPatience) {
  Backoff backoff(absl::Seconds(60));
  absl::Duration total;
  absl::Duration last;
  int tries = 0;
  for (auto delay = backoff.Next(absl::UnavailableError("")); delay.has_value();
       delay = backoff.Next(absl::UnavailableError(""))) {
    EXPECT_LE(*delay, absl::Seconds(5));
    total += *delay;
    last = *delay;
    ++tries;
  }
  EXPECT_GT(tries, 10);
  EXPECT_GE(last, absl::Seconds(2));
  EXPECT_LE(total, absl::Seconds(60));
  EXPECT_GT(total, absl::Seconds(54));
}

TEST(Backoff, NeverWaitsForWhatCannotSucceed) {
  EXPECT_FALSE(Backoff(absl::Seconds(60)).Next(absl::InvalidArgumentError("")).has_value());
}

}  // namespace
}  // namespace waymark::cli
