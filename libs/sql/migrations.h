#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/sql/database.h"

namespace waymark::sql {

/// One step of a schema: scripts of statements separated by ';'. Once released it never changes.
struct Migration {
  /// 1, 2, 3, ... without gaps.
  int version = 0;
  /// For both databases; runs first.
  absl::string_view sql;
  /// What only one of them understands or needs.
  absl::string_view sqlite_sql = {};
  absl::string_view postgres_sql = {};
};

/// Brings the schema of `component` ("feedback") to the last of `migrations`, all steps in one
/// transaction, recorded in the table `schema_migrations`. Safe when several processes start at
/// once: the others wait and find the work done. FAILED_PRECONDITION: the database was written by a
/// newer version of this program; the message names both versions.
absl::Status Migrate(Database& database, absl::string_view component,
                     absl::Span<const Migration> migrations);

}  // namespace waymark::sql
