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
  WM_ASSIGN_OR_RETURN(const CachedBlock* cached, Find(position));
  const auto entry =
      std::lower_bound(cached->entries.begin(), cached->entries.end(), position.index,
                       [](const Entry& one, uint32_t index) { return one.header.index < index; });
  if (entry == cached->entries.end() || entry->header.index != position.index) {
    return JournalDamaged("an entry that is referred to is not there");
  }
  if (entry->header.kind == EntryKind::kDeleted || entry->header.kind == EntryKind::kRemoved) {
    return std::nullopt;
  }
  v1::StoredSignal stored;
  if (!stored.mutable_signal()->ParseFromArray(entry->payload.data(),
                                               static_cast<int>(entry->payload.size()))) {
    return JournalDamaged("a signal");
  }
  if (!erasures_.has_value()) {
    WM_ASSIGN_OR_RETURN(erasures_, PendingErasures::Read(connection_));
  }
  if (erasures_->Covers(cached->block.tenant, stored.signal().customer())) return std::nullopt;
  stored.set_position(ToString(position));
  SetTime(cached->block.record_time, stored.mutable_record_time());
  WM_ASSIGN_OR_RETURN(const PlacementEngine* engine, EngineOf(cached->block.tenant));
  *stored.mutable_enrichment() = engine->Place(stored.signal());
  return stored;
}

absl::StatusOr<const EntryStore::CachedBlock*> EntryStore::Find(const Position& position) {
  const std::pair<uint64_t, uint64_t> key = {position.tx, position.seq};
  if (const auto known = blocks_.find(key); known != blocks_.end()) return known->second.get();
  if (cached_bytes_ > kMaxCachedBytes) {
    blocks_.clear();
    cached_bytes_ = 0;
  }
  auto cached = std::make_unique<CachedBlock>();
  WM_ASSIGN_OR_RETURN(cached->block, Store::ReadBlock(connection_, position.tx, position.seq));
  WM_RETURN_IF_ERROR(ReadEntries(cached->block.keys, cached->block.payload,
                                 [&](const EntryHeader& header, absl::string_view payload) {
                                   cached->entries.push_back({header, payload});
                                   return true;
                                 }));
  cached_bytes_ +=
      static_cast<int64_t>(cached->block.payload.size() + cached->entries.size() * sizeof(Entry));
  return (blocks_[key] = std::move(cached)).get();
}

absl::StatusOr<const PlacementEngine*> EntryStore::EngineOf(const std::string& tenant) {
  std::shared_ptr<const PlacementEngine>& engine = engines_[tenant];
  if (engine == nullptr) {
    if (!revisions_.has_value()) {
      WM_ASSIGN_OR_RETURN(revisions_, CatalogueStore::NewestRevisions(connection_));
    }
    const auto newest = revisions_->find(tenant);
    WM_ASSIGN_OR_RETURN(
        engine,
        catalogues_->Engine(connection_, tenant, newest == revisions_->end() ? 0 : newest->second));
  }
  return engine.get();
}

}  // namespace waymark::feedback
