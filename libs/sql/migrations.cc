#include "libs/sql/migrations.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "libs/base/status_macros.h"

namespace waymark::sql {
namespace {

// Any number will do that no other program on the server uses: "waymark" in ASCII.
constexpr int64_t kAdvisoryLock = 0x7761796d61726b;

absl::Status CheckNumbering(absl::Span<const Migration> migrations) {
  for (size_t i = 0; i < migrations.size(); ++i) {
    if (migrations[i].version != static_cast<int>(i) + 1) {
      return absl::InternalError(
          absl::StrCat("migration ", i + 1, " has the version ", migrations[i].version));
    }
  }
  return absl::OkStatus();
}

absl::Status Apply(Connection& connection, absl::string_view component,
                   const Migration& migration) {
  const absl::string_view dialect_sql =
      connection.dialect() == Dialect::kSqlite ? migration.sqlite_sql : migration.postgres_sql;
  for (const absl::string_view script : {migration.sql, dialect_sql}) {
    if (script.empty()) continue;
    WM_RETURN_IF_ERROR(Annotate(connection.ExecuteScript(script),
                                absl::StrCat("migration ", migration.version, " of ", component)));
  }
  return connection
      .Execute("INSERT INTO schema_migrations (component, version, applied_at) VALUES ($1, $2, $3)",
               {component, migration.version, absl::FormatTime(absl::Now(), absl::UTCTimeZone())})
      .status();
}

absl::StatusOr<int64_t> VersionOf(Connection& connection, absl::string_view component) {
  WM_ASSIGN_OR_RETURN(
      const Result found,
      connection.Execute("SELECT MAX(version) FROM schema_migrations WHERE component = $1",
                         {component}));
  return found[0].Int(0);
}

absl::Status MigrateLocked(Connection& connection, absl::string_view component,
                           absl::Span<const Migration> migrations) {
  WM_RETURN_IF_ERROR(
      connection.ExecuteScript("CREATE TABLE IF NOT EXISTS schema_migrations (component TEXT NOT "
                               "NULL, version BIGINT NOT NULL, applied_at TEXT NOT NULL, "
                               "PRIMARY KEY (component, version))"));
  WM_ASSIGN_OR_RETURN(const int64_t version, VersionOf(connection, component));
  if (version > static_cast<int64_t>(migrations.size())) {
    return absl::FailedPreconditionError(
        absl::StrCat("the ", component, " database has schema version ", version,
                     ", but this program knows only ", migrations.size(),
                     "; start the newer program that wrote it"));
  }
  for (const Migration& migration : migrations.subspan(version)) {
    WM_RETURN_IF_ERROR(Apply(connection, component, migration));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Migrate(Database& database, absl::string_view component,
                     absl::Span<const Migration> migrations) {
  WM_RETURN_IF_ERROR(CheckNumbering(migrations));
  WM_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                      database.Dedicated(absl::InfiniteDuration()));
  // Each statement must see what the process before has done while this one waited for the lock.
  WM_RETURN_IF_ERROR(connection->Begin(Isolation::kReadCommitted));
  if (connection->dialect() == Dialect::kPostgres) {
    WM_RETURN_IF_ERROR(
        connection->Execute("SELECT pg_advisory_xact_lock($1)", {kAdvisoryLock}).status());
  }
  WM_RETURN_IF_ERROR(MigrateLocked(*connection, component, migrations));
  return connection->Commit();
}

}  // namespace waymark::sql
