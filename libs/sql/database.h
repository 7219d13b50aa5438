#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/sql/connection.h"

namespace waymark::sql {

struct DatabaseOptions {
  /// Sessions that are kept: PostgreSQL's all, SQLite's readers (one writer comes on top).
  int pool_size = 8;
  /// How long a caller waits for a free session, or for SQLite's write lock.
  absl::Duration acquire_timeout = absl::Seconds(5);
  /// A statement that runs longer fails with DEADLINE_EXCEEDED.
  absl::Duration statement_timeout = absl::Seconds(30);
  absl::Duration connect_timeout = absl::Seconds(5);
  /// How often RunTransaction runs its function before it gives up on conflicts.
  int max_attempts = 10;

  /// SQLite only. The page size counts when the file is created (0: SQLite's own, 4096).
  int page_size = 0;
  /// Pages of write-ahead log after which it is checkpointed.
  int wal_autocheckpoint = 1000;
  int64_t cache_bytes_per_connection = 16 << 20;
};

/// Counters since Open, for metrics.
struct DatabaseStats {
  int64_t connections_open = 0;
  int64_t connections_in_use = 0;
  int64_t transactions = 0;
  int64_t retries = 0;
  int64_t connections_lost = 0;
  int64_t acquire_timeouts = 0;
};

/// A database with a pool of sessions. Thread-safe.
///
/// `sqlite:PATH` is a file (created with mode 0600, its folder with 0700) that belongs to this
/// object alone: a lock on PATH.lock refuses a second one in any process. It runs in WAL mode with
/// synchronous=FULL, foreign keys and secure_delete on.
/// `postgresql://user@host:port/db?passfile=FILE&...` takes libpq's parameters. Passwords are never
/// logged nor part of an error.
class Database {
 public:
  using Function = absl::FunctionRef<absl::Status(Connection&)>;

  /// INVALID_ARGUMENT: not such a URL. FAILED_PRECONDITION with STORE_LOCKED: another process has
  /// the file; the message names it. UNAVAILABLE: it cannot be reached or opened.
  static absl::StatusOr<std::unique_ptr<Database>> Open(absl::string_view url,
                                                        const DatabaseOptions& options = {});
  virtual ~Database() = default;

  /// Runs `fn` in a read-only transaction: all its statements see one snapshot. Runs again when the
  /// connection is lost, so `fn` must start afresh each time.
  virtual absl::Status RunRead(Function fn) = 0;

  /// Runs `fn` in a transaction and commits when it returns OK, else rolls back and returns its
  /// status. Runs again on serialization failure, deadlock, a busy file, and a connection that was
  /// lost before the commit: `fn` must start afresh each time and touch nothing but the database.
  /// ABORTED with STORE_CONFLICT after DatabaseOptions::max_attempts. UNAVAILABLE from the commit
  /// itself leaves the outcome unknown.
  virtual absl::Status RunTransaction(Function fn,
                                      Isolation isolation = Isolation::kSerializable) = 0;

  /// One SELECT, without the cost of a transaction.
  virtual absl::StatusOr<Result> Query(absl::string_view sql,
                                       absl::Span<const Value> params = {}) = 0;

  /// A session outside the pool that the caller owns alone: a journal writer that keeps its
  /// prepared statements and its own rhythm of transactions. On SQLite it shares the write lock
  /// with RunTransaction fairly. It must not outlive the database.
  virtual absl::StatusOr<std::unique_ptr<Connection>> Dedicated() = 0;
  /// The same with another statement timeout; absl::InfiniteDuration() for none.
  virtual absl::StatusOr<std::unique_ptr<Connection>> Dedicated(
      absl::Duration statement_timeout) = 0;

  /// Removes what the database itself still keeps of rows of `tables` (trusted text) that were
  /// deleted or rewritten. SQLite, where secure_delete has overwritten them: empties the
  /// write-ahead log into the file; ABORTED (STORE_CONFLICT): somebody reads all the time.
  /// PostgreSQL: VACUUM, outside a transaction and without a time-out; the bytes of a row are then
  /// free to be overwritten, and the write-ahead log is the server's affair.
  virtual absl::Status Purge(absl::Span<const absl::string_view> tables) = 0;

  /// OK when a statement can run now.
  virtual absl::Status Ping() = 0;

  virtual Dialect dialect() const = 0;
  /// The URL without its password, for logs.
  virtual const std::string& name() const = 0;
  virtual DatabaseStats stats() const = 0;
};

}  // namespace waymark::sql
