#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/sql/connection.h"
#include "services/feedback/block.h"
#include "services/feedback/erasure_store.h"
#include "services/feedback/placer.h"
#include "services/feedback/position.h"
#include "services/feedback/store.h"
#include "waymark/feedback/v1/stored_signal.pb.h"

namespace waymark::feedback {

/// Reads single entries of the journal, within one transaction, and keeps the blocks it came
/// across. Not thread-safe.
class EntryStore {
 public:
  /// `connection` must outlive it.
  EntryStore(sql::Connection* connection, const PlacementStores& placements)
      : connection_(*connection), placer_(connection, placements) {}

  /// The signal at `position`, placed as its tenant's are; nothing when the entry is a deletion, or
  /// was removed or is about to be because its customer is erased. DATA_LOSS: there is no such
  /// entry.
  absl::StatusOr<std::optional<v1::StoredSignal>> Read(const Position& position);
  /// The same without its enrichment.
  absl::StatusOr<std::optional<v1::StoredSignal>> ReadUnplaced(const Position& position);

 private:
  struct Entry {
    EntryHeader header;
    absl::string_view payload;
  };
  struct CachedBlock {
    Block block;
    /// By Position::index; views into `block`.
    std::vector<Entry> entries;
  };

  struct Found {
    const CachedBlock* in = nullptr;
    const Entry* entry = nullptr;
  };

  absl::StatusOr<Found> Find(const Position& position);
  absl::StatusOr<const CachedBlock*> FindBlock(const Position& position);
  absl::StatusOr<std::optional<v1::StoredSignal>> Parse(const Found& found,
                                                        const Position& position);

  sql::Connection& connection_;
  Placer placer_;
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, std::unique_ptr<CachedBlock>> blocks_;
  int64_t cached_bytes_ = 0;
  std::optional<PendingErasures> erasures_;
};

}  // namespace waymark::feedback
