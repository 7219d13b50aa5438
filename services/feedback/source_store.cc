#include "services/feedback/source_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/paging.h"

namespace waymark::feedback {
namespace {

using sql::Connection;
using sql::Row;
using sql::Value;

// A source is known by its counters, of which it has some rows, or by its settings.
constexpr char kSelect[] =
    "SELECT known.source, known.create_time, known.last_seen_time, known.recorded, known.updated, "
    "known.duplicate, known.stale, known.conflict, known.quarantined, known.erased, "
    "said.settings, said.schema_accept_time, said.retire_time "
    "FROM (SELECT source, MIN(create_time) AS create_time, MAX(last_seen_time) AS last_seen_time, "
    "SUM(recorded) AS recorded, SUM(updated) AS updated, SUM(duplicate) AS duplicate, "
    "SUM(stale) AS stale, SUM(conflict) AS conflict, SUM(quarantined) AS quarantined, "
    "SUM(erased) AS erased "
    "FROM (SELECT source, create_time, last_seen_time, recorded, updated, duplicate, stale, "
    "conflict, quarantined, erased FROM sources WHERE tenant = $1 AND ";
constexpr char kSelectSettings[] =
    " UNION ALL SELECT source, create_time, 0, 0, 0, 0, 0, 0, 0, 0 FROM source_settings "
    "WHERE tenant = $1 AND ";
constexpr char kSelectEnd[] =
    ") AS each_one GROUP BY source ORDER BY source LIMIT $3) AS known "
    "LEFT JOIN source_settings AS said ON said.tenant = $1 AND said.source = known.source "
    "ORDER BY known.source";

std::string SelectWhere(absl::string_view condition) {
  return absl::StrCat(kSelect, condition, kSelectSettings, condition, kSelectEnd);
}

std::optional<absl::Time> TimeFrom(const Row& row, size_t column) {
  if (row.IsNull(column)) return std::nullopt;
  return absl::FromUnixMicros(row.Int(column));
}

Value ToValue(const std::optional<absl::Time>& time) {
  return time ? Value(absl::ToUnixMicros(*time)) : Value();
}

absl::StatusOr<SourceRecord> RecordFrom(absl::string_view tenant, const Row& row) {
  SourceRecord record;
  record.settings = SourceStore::StandardSettings(tenant, row.View(0));
  record.create_time = absl::FromUnixMicros(row.Int(1));
  if (row.Int(2) > 0) record.last_seen_time = absl::FromUnixMicros(row.Int(2));
  record.counts.set_recorded(row.Int(3));
  record.counts.set_updated(row.Int(4));
  record.counts.set_duplicate(row.Int(5));
  record.counts.set_stale(row.Int(6));
  record.counts.set_conflict(row.Int(7));
  record.counts.set_quarantined(row.Int(8));
  record.counts.set_erased(row.Int(9));
  if (row.IsNull(10)) return record;
  const absl::string_view settings = row.View(10);
  if (!record.settings.declared.ParseFromArray(settings.data(),
                                               static_cast<int>(settings.size()))) {
    return absl::DataLossError("the settings of a source cannot be read");
  }
  record.settings.accept_time = TimeFrom(row, 11);
  record.settings.retire_time = TimeFrom(row, 12);
  return record;
}

absl::StatusOr<std::optional<SourceRecord>> RecordFrom(absl::string_view tenant,
                                                       const sql::Result& result) {
  if (result.empty()) return std::nullopt;
  WM_ASSIGN_OR_RETURN(SourceRecord record, RecordFrom(tenant, result[0]));
  return std::make_optional(std::move(record));
}

absl::Status Write(Connection& connection, absl::string_view tenant, absl::string_view source,
                   const SourceRecord& record) {
  const Value row[] = {tenant,
                       source,
                       absl::ToUnixMicros(record.create_time),
                       Value::Bytes(record.settings.declared.SerializeAsString()),
                       ToValue(record.settings.accept_time),
                       ToValue(record.settings.retire_time)};
  return connection
      .Execute(
          "INSERT INTO source_settings (tenant, source, create_time, settings, "
          "schema_accept_time, retire_time) VALUES ($1, $2, $3, $4, "
          "CAST($5 AS BIGINT), CAST($6 AS BIGINT)) "
          "ON CONFLICT (tenant, source) DO UPDATE SET settings = excluded.settings, "
          "schema_accept_time = excluded.schema_accept_time, "
          "retire_time = excluded.retire_time",
          row)
      .status();
}

}  // namespace

SourceSettings SourceStore::StandardSettings(absl::string_view tenant, absl::string_view source) {
  SourceSettings settings;
  settings.declared.set_name(absl::StrCat("tenants/", tenant, "/sources/", source));
  settings.declared.set_status(v1::Source::STATUS_ACTIVE);
  settings.declared.set_etag(rpc::MakeEtag(settings.declared));
  return settings;
}

absl::StatusOr<std::vector<SourceRecord>> SourceStore::List(absl::string_view tenant,
                                                            absl::string_view after,
                                                            int limit) const {
  const Value params[] = {tenant, after, limit};
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      database_->Query(SelectWhere("source > $2"), params));
  std::vector<SourceRecord> records;
  for (const Row row : result) {
    WM_ASSIGN_OR_RETURN(SourceRecord record, RecordFrom(tenant, row));
    records.push_back(std::move(record));
  }
  return records;
}

absl::StatusOr<std::optional<SourceRecord>> SourceStore::Find(absl::string_view tenant,
                                                              absl::string_view source) const {
  const Value params[] = {tenant, source, 1};
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      database_->Query(SelectWhere("source = $2"), params));
  return RecordFrom(tenant, result);
}

absl::StatusOr<SourceRecord> SourceStore::Change(absl::string_view tenant, absl::string_view source,
                                                 absl::Time now, ChangeFunction change) const {
  SourceRecord changed;
  WM_RETURN_IF_ERROR(database_->RunTransaction([&](Connection& connection) -> absl::Status {
    const Value params[] = {tenant, source, 1};
    WM_ASSIGN_OR_RETURN(const sql::Result result,
                        connection.Execute(SelectWhere("source = $2"), params));
    WM_ASSIGN_OR_RETURN(const std::optional<SourceRecord> found, RecordFrom(tenant, result));
    WM_ASSIGN_OR_RETURN(SourceSettings settings, change(found));
    settings.declared.set_etag(rpc::MakeEtag(settings.declared));
    changed = found.value_or(SourceRecord{.create_time = now});
    changed.settings = std::move(settings);
    return Write(connection, tenant, source, changed);
  }));
  return changed;
}

}  // namespace waymark::feedback
