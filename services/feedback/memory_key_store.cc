#include "services/feedback/memory_key_store.h"

#include "libs/base/status_macros.h"
#include "services/feedback/block.h"
#include "services/feedback/store.h"

namespace waymark::feedback {
namespace {

constexpr size_t kPrefetchAhead = 12;

}  // namespace

absl::Status MemoryKeyStore::CatchUp(sql::Connection& connection, uint64_t last_seq) {
  if (last_seq == known_seq_) return absl::OkStatus();
  WM_ASSIGN_OR_RETURN(const int64_t entries, Store::CountEntries(connection, known_seq_));
  keys_.Reserve(keys_.size() + entries);
  return Store::ReadKeys(connection, known_seq_, [this](uint64_t seq, absl::string_view keys) {
    known_seq_ = seq;
    return ReadHeaders(keys, [&](const EntryHeader& header) {
      if (!HoldsSignal(header.kind)) return;
      bool inserted = false;
      keys_.FindOrInsert(header.key, &inserted)
          ->Store({.revision = header.revision,
                   .content = header.content,
                   .partial = header.partial,
                   .position = {.tx = 0, .seq = seq, .index = header.index}});
    });
  });
}

absl::Status MemoryKeyStore::Resolve(const CommitContext& context,
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

absl::StatusOr<std::optional<Position>> MemoryKeyStore::Find(sql::Connection& connection,
                                                             const Hash128& key) {
  const KeySet::Slot* slot = keys_.Find(key);
  if (slot == nullptr) return std::nullopt;
  return slot->Load().position;
}

absl::StatusOr<std::vector<bool>> MemoryKeyStore::AreLive(
    sql::Connection& connection, absl::Span<const EntryReference> entries) {
  std::vector<bool> live;
  for (const EntryReference& entry : entries) {
    const KeySet::Slot* slot = keys_.Find(entry.key);
    live.push_back(slot != nullptr && slot->Load().position == entry.position);
  }
  return live;
}

void MemoryKeyStore::Committed(uint64_t last_seq) {
  known_seq_ = last_seq;
  changes_.clear();
}

void MemoryKeyStore::RolledBack() {
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
