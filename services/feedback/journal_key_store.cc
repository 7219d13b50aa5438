#include "services/feedback/journal_key_store.h"

#include <algorithm>

#include "libs/base/status_macros.h"
#include "services/feedback/block.h"
#include "services/feedback/store.h"

namespace waymark::feedback {
namespace {

constexpr size_t kPrefetchAhead = 12;

bool TellsOfKey(EntryKind kind) { return HoldsSignal(kind) || kind == EntryKind::kRemoved; }

KeyState StateOf(const EntryHeader& header, const BlockId& block) {
  if (header.kind == EntryKind::kRemoved) return {.key = header.key};
  return {.key = header.key,
          .revision = header.revision,
          .content = header.content,
          .partial = header.partial,
          .position = {.tx = block.tx, .seq = block.seq, .index = header.index}};
}

}  // namespace

uint32_t JournalKeyStore::AddBlock(const BlockId& block) {
  if (blocks_.empty() || blocks_.back() != block) blocks_.push_back(block);
  return static_cast<uint32_t>(blocks_.size() - 1);
}

uint32_t JournalKeyStore::NumberOf(const BlockId& block) const {
  return static_cast<uint32_t>(std::lower_bound(blocks_.begin(), blocks_.end(), block) -
                               blocks_.begin());
}

absl::Status JournalKeyStore::CatchUp(sql::Connection& connection, const BlockId& last) {
  if (last == known_) return absl::OkStatus();
  if (known_ == BlockId()) {
    WM_ASSIGN_OR_RETURN(const int64_t entries, Store::CountEntries(connection, known_));
    index_.Reserve(entries);
  }
  return Store::ReadKeys(connection, known_, [this](const BlockId& block, absl::string_view keys) {
    const uint32_t number = AddBlock(block);
    known_ = block;
    return ReadHeaders(keys, [&](const EntryHeader& header) {
      if (!TellsOfKey(header.kind)) return;
      // A revision takes the place of what it revises, if it is certain which slot that is.
      if (header.kind == EntryKind::kRevised) {
        const FingerprintIndex::Blocks blocks = index_.Find(header.key);
        if (blocks.size() == 1 && index_.Replace(header.key, blocks.front(), number)) return;
      }
      index_.Insert(header.key, number);
    });
  });
}

absl::Status JournalKeyStore::Read(sql::Connection& connection, absl::Span<const Hash128> keys,
                                   States* states) const {
  absl::flat_hash_set<Hash128> wanted;
  std::vector<uint32_t> numbers;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (i + kPrefetchAhead < keys.size()) index_.Prefetch(keys[i + kPrefetchAhead]);
    const FingerprintIndex::Blocks blocks = index_.Find(keys[i]);
    if (blocks.empty()) continue;
    wanted.insert(keys[i]);
    numbers.insert(numbers.end(), blocks.begin(), blocks.end());
  }
  if (wanted.empty()) return absl::OkStatus();
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::vector<BlockId> blocks;
  blocks.reserve(numbers.size());
  for (const uint32_t number : numbers) blocks.push_back(blocks_[number]);
  // In their order: the last entry that tells of a key counts.
  return Store::ReadKeysOf(connection, blocks,
                           [&](const BlockId& block, absl::string_view of_block) {
                             return ReadHeaders(of_block, [&](const EntryHeader& header) {
                               if (!TellsOfKey(header.kind) || !wanted.contains(header.key)) return;
                               (*states)[header.key] = StateOf(header, block);
                             });
                           });
}

absl::Status JournalKeyStore::Resolve(sql::Connection& connection,
                                      absl::Span<Candidate* const> candidates) {
  std::vector<Hash128> keys;
  keys.reserve(candidates.size());
  for (const Candidate* candidate : candidates) keys.push_back(candidate->key);
  states_.reserve(candidates.size());
  WM_RETURN_IF_ERROR(Read(connection, keys, &states_));
  for (Candidate* candidate : candidates) {
    const auto [known, is_new] = states_.try_emplace(candidate->key, feedback::StateOf(*candidate));
    if (is_new) {
      candidate->outcome = v1::INGEST_OUTCOME_RECORDED;
    } else if (ResolveKnown(known->second, candidate)) {
      known->second = feedback::StateOf(*candidate);
    } else {
      continue;
    }
    Recorded& recorded =
        recorded_.emplace_back(Recorded{candidate->key, candidate->position.block()});
    if (candidate->previous.has_value()) recorded.former = candidate->previous->block();
  }
  resolved_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::optional<Position>>> JournalKeyStore::FindAll(
    sql::Connection& connection, absl::Span<const Hash128> keys) {
  States states;
  WM_RETURN_IF_ERROR(Read(connection, keys, &states));
  std::vector<std::optional<Position>> positions;
  for (const Hash128& key : keys) {
    const auto known = states.find(key);
    positions.push_back(known == states.end() ? std::nullopt
                                              : std::optional(known->second.position));
  }
  return positions;
}

absl::StatusOr<bool> JournalKeyStore::EraseUnknown(sql::Connection& connection,
                                                   const Hash128& key) {
  WM_ASSIGN_OR_RETURN(const auto positions, FindAll(connection, {key}));
  return !positions.front().has_value() && erased_.insert(key).second;
}

void JournalKeyStore::Add(const Recorded& one, uint32_t number) {
  if (one.former.has_value() && index_.Replace(one.key, NumberOf(*one.former), number)) return;
  index_.Insert(one.key, number);
}

void JournalKeyStore::Committed(const BlockId& last) {
  // What else was written is read back by the next transaction.
  if (resolved_) {
    for (size_t i = 0; i < recorded_.size(); ++i) {
      if (i + kPrefetchAhead < recorded_.size()) index_.Prefetch(recorded_[i + kPrefetchAhead].key);
      Add(recorded_[i], AddBlock(recorded_[i].block));
    }
    known_ = last;
  }
  RolledBack();
}

void JournalKeyStore::RolledBack() {
  states_.clear();
  recorded_.clear();
  erased_.clear();
  resolved_ = false;
}

}  // namespace waymark::feedback
