#include "libs/cache/redis_cache.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "libs/base/log.h"
#include "libs/cache/circuit_breaker.h"

namespace waymark::cache {
namespace {

constexpr int kFailuresBeforePause = 3;
constexpr size_t kIdleConnections = 16;
constexpr size_t kMaxValueBytes = 8 << 20;
constexpr absl::Duration kLongestTtl = absl::Hours(24 * 30);

struct Freer {
  void operator()(redisContext* context) const { redisFree(context); }
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Context = std::unique_ptr<redisContext, Freer>;
using Reply = std::unique_ptr<redisReply, Freer>;

void IgnoreBrokenPipes() {
  struct sigaction current = {};
  if (sigaction(SIGPIPE, nullptr, &current) == 0 && current.sa_handler == SIG_DFL) {
    std::signal(SIGPIPE, SIG_IGN);
  }
}

Reply Send(redisContext* context, absl::Span<const absl::string_view> words) {
  std::vector<const char*> data;
  std::vector<size_t> sizes;
  for (const absl::string_view word : words) {
    data.push_back(word.data());
    sizes.push_back(word.size());
  }
  return Reply(static_cast<redisReply*>(
      redisCommandArgv(context, static_cast<int>(words.size()), data.data(), sizes.data())));
}

bool IsError(const Reply& reply) { return reply->type == REDIS_REPLY_ERROR; }

// The server went away while the connection lay idle, as opposed to not answering in time.
bool WasStale(const redisContext& context) {
  return context.err == REDIS_ERR_EOF ||
         (context.err == REDIS_ERR_IO && (errno == ECONNRESET || errno == EPIPE));
}

absl::Status BadUrl() {
  return absl::InvalidArgumentError(
      "the cache URL is malformed; write redis://[[user]:password@]host[:port][/db]");
}

}  // namespace

struct RedisCache::Impl {
  Impl(const RedisOptions& options, Clock* clock)
      : options(options), breaker(kFailuresBeforePause, options.retry_pause, clock) {}

  const RedisOptions options;
  CircuitBreaker breaker;
  absl::Mutex mutex;
  std::vector<Context> idle ABSL_GUARDED_BY(mutex);
  std::atomic<int64_t> hits{0};
  std::atomic<int64_t> misses{0};
  std::atomic<int64_t> errors{0};

  // Null: there is none.
  Context TakeIdle() {
    absl::MutexLock lock(&mutex);
    if (idle.empty()) return nullptr;
    Context context = std::move(idle.back());
    idle.pop_back();
    return context;
  }

  void Return(Context context) {
    absl::MutexLock lock(&mutex);
    if (idle.size() < kIdleConnections) idle.push_back(std::move(context));
  }

  void DropIdle() {
    absl::MutexLock lock(&mutex);
    idle.clear();
  }

  // Null: the server cannot be reached or lets us not in.
  Context Connect() {
    Context context(redisConnectWithTimeout(options.host.c_str(), options.port,
                                            absl::ToTimeval(options.connect_timeout)));
    if (context == nullptr || context->err != 0 ||
        redisSetTimeout(context.get(), absl::ToTimeval(options.command_timeout)) != REDIS_OK) {
      return nullptr;
    }
    if (!options.password.empty()) {
      const Reply reply = options.user.empty()
                              ? Send(context.get(), {"AUTH", options.password})
                              : Send(context.get(), {"AUTH", options.user, options.password});
      if (reply == nullptr || IsError(reply)) return nullptr;
    }
    if (options.db != 0) {
      const Reply reply = Send(context.get(), {"SELECT", absl::StrCat(options.db)});
      if (reply == nullptr || IsError(reply)) return nullptr;
    }
    return context;
  }

  // Null: no answer. A connection that failed is closed, since a late answer to this command would
  // be taken for the answer to the next.
  Reply SendOnce(absl::Span<const absl::string_view> words) {
    Context context = TakeIdle();
    if (context != nullptr) {
      if (Reply reply = Send(context.get(), words)) {
        Return(std::move(context));
        return reply;
      }
      if (!WasStale(*context)) return nullptr;
      DropIdle();
    }
    context = Connect();
    if (context == nullptr) return nullptr;
    Reply reply = Send(context.get(), words);
    if (reply != nullptr) Return(std::move(context));
    return reply;
  }

