#include "services/feedback/fingerprint_index.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace waymark::feedback {
namespace {

constexpr size_t kFirstSlots = 16;

// At most 4/5 of the slots are used.
bool IsFull(size_t used, size_t slots) { return (used + 1) * 5 > slots * 4; }

}  // namespace

void FingerprintIndex::Put(std::vector<Slot>* slots, const Slot& slot) {
  const size_t mask = slots->size() - 1;
  size_t at = slot.fingerprint & mask;
  while ((*slots)[at].block != 0) at = (at + 1) & mask;
  (*slots)[at] = slot;
}

void FingerprintIndex::Grow(Shard* shard, size_t slots) {
  std::vector<Slot> grown(slots);
  for (const Slot& slot : shard->slots) {
    if (slot.block != 0) Put(&grown, slot);
  }
  shard->slots = std::move(grown);
}

void FingerprintIndex::Prefetch(const Hash128& key) const {
  const std::vector<Slot>& slots = shards_[ShardOf(key)].slots;
  if (!slots.empty()) __builtin_prefetch(&slots[FingerprintOf(key) & (slots.size() - 1)], 1);
}

void FingerprintIndex::Insert(const Hash128& key, uint32_t block) {
  Shard& shard = shards_[ShardOf(key)];
  if (IsFull(shard.used, shard.slots.size())) {
    Grow(&shard, std::max(kFirstSlots, shard.slots.size() * 2));
  }
  Put(&shard.slots, {FingerprintOf(key), block + 1});
  ++shard.used;
  ++size_;
}

bool FingerprintIndex::Replace(const Hash128& key, uint32_t former, uint32_t block) {
  std::vector<Slot>& slots = shards_[ShardOf(key)].slots;
  if (slots.empty()) return false;
  const size_t mask = slots.size() - 1;
  for (size_t at = FingerprintOf(key) & mask; slots[at].block != 0; at = (at + 1) & mask) {
    if (slots[at].fingerprint != FingerprintOf(key) || slots[at].block != former + 1) continue;
    slots[at].block = block + 1;
    return true;
  }
  return false;
}

FingerprintIndex::Blocks FingerprintIndex::Find(const Hash128& key) const {
  Blocks blocks;
  const std::vector<Slot>& slots = shards_[ShardOf(key)].slots;
  if (slots.empty()) return blocks;
  const size_t mask = slots.size() - 1;
  for (size_t at = FingerprintOf(key) & mask; slots[at].block != 0; at = (at + 1) & mask) {
    if (slots[at].fingerprint == FingerprintOf(key)) blocks.push_back(slots[at].block - 1);
  }
  return blocks;
}

void FingerprintIndex::Reserve(int64_t slots) {
  // A shard has a little more or less than its part.
  const auto wanted = static_cast<size_t>(slots) / kShards * 11 / 10 * 5 / 4 + kFirstSlots;
  const size_t size = std::bit_ceil(wanted);
  for (Shard& shard : shards_) {
    if (size > shard.slots.size()) Grow(&shard, size);
  }
}

}  // namespace waymark::feedback
