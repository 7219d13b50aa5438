#include "libs/cache/redis_cache.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "libs/testing/databases.h"

extern char** environ;

namespace waymark::cache {
namespace {

constexpr absl::Duration kLong = absl::Hours(1);

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(fd);
  return ntohs(address.sin_port);
}

/// A Redis of this test alone, to be mistreated.
class RedisServer {
 public:
  ~RedisServer() { Kill(); }

  int port() const { return port_; }

  void Start() {
    int out[2];
    ASSERT_EQ(pipe(out), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, out[0]);
    std::string port = absl::StrCat(port_);
    const char* arguments[] = {"redis-server", "--port", port.c_str(), "--bind",
                               "127.0.0.1",    "--save", "",           nullptr};
    const int failed = posix_spawnp(&process_, "redis-server", &actions, nullptr,
                                    const_cast<char**>(arguments), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    ASSERT_EQ(failed, 0);
    std::string log;
    char text[1024];
    for (ssize_t size; !absl::StrContains(log, "Ready to accept") &&
                       (size = read(out[0], text, sizeof(text))) > 0;) {
      log.append(text, size);
    }
    log_ = out[0];
    ASSERT_TRUE(absl::StrContains(log, "Ready to accept")) << log;
  }

  void Stop() { kill(process_, SIGSTOP); }
  void Continue() { kill(process_, SIGCONT); }

  void Kill() {
    if (process_ == 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    close(log_);
    process_ = 0;
  }

 private:
  const int port_ = FreePort();
  pid_t process_ = 0;
  int log_ = -1;
};

class RedisCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND("redis");
    server_.Start();
    options_.host = "127.0.0.1";
    options_.port = server_.port();
    cache_ = std::make_unique<RedisCache>(options_, &clock_);
    cache_->Put("k", "v", kLong);
    ASSERT_EQ(cache_->Get("k"), "v");
  }

  absl::Duration TimeOf(int gets) {
    const absl::Time start = absl::Now();
    for (int i = 0; i < gets; ++i) EXPECT_EQ(cache_->Get("k"), std::nullopt);
    return absl::Now() - start;
  }

  FakeClock clock_;
  RedisServer server_;
  RedisOptions options_;
  std::unique_ptr<RedisCache> cache_;
};

TEST_F(RedisCacheTest, MissesQuicklyWhileTheServerIsStopped) {
  server_.Stop();
  EXPECT_LT(TimeOf(3), absl::Seconds(2));
  EXPECT_LT(TimeOf(10'000), absl::Seconds(1));
  EXPECT_EQ(cache_->stats().errors, 10'003);
  EXPECT_EQ(cache_->stats().misses, 10'003);
  server_.Continue();
  clock_.Advance(options_.retry_pause);
  EXPECT_EQ(cache_->Get("k"), "v");
}

TEST_F(RedisCacheTest, ProbesAStoppedServerWithOneCallerOnly) {
  server_.Stop();
  TimeOf(3);
  for (int round = 0; round < 3; ++round) {
    clock_.Advance(options_.retry_pause);
    EXPECT_GE(TimeOf(1), options_.connect_timeout);
    EXPECT_LT(TimeOf(1'000), absl::Milliseconds(500));
  }
}

TEST_F(RedisCacheTest, GoesOnWithAServerThatCameBackBetweenTwoCalls) {
  server_.Kill();
  server_.Start();
  EXPECT_EQ(cache_->Get("k"), std::nullopt);
  EXPECT_EQ(cache_->stats().errors, 0);
  cache_->Put("k", "new", kLong);
  EXPECT_EQ(cache_->Get("k"), "new");
}

TEST_F(RedisCacheTest, MissesQuicklyWhileTheServerIsDead) {
  server_.Kill();
  EXPECT_LT(TimeOf(10'000), absl::Seconds(1));
  cache_->Put("k", "lost", kLong);
  EXPECT_EQ(cache_->stats().errors, 10'001);
  server_.Start();
  clock_.Advance(options_.retry_pause);
  cache_->Put("k", "back", kLong);
  EXPECT_EQ(cache_->Get("k"), "back");
}

TEST_F(RedisCacheTest, MissesWithoutErrorAfterTheServerWasFlushed) {
  const std::string command =
      absl::StrCat("redis-cli -p ", server_.port(), " flushall > /dev/null");
  ASSERT_EQ(system(command.c_str()), 0);
  EXPECT_EQ(cache_->Get("k"), std::nullopt);
  EXPECT_EQ(cache_->stats().errors, 0);
}

TEST_F(RedisCacheTest, CountsAnAnswerThatIsAnErrorAndGoesOn) {
  const std::string command =
      absl::StrCat("redis-cli -p ", server_.port(), " lpush list x > /dev/null");
  ASSERT_EQ(system(command.c_str()), 0);
  EXPECT_EQ(cache_->Get("list"), std::nullopt);
  EXPECT_EQ(cache_->stats().errors, 1);
  EXPECT_EQ(cache_->Get("k"), "v");
}

TEST_F(RedisCacheTest, KeepsNoValueAboveItsLimit) {
  cache_->Put("k", std::string((8 << 20) + 1, 'v'), kLong);
  EXPECT_EQ(cache_->Get("k"), "v");
}

TEST(ParseRedisUrlTest, ReadsEveryPart) {
  const auto full = ParseRedisUrl("redis://me:p@s/s@cache.example:6380/3");
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_EQ(full->user, "me");
  EXPECT_EQ(full->password, "p@s/s");
  EXPECT_EQ(full->host, "cache.example");
  EXPECT_EQ(full->port, 6380);
  EXPECT_EQ(full->db, 3);
  EXPECT_EQ(ParseRedisUrl("redis://:pw@h")->password, "pw");
  EXPECT_EQ(ParseRedisUrl("redis://h")->port, 6379);
  EXPECT_EQ(ParseRedisUrl("redis://[::1]:7/")->host, "::1");
  EXPECT_EQ(ParseRedisUrl("redis://[::1]")->host, "::1");
}

TEST(ParseRedisUrlTest, RefusesWhatIsNoAddress) {
  for (const char* url : {"redis://", "redis://h:0", "redis://h:99999", "redis://h:1/x",
                          "redis://pw@h", "redis://[::1", "http://h"}) {
    EXPECT_EQ(ParseRedisUrl(url).status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
}

}  // namespace
}  // namespace waymark::cache
