#pragma once

#include <cstdint>
#include <vector>

#include "services/feedback/key_store.h"
#include "services/feedback/siphash.h"

namespace waymark::feedback {

/// A compact hash table of what is recorded of each key: 40 bytes a slot, open addressing with
/// linear probing, in shards that grow one by one so that no insertion waits long. Not thread-safe.
class KeySet {
 public:
  /// A key's state, packed; Position::tx is not kept (0 on SQLite).
  class Slot {
   public:
    const Hash128& key() const { return key_; }
    KeyState Load() const;
    /// Keeps what Load returns. Sequence numbers below 2^40 and indexes below 2^22.
    void Store(const KeyState& state);

   private:
    friend class KeySet;
    Hash128 key_;
    int64_t revision_ = 0;
    uint64_t content_ = 0;
    /// seq:40, index:22, partial:1, used:1.
    uint64_t packed_ = 0;
  };
  static_assert(sizeof(Slot) == 40);

  KeySet() : shards_(kShards) {}

  /// Brings the memory that FindOrInsert(key) will touch into the cache.
  void Prefetch(const Hash128& key) const;
  /// The key's slot; when *inserted the caller must Store its state at once. Valid until the next
  /// insertion.
  Slot* FindOrInsert(const Hash128& key, bool* inserted);
  /// nullptr: not there.
  const Slot* Find(const Hash128& key) const;
  void Erase(const Hash128& key);
  void Reserve(int64_t keys);

  int64_t size() const { return size_; }

 private:
  static constexpr size_t kShards = 256;
  struct Shard {
    std::vector<Slot> slots;
    size_t used = 0;
  };

  static size_t Home(const Shard& shard, const Hash128& key) {
    return key.lo & (shard.slots.size() - 1);
  }
  static size_t Probe(const Shard& shard, const Hash128& key);
  static void Grow(Shard* shard, size_t slots);
  Shard& ShardOf(const Hash128& key) { return shards_[key.hi % kShards]; }
  const Shard& ShardOf(const Hash128& key) const { return shards_[key.hi % kShards]; }

  std::vector<Shard> shards_;
  int64_t size_ = 0;
};

}  // namespace waymark::feedback
