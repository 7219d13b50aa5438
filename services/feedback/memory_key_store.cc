#include "services/feedback/memory_key_store.h"

#include <utility>

#include "libs/base/status_macros.h"
#include "services/feedback/block.h"
#include "services/feedback/store.h"

namespace waymark::feedback {
namespace {

constexpr size_t kPrefetchAhead = 12;

}  // namespace

absl::Status MemoryKeyStore::CatchUp(sql::Connection& connection, const BlockId& last) {
  if (last == known_) return absl::OkStatus();
  WM_ASSIGN_OR_RETURN(const int64_t entries, Store::CountEntries(connection, known_));
  keys_.Reserve(keys_.size() + entries);
  return Store::ReadKeys(connection, known_, [this](const BlockId& block, absl::string_view keys) {
    known_ = block;
    return ReadHeaders(keys, [&](const EntryHeader& header) {
      bool inserted = false;
      if (header.kind == EntryKind::kRemoved) {
        // Unless a later entry counts, which then comes after it.
        keys_.FindOrInsert(header.key, &inserted)->Store({.key = header.key});
        return;
      }
      if (!HoldsSignal(header.kind)) return;
      keys_.FindOrInsert(header.key, &inserted)
          ->Store({.revision = header.revision,
                   .content = header.content,
                   .partial = header.partial,
                   .position = {.tx = block.tx, .seq = block.seq, .index = header.index}});
    });
  });
}

absl::Status MemoryKeyStore::Resolve(sql::Connection& connection,
                                     absl::Span<Candidate* const> candidates) {
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (i + kPrefetchAhead < candidates.size()) {
      keys_.Prefetch(candidates[i + kPrefetchAhead]->key);
    }
    Candidate* candidate = candidates[i];
    bool inserted = false;
    KeySet::Slot* slot = keys_.FindOrInsert(candidate->key, &inserted);
    if (inserted) {
      candidate->outcome = v1::INGEST_OUTCOME_RECORDED;
      changes_.push_back({.inserted = true, .before = {.key = candidate->key}});
      slot->Store(StateOf(*candidate));
      continue;
    }
    const KeyState known = slot->Load();
    if (!ResolveKnown(known, candidate)) continue;
    changes_.push_back({.inserted = false, .before = known});
    slot->Store(StateOf(*candidate));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::optional<Position>>> MemoryKeyStore::FindAll(
    sql::Connection& connection, absl::Span<const Hash128> keys) {
  std::vector<std::optional<Position>> positions;
  for (const Hash128& key : keys) {
    const KeySet::Slot* slot = keys_.Find(key);
    positions.push_back(slot == nullptr ? std::nullopt : std::optional(slot->Load().position));
  }
  return positions;
}

absl::Status MemoryKeyStore::Erase(sql::Connection& connection,
                                   absl::Span<const EntryReference> entries) {
  WM_ASSIGN_OR_RETURN(const std::vector<bool> live, AreLive(connection, entries));
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!live[i]) continue;
    bool inserted = false;
    KeySet::Slot* slot = keys_.FindOrInsert(entries[i].key, &inserted);
    changes_.push_back({.inserted = false, .before = slot->Load()});
    slot->Store({.key = entries[i].key});
    erases_ = true;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> MemoryKeyStore::EraseUnknown(sql::Connection& connection, const Hash128& key) {
  bool inserted = false;
  KeySet::Slot* slot = keys_.FindOrInsert(key, &inserted);
  if (!inserted) return false;
  changes_.push_back({.inserted = true, .before = {.key = key}});
  slot->Store({.key = key});
  return true;
}

void MemoryKeyStore::Committed(const BlockId& last) {
  known_ = last;
  changes_.clear();
  erases_ = false;
}

void MemoryKeyStore::RolledBack() {
  // A commit that failed may have taken effect after all. Then CatchUp learns what it added, but
  // not what it has made of blocks that are known: all are read again.
  if (std::exchange(erases_, false)) {
    keys_ = KeySet();
    known_ = BlockId();
    changes_.clear();
    return;
  }
  for (size_t i = changes_.size(); i-- > 0;) {
    const KeyState& before = changes_[i].before;
    if (changes_[i].inserted) {
      keys_.Erase(before.key);
    } else {
      bool inserted = false;
      keys_.FindOrInsert(before.key, &inserted)->Store(before);
    }
  }
  changes_.clear();
}

}  // namespace waymark::feedback
