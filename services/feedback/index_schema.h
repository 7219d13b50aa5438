#pragma once

#include "absl/types/span.h"
#include "libs/sql/migrations.h"

namespace waymark::feedback {

/// The tables of the index over the journal, to be used with sql::Migrate. On SQLite they are in a
/// file of their own, so that indexing does not hold up the journal.
absl::Span<const sql::Migration> IndexMigrations();

}  // namespace waymark::feedback
