#include "services/feedback/entry_store.h"

#include <algorithm>

#include "libs/base/status_macros.h"
#include "services/feedback/errors.h"
#include "services/feedback/proto_time.h"

namespace waymark::feedback {
namespace {

constexpr int64_t kMaxCachedBytes = 32 << 20;

}  // namespace

absl::StatusOr<std::optional<v1::StoredSignal>> EntryStore::Read(const Position& position) {
  WM_ASSIGN_OR_RETURN(const Found found, Find(position));
  WM_ASSIGN_OR_RETURN(std::optional<v1::StoredSignal> stored, Parse(found, position));
  if (!stored.has_value()) return stored;
  WM_ASSIGN_OR_RETURN(
      *stored->mutable_enrichment(),
      placer_.Place(found.in->block.tenant, found.entry->header.key, stored->signal()));
  return stored;
}

absl::StatusOr<std::optional<v1::StoredSignal>> EntryStore::ReadUnplaced(const Position& position) {
  WM_ASSIGN_OR_RETURN(const Found found, Find(position));
  return Parse(found, position);
}

absl::StatusOr<std::optional<v1::StoredSignal>> EntryStore::Parse(const Found& found,
                                                                  const Position& position) {
  const EntryKind kind = found.entry->header.kind;
  if (kind == EntryKind::kDeleted || kind == EntryKind::kRemoved) return std::nullopt;
  v1::StoredSignal stored;
  const absl::string_view payload = found.entry->payload;
  if (!stored.mutable_signal()->ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return JournalDamaged("a signal");
  }
  if (!erasures_.has_value()) {
    WM_ASSIGN_OR_RETURN(erasures_, PendingErasures::Read(connection_));
  }
  if (erasures_->Covers(found.in->block.tenant, stored.signal().customer())) return std::nullopt;
  stored.set_position(ToString(position));
  SetTime(found.in->block.record_time, stored.mutable_record_time());
  return stored;
}

absl::StatusOr<EntryStore::Found> EntryStore::Find(const Position& position) {
  WM_ASSIGN_OR_RETURN(const CachedBlock* cached, FindBlock(position));
  const auto entry =
      std::lower_bound(cached->entries.begin(), cached->entries.end(), position.index,
                       [](const Entry& one, uint32_t index) { return one.header.index < index; });
  if (entry == cached->entries.end() || entry->header.index != position.index) {
    return JournalDamaged("an entry that is referred to is not there");
  }
  return Found{cached, &*entry};
}

absl::StatusOr<const EntryStore::CachedBlock*> EntryStore::FindBlock(const Position& position) {
  const std::pair<uint64_t, uint64_t> key = {position.tx, position.seq};
  if (const auto known = blocks_.find(key); known != blocks_.end()) return known->second.get();
  if (cached_bytes_ > kMaxCachedBytes) {
    blocks_.clear();
    cached_bytes_ = 0;
  }
  auto cached = std::make_unique<CachedBlock>();
  WM_ASSIGN_OR_RETURN(cached->block, Store::ReadBlock(connection_, position.block()));
  WM_RETURN_IF_ERROR(ReadEntries(cached->block.keys, cached->block.payload,
                                 [&](const EntryHeader& header, absl::string_view payload) {
                                   cached->entries.push_back({header, payload});
                                   return true;
                                 }));
  cached_bytes_ +=
      static_cast<int64_t>(cached->block.payload.size() + cached->entries.size() * sizeof(Entry));
  return (blocks_[key] = std::move(cached)).get();
}

}  // namespace waymark::feedback
