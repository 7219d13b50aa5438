#include "libs/cache/lru_cache.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace waymark::cache {
namespace {

constexpr absl::Duration kLong = absl::Hours(1);

class LruCacheTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  /// Room for three values of 900 bytes.
  LruCache cache_{3 << 10, &clock_};
  const std::string value_ = std::string(900, 'v');
};

TEST_F(LruCacheTest, DropsTheLeastRecentlyUsed) {
  for (const char* key : {"a", "b", "c"}) cache_.Put(key, value_, kLong);
  EXPECT_TRUE(cache_.Get("a").has_value());
  cache_.Put("d", value_, kLong);
  EXPECT_TRUE(cache_.Get("a").has_value());
  EXPECT_FALSE(cache_.Get("b").has_value());
  EXPECT_TRUE(cache_.Get("c").has_value());
  EXPECT_TRUE(cache_.Get("d").has_value());
  EXPECT_EQ(cache_.stats().evictions, 1);
}

TEST_F(LruCacheTest, ForgetsExactlyAtTheEndOfTheTime) {
  cache_.Put("a", "v", absl::Seconds(10));
  clock_.Advance(absl::Seconds(10) - absl::Nanoseconds(1));
  EXPECT_TRUE(cache_.Get("a").has_value());
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_FALSE(cache_.Get("a").has_value());
}

TEST_F(LruCacheTest, KeepsNoValueLargerThanItself) {
  cache_.Put("a", value_, kLong);
  cache_.Put("a", std::string(4 << 10, 'v'), kLong);
  EXPECT_FALSE(cache_.Get("a").has_value());
  EXPECT_EQ(cache_.stats().evictions, 0);
}

TEST_F(LruCacheTest, StaysWithinItsBytesWhenSharded) {
  LruCache large(64 << 20, &clock_);
  const std::string value(10'000, 'v');
  for (int i = 0; i < 20'000; ++i) large.Put(absl::StrCat(i), value, kLong);
  int64_t kept = 0;
  for (int i = 0; i < 20'000; ++i) kept += large.Get(absl::StrCat(i)).has_value();
  EXPECT_LE(kept * 10'000, 64 << 20);
  EXPECT_GE(kept * 10'000, 60 << 20);
}

}  // namespace
}  // namespace waymark::cache
