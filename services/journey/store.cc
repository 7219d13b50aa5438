#include "services/journey/store.h"

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/status_macros.h"
#include "services/journey/schema.h"

namespace waymark::journey {
namespace {

/// The key of tenants/{tenant}/{collection}/{id}.
struct Key {
  absl::string_view tenant;
  absl::string_view id;
};

Key KeyOf(absl::string_view name) {
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '/');
  return {parts[1], parts[3]};
}

}  // namespace

absl::StatusOr<sql::Result> Session::SelectOne(absl::string_view table, absl::string_view name) {
  const Key key = KeyOf(name);
  return connection_->Execute(
      absl::StrCat("SELECT data FROM ", table, " WHERE tenant = $1 AND id = $2"),
      {key.tenant, key.id});
}

absl::StatusOr<sql::Result> Session::SelectPage(absl::string_view table, absl::string_view tenant,
                                                absl::string_view after, int64_t limit) {
  return connection_->Execute(absl::StrCat("SELECT data FROM ", table,
                                           " WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3"),
                              {tenant, after, limit});
}

absl::Status Session::Upsert(absl::string_view table, absl::string_view name,
                             const std::string& data) {
  const Key key = KeyOf(name);
  return connection_
      ->Execute(absl::StrCat("INSERT INTO ", table, " (tenant, id, data) VALUES ($1, $2, $3) ",
                             "ON CONFLICT (tenant, id) DO UPDATE SET data = excluded.data"),
                {key.tenant, key.id, sql::Value::Bytes(data)})
      .status();
}

absl::Status Session::Delete(absl::string_view table, absl::string_view name) {
  const Key key = KeyOf(name);
  return connection_
      ->Execute(absl::StrCat("DELETE FROM ", table, " WHERE tenant = $1 AND id = $2"),
                {key.tenant, key.id})
      .status();
}

absl::Status Session::DeleteReferences(absl::string_view map_name) {
  const Key key = KeyOf(map_name);
  return connection_
      ->Execute("DELETE FROM journey_map_references WHERE tenant = $1 AND map_id = $2",
                {key.tenant, key.id})
      .status();
}

absl::Status Session::PutRevision(const v1::JourneyMap& map, const std::vector<std::string>& uses) {
  const Key key = KeyOf(map.name());
  WM_RETURN_IF_ERROR(connection_
                         ->Execute("INSERT INTO journey_map_revisions (tenant, id, revision, data) "
                                   "VALUES ($1, $2, $3, $4)",
                                   {key.tenant, key.id, map.revision(),
                                    sql::Value::Bytes(map.SerializeAsString())})
                         .status());
  WM_RETURN_IF_ERROR(DeleteReferences(map.name()));
  for (const std::string& name : uses) {
    WM_RETURN_IF_ERROR(connection_
                           ->Execute("INSERT INTO journey_map_references (tenant, name, map_id) "
                                     "VALUES ($1, $2, $3)",
                                     {key.tenant, name, key.id})
                           .status());
  }
  return absl::OkStatus();
}

template <>
absl::Status Session::Remove<v1::JourneyMap>(absl::string_view name) {
  WM_RETURN_IF_ERROR(Delete(Table<v1::JourneyMap>(), name));
  WM_RETURN_IF_ERROR(Delete("journey_map_revisions", name));
  return DeleteReferences(name);
}

absl::StatusOr<std::optional<v1::JourneyMap>> Session::FindRevision(absl::string_view name,
                                                                    int64_t revision) {
  const Key key = KeyOf(name);
  WM_ASSIGN_OR_RETURN(
      const std::vector<v1::JourneyMap> found,
      Parse<v1::JourneyMap>(connection_->Execute(
          "SELECT data FROM journey_map_revisions WHERE tenant = $1 AND id = $2 AND revision = $3",
          {key.tenant, key.id, revision})));
  return found.empty() ? std::nullopt : std::make_optional(found.front());
}

absl::StatusOr<std::vector<std::string>> Session::MapsThatUse(absl::string_view name,
                                                              int64_t limit) {
  const absl::string_view tenant = KeyOf(name).tenant;
  WM_ASSIGN_OR_RETURN(const sql::Result rows,
                      connection_->Execute("SELECT map_id FROM journey_map_references WHERE "
                                           "tenant = $1 AND name = $2 ORDER BY map_id LIMIT $3",
                                           {tenant, name, limit}));
  std::vector<std::string> names;
  for (const sql::Row row : rows) {
    names.push_back(absl::StrCat("tenants/", tenant, "/journeyMaps/", row.View(0)));
  }
  return names;
}

absl::StatusOr<int64_t> Session::CatalogueRevision(absl::string_view tenant) {
  WM_ASSIGN_OR_RETURN(
      const sql::Result rows,
      connection_->Execute("SELECT revision FROM touchpoint_catalogues WHERE tenant = $1",
                           {tenant}));
  return rows.empty() ? 0 : rows[0].Int(0);
}

absl::Status Session::RaiseCatalogueRevision(absl::string_view tenant, int64_t floor) {
  return connection_
      ->Execute(
          "INSERT INTO touchpoint_catalogues (tenant, revision, acknowledged_revision) "
          "VALUES ($1, $2, 0) ON CONFLICT (tenant) DO UPDATE SET revision = "
          "CASE WHEN touchpoint_catalogues.revision >= excluded.revision "
          "THEN touchpoint_catalogues.revision + 1 ELSE excluded.revision END",
          {tenant, floor})
      .status();
}

absl::Status Session::AcknowledgeCatalogue(absl::string_view tenant, int64_t revision) {
  return connection_
      ->Execute(
          "UPDATE touchpoint_catalogues SET acknowledged_revision = $2 "
          "WHERE tenant = $1 AND acknowledged_revision < $2",
          {tenant, revision})
      .status();
}

absl::StatusOr<std::vector<std::string>> Session::PendingCatalogues() {
  WM_ASSIGN_OR_RETURN(const sql::Result rows,
                      connection_->Execute("SELECT tenant FROM touchpoint_catalogues "
                                           "WHERE acknowledged_revision < revision "
                                           "ORDER BY tenant"));
  std::vector<std::string> tenants;
  for (const sql::Row row : rows) tenants.push_back(row.Text(0));
  return tenants;
}

absl::StatusOr<std::unique_ptr<Store>> Store::Open(absl::string_view url) {
  WM_ASSIGN_OR_RETURN(std::unique_ptr<sql::Database> database, sql::Database::Open(url));
  WM_RETURN_IF_ERROR(sql::Migrate(*database, "journey", Migrations()));
  return absl::WrapUnique(new Store(std::move(database)));
}

absl::Status Store::Read(Function fn) {
  return database_->RunRead([&](sql::Connection& connection) {
    Session session(&connection);
    return fn(session);
  });
}

absl::Status Store::Write(Function fn) {
  return database_->RunTransaction([&](sql::Connection& connection) {
    Session session(&connection);
    return fn(session);
  });
}

}  // namespace waymark::journey
