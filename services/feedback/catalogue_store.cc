#include "services/feedback/catalogue_store.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"

namespace waymark::feedback {
namespace {

using sql::Connection;
using sql::Row;
using sql::Value;

absl::StatusOr<v1::TouchpointCatalogue> Parse(absl::string_view bytes) {
  v1::TouchpointCatalogue catalogue;
  if (!catalogue.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a touchpoint catalogue cannot be read");
  }
  return catalogue;
}

// The empty catalogue stands for what consumers saw before there was any.
constexpr char kInsertFirst[] =
    "INSERT INTO touchpoint_catalogues (tenant, revision, catalogue, scanned, scan_end) "
    "SELECT $1, 0, $2, '', '' WHERE NOT EXISTS "
    "(SELECT 1 FROM touchpoint_catalogues WHERE tenant = $1) ON CONFLICT DO NOTHING";
constexpr char kInsertNewer[] =
    "INSERT INTO touchpoint_catalogues (tenant, revision, catalogue, scanned, scan_end) "
    "SELECT $1, $2, $3, '', '' WHERE NOT EXISTS "
    "(SELECT 1 FROM touchpoint_catalogues WHERE tenant = $1 AND revision >= $2) "
    "ON CONFLICT DO NOTHING";

}  // namespace

absl::StatusOr<v1::TouchpointCatalogue> CatalogueStore::Update(
    const v1::TouchpointCatalogue& catalogue, absl::string_view tenant) const {
  const v1::TouchpointCatalogue empty;
  v1::TouchpointCatalogue newest;
  WM_RETURN_IF_ERROR(database_->RunTransaction(
      [&](Connection& connection) -> absl::Status {
        const Value first[] = {tenant, Value::Bytes(empty.SerializeAsString())};
        WM_RETURN_IF_ERROR(connection.Execute(kInsertFirst, first).status());
        const Value newer[] = {tenant, catalogue.revision(),
                               Value::Bytes(catalogue.SerializeAsString())};
        WM_RETURN_IF_ERROR(connection.Execute(kInsertNewer, newer).status());
        WM_ASSIGN_OR_RETURN(const Scan scan, ReadScan(connection, tenant));
        WM_ASSIGN_OR_RETURN(newest, Read(connection, tenant, scan.revision));
        return absl::OkStatus();
      },
      sql::Isolation::kReadCommitted));
  return newest;
}

absl::StatusOr<absl::flat_hash_map<std::string, int64_t>> CatalogueStore::NewestRevisions(
    Connection& connection) {
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute(
          "SELECT tenant, MAX(revision) FROM touchpoint_catalogues GROUP BY tenant"));
  absl::flat_hash_map<std::string, int64_t> revisions;
  for (const Row row : result) revisions[row.Text(0)] = row.Int(1);
  return revisions;
}

absl::StatusOr<v1::TouchpointCatalogue> CatalogueStore::Read(Connection& connection,
                                                             absl::string_view tenant,
                                                             int64_t revision) {
  const Value params[] = {tenant, revision};
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      connection.Execute("SELECT catalogue FROM touchpoint_catalogues "
                                         "WHERE tenant = $1 AND revision = $2",
                                         params));
  if (result.empty()) {
    return absl::InternalError(absl::StrCat("no touchpoint catalogue ", revision, " of ", tenant));
  }
  return Parse(result[0].View(0));
}

absl::StatusOr<std::shared_ptr<const PlacementEngine>> CatalogueStore::Engine(
    Connection& connection, const std::string& tenant, int64_t revision) {
  {
    absl::MutexLock lock(&mutex_);
    const auto it = engines_.find(tenant);
    if (it != engines_.end() && it->second->revision() == revision) return it->second;
  }
  v1::TouchpointCatalogue catalogue;
  if (revision > 0) {
    WM_ASSIGN_OR_RETURN(catalogue, Read(connection, tenant, revision));
  }
  auto engine = std::make_shared<const PlacementEngine>(catalogue);
  absl::MutexLock lock(&mutex_);
  engines_[tenant] = engine;
  return engine;
}

absl::StatusOr<std::vector<std::string>> CatalogueStore::TenantsToScan() const {
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      database_->Query("SELECT tenant FROM touchpoint_catalogues "
                                       "GROUP BY tenant HAVING COUNT(*) > 1 ORDER BY tenant"));
  std::vector<std::string> tenants;
  for (const Row row : result) tenants.push_back(row.Text(0));
  return tenants;
}

absl::StatusOr<Scan> CatalogueStore::ReadScan(Connection& connection, absl::string_view tenant) {
  const Value params[] = {tenant};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("SELECT revision, scanned, scan_end FROM touchpoint_catalogues "
                         "WHERE tenant = $1 ORDER BY revision DESC",
                         params));
  Scan scan;
  for (size_t i = 1; i < result.size(); ++i) scan.older_revisions.push_back(result[i].Int(0));
  if (result.empty()) return scan;
  scan.revision = result[0].Int(0);
  WM_ASSIGN_OR_RETURN(scan.scanned, ParsePosition(result[0].View(1)));
  WM_ASSIGN_OR_RETURN(scan.end, ParsePosition(result[0].View(2)));
  return scan;
}

absl::Status CatalogueStore::SetScanEnd(absl::string_view tenant, int64_t revision,
                                        const Position& end) const {
  return database_->RunTransaction([&](Connection& connection) {
    const Value params[] = {tenant, revision, ToString(end)};
    return connection
        .Execute(
            "UPDATE touchpoint_catalogues SET scan_end = $3 "
            "WHERE tenant = $1 AND revision = $2 AND scan_end = ''",
            params)
        .status();
  });
}

absl::StatusOr<bool> CatalogueStore::MoveScan(Connection& connection, absl::string_view tenant,
                                              int64_t revision, const Position& from,
                                              const Position& to) {
  const bool at_start = from == Position();
  const Value params[] = {tenant, revision, at_start ? std::string() : ToString(from),
                          ToString(to)};
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      connection.Execute("UPDATE touchpoint_catalogues SET scanned = $4 "
                                         "WHERE tenant = $1 AND revision = $2 AND scanned = $3",
                                         params));
  return result.rows_affected() == 1;
}

absl::Status CatalogueStore::EndScan(absl::string_view tenant, int64_t revision) const {
  return database_->RunTransaction([&](Connection& connection) {
    const Value params[] = {tenant, revision};
    return connection
        .Execute("DELETE FROM touchpoint_catalogues WHERE tenant = $1 AND revision < $2", params)
        .status();
  });
}

}  // namespace waymark::feedback
