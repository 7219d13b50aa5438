#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"

namespace waymark::cache {

/// Counters since the cache was made.
struct CacheStats {
  int64_t hits = 0;
  int64_t misses = 0;
  /// Misses and lost writes because the cache could not be asked: down, slow, or answering
  /// nonsense.
  int64_t errors = 0;
  int64_t evictions = 0;
};

/// Keeps results that are dear to compute. A cache may forget anything at any time and never fails:
/// a server that is down costs latency, never an error. Thread-safe.
class Cache {
 public:
  virtual ~Cache() = default;

  /// The value last put under `key`, unless it was forgotten or its time is over.
  virtual std::optional<std::string> Get(absl::string_view key) = 0;

  /// Keeps `value` (any bytes) for at most `ttl`.
  virtual void Put(absl::string_view key, absl::string_view value, absl::Duration ttl) = 0;

  virtual CacheStats stats() const = 0;
};

/// The key of a value that depends on the state `version` of `tenant`'s data: a new version is a
/// new key, so nothing is ever invalidated. `kind` names the computation and its own format
/// ("graph/1"), `parameters` what else the value depends on.
std::string MakeKey(absl::string_view tenant, absl::string_view version, absl::string_view kind,
                    absl::string_view parameters);

/// `memory:64MB` (KB, MB, GB: powers of 1024) or `redis://[:password@]host:port[/db]`. A Redis that
/// cannot be reached is no error. INVALID_ARGUMENT: not such a URL. `clock` must outlive the cache.
absl::StatusOr<std::unique_ptr<Cache>> Open(absl::string_view url, Clock* clock = Clock::Real());

/// Gets values through a cache so that callers who ask for one key at once share one computation.
/// Thread-safe.
class Loader {
 public:
  /// `cache` must outlive the loader.
  explicit Loader(Cache* cache);
  ~Loader();

  /// The cached value, or what `compute` returns, which is then kept for `ttl`. A failed
  /// computation is returned to all who waited for it and is not kept. A caller waits for another's
  /// computation at most until `deadline` (DEADLINE_EXCEEDED).
  absl::StatusOr<std::string> GetOrCompute(absl::string_view key, absl::Duration ttl,
                                           absl::FunctionRef<absl::StatusOr<std::string>()> compute,
                                           absl::Time deadline = absl::InfiniteFuture());

 private:
  struct Flights;
  Cache* const cache_;
  const std::unique_ptr<Flights> flights_;
};

}  // namespace waymark::cache
