#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/feedback/catalogue_store.h"
#include "services/feedback/correction_store.h"
#include "services/feedback/siphash.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::feedback {

/// What says where signals belong; both outlive who is given them.
struct PlacementStores {
  CatalogueStore* catalogues = nullptr;
  CorrectionStore* corrections = nullptr;
};

/// Places signals as they are placed within one transaction: by the newest touchpoint catalogue of
/// their tenant and by what people corrected. Not thread-safe.
class Placer {
 public:
  /// `connection` must outlive it.
  Placer(sql::Connection* connection, const PlacementStores& stores)
      : connection_(*connection), stores_(stores) {}

  /// Where the signal with that key belongs. Statuses are those of sql::Connection.
  absl::StatusOr<v1::Enrichment> Place(const std::string& tenant, const Hash128& key,
                                       const v1::Signal& signal);

 private:
  struct Tenant {
    std::shared_ptr<const PlacementEngine> engine;
    /// nullptr: none.
    std::shared_ptr<const Corrections> corrections;
  };

  absl::StatusOr<const Tenant*> Find(const std::string& tenant);

  sql::Connection& connection_;
  const PlacementStores stores_;
  /// By tenant; nothing until the first look.
  using Revisions = absl::flat_hash_map<std::string, int64_t>;
  std::optional<Revisions> catalogue_revisions_;
  Revisions correction_revisions_;
  absl::flat_hash_map<std::string, Tenant> tenants_;
};

}  // namespace waymark::feedback
