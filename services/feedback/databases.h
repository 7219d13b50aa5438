#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/sql/database.h"

namespace waymark::feedback {

/// Where the service keeps what it owns.
struct Databases {
  std::unique_ptr<sql::Database> journal;
  /// On SQLite a file of its own beside the journal's, so that indexing does not hold up the
  /// journal; on PostgreSQL nothing.
  std::unique_ptr<sql::Database> index_file;

  sql::Database* index() const { return index_file != nullptr ? index_file.get() : journal.get(); }
};

/// Opens `url`; for "sqlite:DIR/feedback.db" the index is DIR/feedback-index.db. Statuses are those
/// of sql::Database::Open.
absl::StatusOr<Databases> OpenDatabases(absl::string_view url);

}  // namespace waymark::feedback
