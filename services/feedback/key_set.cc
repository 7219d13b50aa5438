#include "services/feedback/key_set.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace waymark::feedback {
namespace {

constexpr uint64_t kUsed = 1;
constexpr uint64_t kPartial = 2;
constexpr size_t kFirstSlots = 16;

// At most 4/5 of the slots are used.
bool IsFull(size_t used, size_t slots) { return (used + 1) * 5 > slots * 4; }

}  // namespace

KeyState KeySet::Slot::Load() const {
  return {.key = key_,
          .revision = revision_,
          .content = content_,
          .partial = (packed_ & kPartial) != 0,
          .position = {.tx = 0,
                       .seq = packed_ >> 24,
                       .index = static_cast<uint32_t>(packed_ >> 2 & ((1 << 22) - 1))}};
}

void KeySet::Slot::Store(const KeyState& state) {
  revision_ = state.revision;
  content_ = state.content;
  packed_ = state.position.seq << 24 | uint64_t{state.position.index} << 2 |
            (state.partial ? kPartial : 0) | kUsed;
}

// The slot of `key`, or the free one where it belongs.
size_t KeySet::Probe(const Shard& shard, const Hash128& key) {
  size_t at = Home(shard, key);
  while ((shard.slots[at].packed_ & kUsed) != 0 && !(shard.slots[at].key_ == key)) {
    at = (at + 1) & (shard.slots.size() - 1);
  }
  return at;
}

void KeySet::Grow(Shard* shard, size_t slots) {
  Shard grown{std::vector<Slot>(slots), shard->used};
  for (const Slot& slot : shard->slots) {
    if ((slot.packed_ & kUsed) != 0) grown.slots[Probe(grown, slot.key_)] = slot;
  }
  *shard = std::move(grown);
}

void KeySet::Prefetch(const Hash128& key) const {
  const Shard& shard = ShardOf(key);
  if (!shard.slots.empty()) __builtin_prefetch(&shard.slots[Home(shard, key)], 1);
}

KeySet::Slot* KeySet::FindOrInsert(const Hash128& key, bool* inserted) {
  Shard& shard = ShardOf(key);
  if (IsFull(shard.used, shard.slots.size())) {
    Grow(&shard, std::max(kFirstSlots, shard.slots.size() * 2));
  }
  Slot* slot = &shard.slots[Probe(shard, key)];
  *inserted = (slot->packed_ & kUsed) == 0;
  if (*inserted) {
    slot->key_ = key;
    slot->packed_ = kUsed;
    ++shard.used;
    ++size_;
  }
  return slot;
}

const KeySet::Slot* KeySet::Find(const Hash128& key) const {
  const Shard& shard = ShardOf(key);
  if (shard.slots.empty()) return nullptr;
  const Slot* slot = &shard.slots[Probe(shard, key)];
  return (slot->packed_ & kUsed) == 0 ? nullptr : slot;
}

void KeySet::Erase(const Hash128& key) {
  if (Find(key) == nullptr) return;
  Shard& shard = ShardOf(key);
  const size_t mask = shard.slots.size() - 1;
  size_t hole = Probe(shard, key);
  // Slots that follow without a gap move up unless they stand between their home and the hole.
  for (size_t at = (hole + 1) & mask; (shard.slots[at].packed_ & kUsed) != 0;
       at = (at + 1) & mask) {
    const size_t home = Home(shard, shard.slots[at].key_);
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    shard.slots[hole] = shard.slots[at];
    hole = at;
  }
  shard.slots[hole] = Slot();
  --shard.used;
  --size_;
}

void KeySet::Reserve(int64_t keys) {
  const size_t slots = std::bit_ceil(static_cast<size_t>(keys) / kShards * 5 / 4 + kFirstSlots);
  for (Shard& shard : shards_) {
    if (slots > shard.slots.size()) Grow(&shard, slots);
  }
}

}  // namespace waymark::feedback
