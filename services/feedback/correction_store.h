#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "libs/sql/connection.h"
#include "services/feedback/position.h"
#include "services/feedback/siphash.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::feedback {

/// What people corrected of one tenant's signals, as of some moment or later. Thread-safe.
class Corrections {
 public:
  /// The correction of the signal with that key, see correction.h; nullptr: never corrected.
  std::shared_ptr<const v1::Enrichment> Find(const Hash128& key) const;

 private:
  friend class CorrectionStore;

  mutable absl::Mutex mutex_;
  /// Every correction up to this one is in the map.
  int64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<Hash128, std::shared_ptr<const v1::Enrichment>> by_key_
      ABSL_GUARDED_BY(mutex_);
};

/// SQL of corrections, which are kept in memory once read: what is placed is looked up there.
/// Statuses are those of sql::Connection, or DATA_LOSS. Thread-safe.
class CorrectionStore {
 public:
  /// The tenant's corrections, in a transaction that sees them up to `newest`, which
  /// RevisionStore::Newest says there; never in one that writes them. nullptr: there are none.
  absl::StatusOr<std::shared_ptr<const Corrections>> Of(sql::Connection& connection,
                                                        const std::string& tenant, int64_t newest);

  // In the writer's transaction.

  struct Row {
    v1::Enrichment correction;
    /// Where the feed tells of it.
    Position position;
  };
  static absl::StatusOr<std::optional<Row>> Read(sql::Connection& connection,
                                                 absl::string_view tenant, const Hash128& key);
  static absl::Status Write(sql::Connection& connection, absl::string_view tenant,
                            const Hash128& key, const Row& row);

 private:
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Corrections>> tenants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace waymark::feedback
