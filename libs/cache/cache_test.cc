#include "libs/cache/cache.h"

#include <atomic>
#include <cstdlib>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/ids.h"
#include "libs/testing/databases.h"

namespace waymark::cache {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kLong = absl::Hours(1);

TEST(OpenTest, NamesWhatItUnderstands) {
  EXPECT_TRUE(Open("memory:64MB").ok());
  EXPECT_TRUE(Open("redis://localhost:1/3").ok());
  for (const char* url : {"", "memory:", "memory:64", "memory:0MB", "memory:-1GB", "disk:1GB"}) {
    const absl::Status status = Open(url).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_THAT(std::string(status.message()), HasSubstr("memory:64MB")) << url;
  }
  EXPECT_THAT(std::string(Open("redis://:geheim@h:x").status().message()),
              Not(HasSubstr("geheim")));
}

TEST(MakeKeyTest, TellsEveryPartApart) {
  EXPECT_NE(MakeKey("a", "1", "k", "p"), MakeKey("b", "1", "k", "p"));
  EXPECT_NE(MakeKey("a", "1", "k", "p"), MakeKey("a", "2", "k", "p"));
  EXPECT_NE(MakeKey("a:1", "2", "k", ""), MakeKey("a", "1:2", "k", ""));
  EXPECT_EQ(MakeKey("a", "1", "k", "p"), MakeKey("a", "1", "k", "p"));
}

/// What both kinds of cache promise.
class CacheTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const bool redis = GetParam() == "redis";
    if (redis) WM_REQUIRE_BACKEND("redis");
    auto opened = Open(redis ? getenv("WAYMARK_TEST_REDIS") : "memory:64MB");
    ASSERT_TRUE(opened.ok()) << opened.status();
    cache_ = *std::move(opened);
  }

  std::string Key(absl::string_view name) const { return MakeKey(tenant_, "1", "test", name); }

  /// Unlike that of any other test on the same Redis.
  const std::string tenant_ = absl::StrCat(RandomBits());
  std::unique_ptr<Cache> cache_;
};

INSTANTIATE_TEST_SUITE_P(Caches, CacheTest, ::testing::Values("memory", "redis"),
                         [](const auto& info) { return info.param; });

TEST_P(CacheTest, ReturnsTheLastValuePut) {
  EXPECT_EQ(cache_->Get(Key("k")), std::nullopt);
  cache_->Put(Key("k"), "one", kLong);
  EXPECT_EQ(cache_->Get(Key("k")), "one");
  cache_->Put(Key("k"), "two", kLong);
  EXPECT_EQ(cache_->Get(Key("k")), "two");
  EXPECT_EQ(cache_->Get(Key("other")), std::nullopt);
}

TEST_P(CacheTest, KeepsAnyBytes) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  for (const std::string& value : {std::string(), bytes, std::string(1 << 20, '\xff')}) {
    cache_->Put(Key(bytes), value, kLong);
    EXPECT_EQ(cache_->Get(Key(bytes)), value);
  }
}

TEST_P(CacheTest, ForgetsWhenTheTimeIsOver) {
  cache_->Put(Key("k"), "v", absl::Milliseconds(20));
  const absl::Time give_up = absl::Now() + absl::Seconds(10);
  while (cache_->Get(Key("k")).has_value() && absl::Now() < give_up) std::this_thread::yield();
  EXPECT_EQ(cache_->Get(Key("k")), std::nullopt);
  cache_->Put(Key("k"), "v", absl::ZeroDuration());
  EXPECT_EQ(cache_->Get(Key("k")), std::nullopt);
}

TEST_P(CacheTest, KeepsWithoutAnEnd) {
  cache_->Put(Key("k"), "v", absl::InfiniteDuration());
  EXPECT_EQ(cache_->Get(Key("k")), "v");
}

TEST_P(CacheTest, CountsHitsAndMisses) {
  cache_->Get(Key("k"));
  cache_->Put(Key("k"), "v", kLong);
  cache_->Get(Key("k"));
  cache_->Get(Key("k"));
  EXPECT_EQ(cache_->stats().hits, 2);
  EXPECT_EQ(cache_->stats().misses, 1);
  EXPECT_EQ(cache_->stats().errors, 0);
}

