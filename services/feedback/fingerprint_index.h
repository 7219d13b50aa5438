#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "services/feedback/siphash.h"

namespace waymark::feedback {

/// Tells in which blocks a key may stand, from 32 bits of each key: 8 bytes a slot, of which 2/5 to
/// 4/5 are used. Never misses a block that was told for the key; now and then it names one that was
/// told for another key, so its caller has to look. Open addressing with linear probing, in shards
/// that grow one by one so that no insertion waits long. Not thread-safe.
class FingerprintIndex {
 public:
  using Blocks = absl::InlinedVector<uint32_t, 4>;

  FingerprintIndex() : shards_(kShards) {}

  /// Brings the memory that the other functions will touch for the key into the cache.
  void Prefetch(const Hash128& key) const;
  /// Tells a block of the key, beside those told before. `block` is below 2^32 - 1.
  void Insert(const Hash128& key, uint32_t block);
  /// Puts `block` in the place of `former`; false: that was not told for the key.
  bool Replace(const Hash128& key, uint32_t former, uint32_t block);
  /// The blocks that may hold it, in no order.
  Blocks Find(const Hash128& key) const;
  /// Makes room for so many slots in all.
  void Reserve(int64_t slots);

  /// Slots that are used.
  int64_t size() const { return size_; }

 private:
  static constexpr size_t kShards = 1024;
  struct Slot {
    uint32_t fingerprint = 0;
    /// One more than the block; 0: free.
    uint32_t block = 0;
  };
  struct Shard {
    std::vector<Slot> slots;
    size_t used = 0;
  };

  // The shard and the fingerprint take different bits of the key.
  static size_t ShardOf(const Hash128& key) { return key.hi % kShards; }
  static uint32_t FingerprintOf(const Hash128& key) { return static_cast<uint32_t>(key.lo); }
  static void Put(std::vector<Slot>* slots, const Slot& slot);
  static void Grow(Shard* shard, size_t slots);

  std::vector<Shard> shards_;
  int64_t size_ = 0;
};

}  // namespace waymark::feedback
