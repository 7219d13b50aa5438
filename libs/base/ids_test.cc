#include "libs/base/ids.h"

#include <set>

#include <gtest/gtest.h>

namespace waymark {
namespace {

TEST(NewId, SortsByTimeAndNeverRepeats) {
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(NewId(absl::FromUnixSeconds(1'700'000'000)));
  EXPECT_EQ(ids.size(), 10'000u);
  EXPECT_GT(NewId(absl::FromUnixSeconds(1'700'000'001)), *ids.rbegin());
  EXPECT_TRUE(IsValidId(*ids.begin()));
}

TEST(IsValidId, TakesSegmentsOfAResourceName) {
  EXPECT_TRUE(IsValidId("sfo-2017"));
  EXPECT_TRUE(IsValidId("user_0001"));
  EXPECT_FALSE(IsValidId(""));
  EXPECT_FALSE(IsValidId("a/b"));
  EXPECT_FALSE(IsValidId(std::string(129, 'a')));
}

TEST(Slug, MakesAnyTextAnId) {
  EXPECT_EQ(Slug("Check-in desk (T2)"), "check-in-desk-t2");
  EXPECT_EQ(Slug("***"), "x");
}

}  // namespace
}  // namespace waymark