  // Null: no answer, or an error as answer; counted.
  Reply Call(absl::Span<const absl::string_view> words) {
    if (!breaker.Allow()) {
      errors.fetch_add(1, std::memory_order_relaxed);
      return nullptr;
    }
    Reply reply = SendOnce(words);
    Note(reply != nullptr ? breaker.Succeeded() : breaker.Failed());
    if (reply != nullptr && !IsError(reply)) return reply;
    errors.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }

  void Note(CircuitBreaker::Change change) {
    if (change == CircuitBreaker::Change::kNone) return;
    const bool down = change == CircuitBreaker::Change::kOpened;
    if (down) DropIdle();
    LogLine(down ? LogLevel::kWarning : LogLevel::kInfo,
            down ? "the cache does not answer; going on without it" : "the cache answers again")
        .Add("address", absl::StrCat(options.host, ":", options.port));
  }
};

RedisCache::RedisCache(const RedisOptions& options, Clock* clock)
    : impl_(std::make_unique<Impl>(options, clock)) {
  IgnoreBrokenPipes();
}

RedisCache::~RedisCache() = default;

std::optional<std::string> RedisCache::Get(absl::string_view key) {
  const Reply reply = impl_->Call({"GET", key});
  if (reply == nullptr || reply->type != REDIS_REPLY_STRING) {
    impl_->misses.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  impl_->hits.fetch_add(1, std::memory_order_relaxed);
  return std::string(reply->str, reply->len);
}

void RedisCache::Put(absl::string_view key, absl::string_view value, absl::Duration ttl) {
  const int64_t ttl_ms = absl::ToInt64Milliseconds(std::min(ttl, kLongestTtl));
  if (ttl_ms <= 0 || value.size() > kMaxValueBytes) return;
  impl_->Call({"SET", key, value, "PX", absl::StrCat(ttl_ms)});
}

CacheStats RedisCache::stats() const {
  CacheStats stats;
  stats.hits = impl_->hits.load(std::memory_order_relaxed);
  stats.misses = impl_->misses.load(std::memory_order_relaxed);
  stats.errors = impl_->errors.load(std::memory_order_relaxed);
  return stats;
}

absl::StatusOr<RedisOptions> ParseRedisUrl(absl::string_view url) {
  if (!absl::ConsumePrefix(&url, "redis://")) return BadUrl();
  RedisOptions options;
  if (const size_t at = url.rfind('@'); at != absl::string_view::npos) {
    const absl::string_view login = url.substr(0, at);
    const size_t colon = login.find(':');
    if (colon == absl::string_view::npos) return BadUrl();
    options.user = std::string(login.substr(0, colon));
    options.password = std::string(login.substr(colon + 1));
    url.remove_prefix(at + 1);
  }
  if (const size_t slash = url.find('/'); slash != absl::string_view::npos) {
    const absl::string_view db = url.substr(slash + 1);
    if (!db.empty() && (!absl::SimpleAtoi(db, &options.db) || options.db < 0)) return BadUrl();
    url = url.substr(0, slash);
  }
  // An IPv6 address stands in brackets: [::1]:6379.
  const size_t colon = url.rfind(':');
  if (colon != absl::string_view::npos && url.find(']', colon) == absl::string_view::npos) {
    if (!absl::SimpleAtoi(url.substr(colon + 1), &options.port) || options.port < 1 ||
        options.port > 65535) {
      return BadUrl();
    }
    url = url.substr(0, colon);
  }
  if (absl::ConsumePrefix(&url, "[") && !absl::ConsumeSuffix(&url, "]")) return BadUrl();
  if (url.empty()) return BadUrl();
  options.host = std::string(url);
  return options;
}

}  // namespace waymark::cache
