#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/cache/cache.h"

namespace waymark::cache {

struct RedisOptions {
  std::string host;
  int port = 6379;
  int db = 0;
  /// Both empty: no AUTH.
  std::string user;
  std::string password;

  absl::Duration connect_timeout = absl::Milliseconds(50);
  absl::Duration command_timeout = absl::Milliseconds(100);
  /// After three failures in a row the server is left alone, but for one attempt in this time.
  absl::Duration retry_pause = absl::Seconds(1);
};

/// Reads `redis://[[user]:password@]host[:port][/db]`; INVALID_ARGUMENT otherwise, without showing
/// the password.
absl::StatusOr<RedisOptions> ParseRedisUrl(absl::string_view url);

/// Keeps values in a Redis that several processes share. Thread-safe. Whatever goes wrong there is
/// a miss that counts as an error; a server that is down costs microseconds once three calls have
/// found out. Values above 8 MiB are not kept, times to live end at 30 days. It connects when first
/// used. Sets SIGPIPE to be ignored where it would end the process, since hiredis writes to sockets
/// that the server may have closed.
class RedisCache : public Cache {
 public:
  /// `clock` paces attempts to reach a dead server; it must outlive the cache.
  RedisCache(const RedisOptions& options, Clock* clock);
  ~RedisCache() override;

  std::optional<std::string> Get(absl::string_view key) override;
  void Put(absl::string_view key, absl::string_view value, absl::Duration ttl) override;
  CacheStats stats() const override;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace waymark::cache
