#pragma once

#include "absl/types/span.h"
#include "libs/sql/migrations.h"

namespace waymark::feedback {

/// The component under which IndexMigrations are recorded, see sql::Migrate.
inline constexpr char kIndexComponent[] = "feedback-index";

/// The steps of the schema of what is derived from the journal. On SQLite it is a file of its own,
/// so that what is indexed does not wait for what is taken in; on PostgreSQL the same database.
/// Times are microseconds since 1970.
absl::Span<const sql::Migration> IndexMigrations();

}  // namespace waymark::feedback
