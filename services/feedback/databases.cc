#include "services/feedback/databases.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/status_macros.h"

namespace waymark::feedback {
namespace {

// The journal is written in large blocks: large pages and a long write-ahead log suit it.
sql::DatabaseOptions JournalOptions() {
  sql::DatabaseOptions options;
  options.page_size = 32 << 10;
  options.wal_autocheckpoint = 512;
  return options;
}

// A bucket of each of its tables should fit into the writer's memory.
sql::DatabaseOptions IndexOptions() {
  sql::DatabaseOptions options;
  options.page_size = 8 << 10;
  options.wal_autocheckpoint = 8192;
  options.cache_bytes_per_connection = 64 << 20;
  return options;
}

std::string IndexUrl(absl::string_view url) {
  const absl::string_view stem = absl::StripSuffix(url, ".db");
  return absl::StrCat(stem, "-index", url.substr(stem.size()));
}

}  // namespace

absl::StatusOr<Databases> OpenDatabases(absl::string_view url) {
  Databases databases;
  WM_ASSIGN_OR_RETURN(databases.journal, sql::Database::Open(url, JournalOptions()));
  if (databases.journal->dialect() == sql::Dialect::kSqlite) {
    WM_ASSIGN_OR_RETURN(databases.index_file, sql::Database::Open(IndexUrl(url), IndexOptions()));
  }
  return databases;
}

}  // namespace waymark::feedback
