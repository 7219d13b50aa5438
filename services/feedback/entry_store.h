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
#include "services/feedback/catalogue_store.h"
#include "services/feedback/erasure_store.h"
#include "services/feedback/position.h"
#include "services/feedback/store.h"
#include "waymark/feedback/v1/stored_signal.pb.h"

namespace waymark::feedback {

/// Reads single entries of the journal, within one transaction, and keeps the blocks it came
/// across. Not thread-safe.
class EntryStore {
 public:
  /// Both must outlive it.
  EntryStore(sql::Connection* connection, CatalogueStore* catalogues)
      : connection_(*connection), catalogues_(catalogues) {}

  /// The signal at `position`, placed by its tenant's newest catalogue; nothing when the entry is a
  /// deletion, or was removed or is about to be because its customer is erased. DATA_LOSS: there is
  /// no such entry.
  absl::StatusOr<std::optional<v1::StoredSignal>> Read(const Position& position);

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

  absl::StatusOr<const CachedBlock*> Find(const Position& position);
  absl::StatusOr<const PlacementEngine*> EngineOf(const std::string& tenant);

  sql::Connection& connection_;
  CatalogueStore* const catalogues_;
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, std::unique_ptr<CachedBlock>> blocks_;
  int64_t cached_bytes_ = 0;
  std::optional<PendingErasures> erasures_;
  std::optional<absl::flat_hash_map<std::string, int64_t>> revisions_;
  absl::flat_hash_map<std::string, std::shared_ptr<const PlacementEngine>> engines_;
};

}  // namespace waymark::feedback
