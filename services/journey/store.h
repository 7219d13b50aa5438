#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/paging.h"
#include "libs/sql/database.h"
#include "waymark/journey/v1/journey_map.pb.h"
#include "waymark/journey/v1/persona.pb.h"
#include "waymark/journey/v1/touchpoint.pb.h"

namespace waymark::journey {

/// What can be read and written within one transaction of the store. Resources are Touchpoint,
/// Persona and JourneyMap (its latest revision), known by their names, which must be well-formed.
/// Not thread-safe; valid during the transaction alone.
class Session {
 public:
  explicit Session(sql::Connection* connection) : connection_(connection) {}

  template <typename Resource>
  absl::StatusOr<std::optional<Resource>> Find(absl::string_view name) {
    WM_ASSIGN_OR_RETURN(const std::vector<Resource> found,
                        Parse<Resource>(SelectOne(Table<Resource>(), name)));
    return found.empty() ? std::nullopt : std::make_optional(found.front());
  }

  /// Find for a change. ABORTED (ETAG_MISMATCH): `etag` is set and is not that of the resource.
  template <typename Resource>
  absl::StatusOr<std::optional<Resource>> FindForChange(absl::string_view name,
                                                        absl::string_view etag) {
    WM_ASSIGN_OR_RETURN(std::optional<Resource> found, Find<Resource>(name));
    WM_RETURN_IF_ERROR(rpc::CheckEtag(name, etag, found ? found->etag() : ""));
    return found;
  }

  /// At most `limit` resources with ids above `after`, by id (byte by byte).
  template <typename Resource>
  absl::StatusOr<std::vector<Resource>> List(absl::string_view tenant, absl::string_view after,
                                             int64_t limit) {
    return Parse<Resource>(SelectPage(Table<Resource>(), tenant, after, limit));
  }

  /// Sets the resource's etag, then inserts or replaces it.
  template <typename Resource>
  absl::Status Put(Resource& resource) {
    resource.set_etag(rpc::MakeEtag(resource));
    return Upsert(Table<Resource>(), resource.name(), resource.SerializeAsString());
  }

  /// Keeps `map` under its revision, and notes that it uses the resources named `uses`, each once,
  /// and no others.
  absl::Status PutRevision(const v1::JourneyMap& map, const std::vector<std::string>& uses);

  /// Removes the resource; a journey map with all its revisions.
  template <typename Resource>
  absl::Status Remove(absl::string_view name) {
    return Delete(Table<Resource>(), name);
  }

  absl::StatusOr<std::optional<v1::JourneyMap>> FindRevision(absl::string_view name,
                                                             int64_t revision);

  /// Names of at most `limit` journey maps whose latest revision uses the resource named `name`.
  absl::StatusOr<std::vector<std::string>> MapsThatUse(absl::string_view name, int64_t limit);

  /// Revision of the tenant's touchpoint catalogue; 0 while there is none.
  absl::StatusOr<int64_t> CatalogueRevision(absl::string_view tenant);
  /// Raises it by one at least, and to `floor` at least. Until it is acknowledged it is pending.
  absl::Status RaiseCatalogueRevision(absl::string_view tenant, int64_t floor);
  /// Notes that feedback has the catalogue of that revision.
  absl::Status AcknowledgeCatalogue(absl::string_view tenant, int64_t revision);
  /// Tenants whose catalogue is not acknowledged in its latest revision.
  absl::StatusOr<std::vector<std::string>> PendingCatalogues();

 private:
  template <typename Resource>
  static absl::string_view Table();

  /// Every row's first column as a resource.
  template <typename Resource>
  static absl::StatusOr<std::vector<Resource>> Parse(absl::StatusOr<sql::Result> rows);

  absl::StatusOr<sql::Result> SelectOne(absl::string_view table, absl::string_view name);
  absl::StatusOr<sql::Result> SelectPage(absl::string_view table, absl::string_view tenant,
                                         absl::string_view after, int64_t limit);
  absl::Status Upsert(absl::string_view table, absl::string_view name, const std::string& data);
  absl::Status Delete(absl::string_view table, absl::string_view name);
  absl::Status DeleteReferences(absl::string_view map_name);

  sql::Connection* const connection_;
};

/// The journey service's database: all of its SQL. Thread-safe.
class Store {
 public:
  using Function = absl::FunctionRef<absl::Status(Session&)>;

  /// Opens the database at `url` and brings its schema up to date. As sql::Database::Open and
  /// sql::Migrate.
  static absl::StatusOr<std::unique_ptr<Store>> Open(absl::string_view url);

  /// Runs `fn` on one snapshot, or in one serializable transaction that commits when it returns OK.
  /// `fn` may run several times; as sql::Database::RunRead and RunTransaction.
  absl::Status Read(Function fn);
  absl::Status Write(Function fn);

  absl::Status Ping() { return database_->Ping(); }

 private:
  explicit Store(std::unique_ptr<sql::Database> database) : database_(std::move(database)) {}

  const std::unique_ptr<sql::Database> database_;
};

template <>
inline absl::string_view Session::Table<v1::Touchpoint>() {
  return "touchpoints";
}
template <>
inline absl::string_view Session::Table<v1::Persona>() {
  return "personas";
}
template <>
inline absl::string_view Session::Table<v1::JourneyMap>() {
  return "journey_maps";
}

template <>
absl::Status Session::Remove<v1::JourneyMap>(absl::string_view name);

template <typename Resource>
absl::StatusOr<std::vector<Resource>> Session::Parse(absl::StatusOr<sql::Result> rows) {
  if (!rows.ok()) return rows.status();
  std::vector<Resource> resources(rows->size());
  for (size_t i = 0; i < rows->size(); ++i) {
    const absl::string_view data = (*rows)[i].View(0);
    if (!resources[i].ParseFromArray(data.data(), static_cast<int>(data.size()))) {
      return absl::DataLossError("a stored resource cannot be read");
    }
  }
  return resources;
}

}  // namespace waymark::journey