TEST_P(CacheTest, ServesManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string key = Key(absl::StrCat(t, "/", i));
        cache_->Put(key, absl::StrCat(t, i), kLong);
        EXPECT_EQ(cache_->Get(key), absl::StrCat(t, i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(CacheTest, LetsALoaderComputeOnce) {
  Loader loader(cache_.get());
  int computed = 0;
  const auto compute = [&]() -> absl::StatusOr<std::string> {
    return absl::StrCat("value ", ++computed);
  };
  EXPECT_EQ(*loader.GetOrCompute(Key("k"), kLong, compute), "value 1");
  EXPECT_EQ(*loader.GetOrCompute(Key("k"), kLong, compute), "value 1");
  EXPECT_EQ(*loader.GetOrCompute(Key("other"), kLong, compute), "value 2");
}

/// Forgets at once and tells when it is asked, so that a test knows how many callers have arrived.
class ForgetfulCache : public Cache {
 public:
  std::optional<std::string> Get(absl::string_view) override {
    ++asked_;
    return std::nullopt;
  }
  void Put(absl::string_view, absl::string_view, absl::Duration) override {}
  CacheStats stats() const override { return {}; }
  void AwaitAsked(int times) const {
    while (asked_ < times) std::this_thread::yield();
  }

 private:
  std::atomic<int> asked_{0};
};

class LoaderTest : public ::testing::Test {
 protected:
  ForgetfulCache cache_;
  Loader loader_{&cache_};
};

TEST_F(LoaderTest, SharesOneComputationAmongThoseWhoAskAtOnce) {
  constexpr int kCallers = 8;
  std::atomic<int> computed{0};
  std::vector<std::thread> callers;
  absl::Notification computing, go_on;
  const auto compute = [&]() -> absl::StatusOr<std::string> {
    ++computed;
    computing.Notify();
    go_on.WaitForNotification();
    return "value";
  };
  callers.emplace_back([&] { EXPECT_EQ(*loader_.GetOrCompute("k", kLong, compute), "value"); });
  computing.WaitForNotification();
  std::atomic<int> answered{0};
  for (int i = 1; i < kCallers; ++i) {
    callers.emplace_back([&] {
      const absl::Time soon = absl::Now() + absl::Milliseconds(50);
      EXPECT_TRUE(
          absl::IsDeadlineExceeded(loader_.GetOrCompute("k", kLong, compute, soon).status()));
      ++answered;
      EXPECT_EQ(*loader_.GetOrCompute("other", kLong, [] { return std::string("o"); }), "o");
    });
  }
  while (answered < kCallers - 1) std::this_thread::yield();
  go_on.Notify();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(computed, 1);
}

TEST_F(LoaderTest, HandsTheResultToThoseWhoWaited) {
  constexpr int kRounds = 200, kCallers = 4;
  std::atomic<int> computed{0};
  for (int round = 0; round < kRounds; ++round) {
    const auto compute = [&]() -> absl::StatusOr<std::string> {
      ++computed;
      cache_.AwaitAsked((round + 1) * kCallers);
      return absl::StrCat("round ", round);
    };
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&] {
        EXPECT_EQ(*loader_.GetOrCompute("k", kLong, compute), absl::StrCat("round ", round));
      });
    }
    for (std::thread& caller : callers) caller.join();
  }
  // Who was late in a round has computed once more, but surely not everyone in every round.
  EXPECT_GE(computed, kRounds);
  EXPECT_LT(computed, kRounds * kCallers);
}

TEST_F(LoaderTest, KeepsNoFailure) {
  const auto fail = []() -> absl::StatusOr<std::string> { return absl::InternalError("broken"); };
  EXPECT_EQ(loader_.GetOrCompute("k", kLong, fail).status(), absl::InternalError("broken"));
  EXPECT_EQ(*loader_.GetOrCompute("k", kLong, [] { return std::string("fine"); }), "fine");
}

TEST_F(LoaderTest, ComputesAgainForOthersWhenTheFirstGaveUp) {
  absl::Notification computing, go_on;
  std::thread first([&] {
    EXPECT_TRUE(absl::IsCancelled(loader_
                                      .GetOrCompute("k", kLong,
                                                    [&]() -> absl::StatusOr<std::string> {
                                                      computing.Notify();
                                                      go_on.WaitForNotification();
                                                      return absl::CancelledError("gone");
                                                    })
                                      .status()));
  });
  computing.WaitForNotification();
  std::thread second([&] {
    EXPECT_EQ(*loader_.GetOrCompute("k", kLong, [] { return std::string("mine"); }), "mine");
  });
  cache_.AwaitAsked(2);
  go_on.Notify();
  first.join();
  second.join();
}

}  // namespace
}  // namespace waymark::cache
