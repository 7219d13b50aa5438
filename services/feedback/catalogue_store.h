#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "libs/sql/database.h"
#include "services/feedback/placement.h"
#include "services/feedback/position.h"
#include "waymark/feedback/v1/touchpoint_catalogue.pb.h"

namespace waymark::feedback {

/// Where the scan for what a tenant's newest catalogue places elsewhere stands.
struct Scan {
  /// Of the newest catalogue; the older ones are those that consumers may have seen signals placed
  /// by.
  int64_t revision = 0;
  std::vector<int64_t> older_revisions;
  /// Every entry up to here is done.
  Position scanned;
  /// Entries after it were never seen placed by an older catalogue; zero: not known yet.
  Position end;
};

/// SQL of the touchpoint catalogues. A tenant has a row for its newest catalogue and, until the
/// scan for that one has ended, for each older one that consumers may still be at. Thread-safe.
class CatalogueStore {
 public:
  explicit CatalogueStore(sql::Database* database) : database_(database) {}

  /// Makes `catalogue` its tenant's newest, unless a newer one is there, and returns the newest.
  absl::StatusOr<v1::TouchpointCatalogue> Update(const v1::TouchpointCatalogue& catalogue,
                                                 absl::string_view tenant) const;

  /// The revision of each tenant's newest catalogue, in the connection's transaction.
  static absl::StatusOr<absl::flat_hash_map<std::string, int64_t>> NewestRevisions(
      sql::Connection& connection);
  /// INTERNAL: there is no such revision.
  static absl::StatusOr<v1::TouchpointCatalogue> Read(sql::Connection& connection,
                                                      absl::string_view tenant, int64_t revision);

  /// The engine of that revision, kept for the next time; revision 0 places nothing that does not
  /// say itself where it belongs.
  absl::StatusOr<std::shared_ptr<const PlacementEngine>> Engine(sql::Connection& connection,
                                                                const std::string& tenant,
                                                                int64_t revision);

  /// The tenants whose scan has not ended.
  absl::StatusOr<std::vector<std::string>> TenantsToScan() const;
  /// A tenant's scan, in the connection's transaction; without older revisions there is nothing to
  /// do.
  static absl::StatusOr<Scan> ReadScan(sql::Connection& connection, absl::string_view tenant);
  absl::Status SetScanEnd(absl::string_view tenant, int64_t revision, const Position& end) const;
  /// Moves the scan on, in the connection's transaction; false when it does not stand at `from`.
  static absl::StatusOr<bool> MoveScan(sql::Connection& connection, absl::string_view tenant,
                                       int64_t revision, const Position& from, const Position& to);
  /// Forgets the older catalogues.
  absl::Status EndScan(absl::string_view tenant, int64_t revision) const;

 private:
  sql::Database* const database_;
  absl::Mutex mutex_;
  /// The latest that was asked for, of each tenant.
  absl::flat_hash_map<std::string, std::shared_ptr<const PlacementEngine>> engines_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace waymark::feedback
