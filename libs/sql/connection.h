#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/sql/value.h"

namespace waymark::sql {

enum class Dialect { kSqlite, kPostgres };

/// How a transaction sees the others.
enum class Isolation {
  /// As if transactions ran one after another. SQLite always does.
  kSerializable,
  /// Every statement sees what was committed before it began. On PostgreSQL cheaper, and the caller
  /// answers for what it reads twice.
  kReadCommitted,
  /// Reads one snapshot; a write fails. What Database::RunRead uses.
  kReadOnly,
};

enum class OnConflict { kFail, kDoNothing };

/// One session with a database. Not thread-safe: one thread at a time.
///
/// Both databases take the same text: parameters `$1`, `$2`, ... (a value may be used twice); types
/// BIGINT, DOUBLE PRECISION, TEXT, BYTEA; `CAST(x AS type)`, never `x::type`; ON CONFLICT,
/// RETURNING, row-value comparison, window functions, FILTER. `INSERT ... SELECT ... ON CONFLICT`
/// needs a WHERE. Where a parameter may be NULL and nothing else tells its type, cast it. SUM of
/// integers reads as an integer; cast an AVG to DOUBLE PRECISION. Statements are prepared once and
/// kept.
///
/// Errors, each with a reason (libs/base/error.h):
///   ALREADY_EXISTS      a unique key is taken
///   FAILED_PRECONDITION another constraint is broken; or the transaction has failed before
///   INVALID_ARGUMENT    a value is wrong or out of range
///   INTERNAL            the statement is wrong; the message quotes it
///   ABORTED             STORE_CONFLICT: another transaction was in the way; run it again
///   DEADLINE_EXCEEDED   STORE_TIMEOUT: the statement took longer than the statement timeout
///   RESOURCE_EXHAUSTED  STORE_FULL: no space left
///   UNAVAILABLE         STORE_UNAVAILABLE: connection lost, file unreadable, database read-only;
///                       the session reconnects by itself on the next use outside a transaction
///   DATA_LOSS           the file is damaged
class Connection {
 public:
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  virtual Dialect dialect() const = 0;

  /// Runs one statement; outside a transaction it commits by itself.
  absl::StatusOr<Result> Execute(absl::string_view sql, absl::Span<const Value> params = {});

  /// Runs statements separated by ';', without parameters, for schemas.
  absl::Status ExecuteScript(absl::string_view sql);

  /// Inserts rows the fastest way the database knows, all or none; returns how many went in.
  /// `values` holds row after row, columns.size() values each; within a column all that are not
  /// NULL have one type. `table` and `columns` are trusted text.
  absl::StatusOr<int64_t> BulkInsert(absl::string_view table,
                                     absl::Span<const absl::string_view> columns,
                                     absl::Span<const Value> values,
                                     OnConflict on_conflict = OnConflict::kFail);

  /// Transactions do not nest. After a statement of a transaction has failed, every further one
  /// fails until Rollback, on both databases. Commit of a failed transaction rolls back and returns
  /// that first error. When Commit returns UNAVAILABLE the outcome is unknown.
  absl::Status Begin(Isolation isolation = Isolation::kSerializable);
  absl::Status Commit();
  /// Does nothing outside a transaction, so that it may always be called.
  void Rollback();

  bool in_transaction() const { return in_transaction_; }
  /// The first error of the current transaction; OK when there is none.
  const absl::Status& failure() const { return failure_; }

 protected:
  Connection() = default;

 private:
  virtual absl::StatusOr<Result> DoExecute(absl::string_view sql,
                                           absl::Span<const Value> params) = 0;
  virtual absl::Status DoExecuteScript(absl::string_view sql) = 0;
  virtual absl::StatusOr<int64_t> DoBulkInsert(absl::string_view table,
                                               absl::Span<const absl::string_view> columns,
                                               absl::Span<const Value> values,
                                               OnConflict on_conflict) = 0;
  virtual absl::Status DoBegin(Isolation isolation) = 0;
  virtual absl::Status DoCommit() = 0;
  virtual void DoRollback() = 0;

  /// OK, or why no statement may run now.
  absl::Status CheckUsable() const;
  /// Remembers the first error of a transaction and hands `status` on.
  absl::Status Note(absl::Status status);

  bool in_transaction_ = false;
  absl::Status failure_;
};

}  // namespace waymark::sql
