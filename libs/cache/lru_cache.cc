#include "libs/cache/lru_cache.h"

#include <algorithm>
#include <iterator>
#include <list>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/synchronization/mutex.h"

namespace waymark::cache {
namespace {

constexpr int64_t kBytesPerShard = 4 << 20;
constexpr int64_t kMaxShards = 16;
// What the list, the index and the allocator need for one entry, roughly.
constexpr int64_t kOverhead = 100;

}  // namespace

class LruCache::Shard {
 public:
  explicit Shard(int64_t max_bytes) : max_bytes_(max_bytes) {}

  std::optional<std::string> Get(absl::string_view key, absl::Time now) {
    absl::MutexLock lock(&mutex_);
    const auto found = index_.find(key);
    if (found == index_.end() || found->second->expires <= now) {
      if (found != index_.end()) Remove(found->second);
      ++stats_.misses;
      return std::nullopt;
    }
    ++stats_.hits;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  void Put(absl::string_view key, absl::string_view value, absl::Time expires) {
    absl::MutexLock lock(&mutex_);
    if (const auto found = index_.find(key); found != index_.end()) Remove(found->second);
    Entry entry = {std::string(key), std::string(value), expires};
    if (entry.bytes() > max_bytes_) return;
    while (bytes_ + entry.bytes() > max_bytes_) {
      Remove(std::prev(entries_.end()));
      ++stats_.evictions;
    }
    bytes_ += entry.bytes();
    entries_.push_front(std::move(entry));
    index_.emplace(entries_.front().key, entries_.begin());
  }

  void AddStats(CacheStats* stats) const {
    absl::MutexLock lock(&mutex_);
    stats->hits += stats_.hits;
    stats->misses += stats_.misses;
    stats->evictions += stats_.evictions;
  }

 private:
  struct Entry {
    std::string key;
    std::string value;
    absl::Time expires;
    int64_t bytes() const { return static_cast<int64_t>(key.size() + value.size()) + kOverhead; }
  };
  using Entries = std::list<Entry>;

  void Remove(Entries::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    bytes_ -= entry->bytes();
    index_.erase(entry->key);
    entries_.erase(entry);
  }

  const int64_t max_bytes_;
  mutable absl::Mutex mutex_;
  /// The most recently used first.
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  /// Keys are views of the entries' own.
  absl::flat_hash_map<absl::string_view, Entries::iterator> index_ ABSL_GUARDED_BY(mutex_);
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  CacheStats stats_ ABSL_GUARDED_BY(mutex_);
};

LruCache::LruCache(int64_t max_bytes, Clock* clock) : clock_(clock) {
  const int64_t shards = std::clamp<int64_t>(max_bytes / kBytesPerShard, 1, kMaxShards);
  for (int64_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(max_bytes / shards));
  }
}

LruCache::~LruCache() = default;

LruCache::Shard& LruCache::ShardOf(absl::string_view key) {
  return *shards_[absl::HashOf(key) % shards_.size()];
}

std::optional<std::string> LruCache::Get(absl::string_view key) {
  return ShardOf(key).Get(key, clock_->Now());
}

void LruCache::Put(absl::string_view key, absl::string_view value, absl::Duration ttl) {
  ShardOf(key).Put(key, value, clock_->Now() + ttl);
}

CacheStats LruCache::stats() const {
  CacheStats stats;
  for (const auto& shard : shards_) shard->AddStats(&stats);
  return stats;
}

}  // namespace waymark::cache
