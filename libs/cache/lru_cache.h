#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/cache/cache.h"

namespace waymark::cache {

/// Keeps values in this process, the least recently used leaving when they exceed a number of
/// bytes. Thread-safe: keys are spread over shards with a lock each.
class LruCache : public Cache {
 public:
  /// `max_bytes` counts keys, values and some 100 bytes for each. There is a shard for every 4 MiB,
  /// 16 at most; a value that does not fit into one shard is not kept. `clock` must outlive the
  /// cache.
  LruCache(int64_t max_bytes, Clock* clock);
  ~LruCache() override;

  std::optional<std::string> Get(absl::string_view key) override;
  void Put(absl::string_view key, absl::string_view value, absl::Duration ttl) override;
  CacheStats stats() const override;

 private:
  class Shard;
  Shard& ShardOf(absl::string_view key);

  Clock* const clock_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace waymark::cache
