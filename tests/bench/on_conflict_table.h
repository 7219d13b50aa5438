#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "libs/sql/database.h"

namespace waymark::bench {

/// What a team would do without us: one table of a PostgreSQL database with a unique key, what is
/// asked for most often as columns and the signal itself as bytes, into which each batch goes by
/// `INSERT ... SELECT FROM unnest($1::text[], ...) ON CONFLICT DO NOTHING`, prepared, with arrays
/// in the binary format, in a transaction of its own. It checks and redacts nothing, has no other
/// index, no feed and no revisions. The rows are those of RequestTemplate. Thread-safe.
class OnConflictTable {
 public:
  /// Makes the table anew, for up to `sessions` callers at once.
  OnConflictTable(const std::string& url, int sessions);

  /// Inserts batches until `deadline`; returns how many rows.
  int64_t Insert(int batch, absl::Time deadline);

 private:
  std::unique_ptr<sql::Database> database_;
};

}  // namespace waymark::bench
