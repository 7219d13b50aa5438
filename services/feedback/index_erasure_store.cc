#include "services/feedback/index_erasure_store.h"

#include "libs/base/status_macros.h"

namespace waymark::feedback {
namespace {

using sql::Connection;
using sql::Row;
using sql::Value;

// Pages of FTS5's, of about 4 KB: what a step of merging writes.
constexpr int kPagesPerStep = 500;

absl::StatusOr<int64_t> TotalChanges(Connection& connection) {
  WM_ASSIGN_OR_RETURN(const sql::Result result, connection.Execute("SELECT total_changes()"));
  return result[0].Int(0);
}

absl::Status RemoveText(Connection& connection, const IndexedSignal& signal) {
  const Value key[] = {Value::BorrowedText(signal.tenant), BucketOf(signal.number), signal.number};
  WM_ASSIGN_OR_RETURN(const sql::Result removed,
                      connection.Execute("DELETE FROM index_texts "
                                         "WHERE tenant = $1 AND bucket = $2 AND number = $3",
                                         key));
  // FTS5 must be told the words that it indexed, and once only.
  if (removed.rows_affected() == 0 || connection.dialect() != sql::Dialect::kSqlite) {
    return absl::OkStatus();
  }
  const Value words[] = {signal.number, Value::BorrowedText(signal.words)};
  return connection
      .Execute("INSERT INTO index_words (index_words, rowid, words) VALUES ('delete', $1, $2)",
               words)
      .status();
}

absl::Status RemoveSignal(Connection& connection, const IndexedSignal& signal) {
  const Value tenant = Value::BorrowedText(signal.tenant);
  const Value bucket = BucketOf(signal.number);
  const Value row[] = {tenant, bucket, signal.event_time, signal.sequence, signal.number};
  WM_RETURN_IF_ERROR(connection
                         .Execute("DELETE FROM index_signals WHERE tenant = $1 AND bucket = $2 "
                                  "AND event_time = $3 AND sequence = $4 AND number = $5",
                                  row)
                         .status());
  const Value of_customer[] = {tenant,          bucket,        signal.event_time,
                               signal.sequence, signal.number, signal.customer};
  WM_RETURN_IF_ERROR(
      connection
          .Execute("DELETE FROM index_customers WHERE tenant = $1 AND bucket = $2 "
                   "AND customer = $6 AND event_time = $3 AND sequence = $4 AND number = $5",
                   of_customer)
          .status());
  if (signal.conversation != 0) {
    const Value of_conversation[] = {tenant, bucket, signal.conversation, signal.number};
    WM_RETURN_IF_ERROR(
        connection
            .Execute("DELETE FROM index_conversations WHERE tenant = $1 AND bucket = $2 "
                     "AND conversation = $3 AND number = $4",
                     of_conversation)
            .status());
  }
  return signal.words.empty() ? absl::OkStatus() : RemoveText(connection, signal);
}

}  // namespace

absl::StatusOr<std::vector<IndexRow>> RowsOfCustomer(Connection& connection,
                                                     absl::string_view tenant, int64_t customer,
                                                     int limit) {
  const Value params[] = {tenant, customer, limit};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute(
          "SELECT r.event_time, r.sequence, r.number, r.tx, r.seq, r.entry FROM index_buckets AS b "
          "JOIN index_customers AS r ON r.tenant = b.tenant AND r.bucket = b.bucket "
          "WHERE b.tenant = $1 AND r.customer = $2 LIMIT $3",
          params));
  std::vector<IndexRow> rows;
  for (const Row row : result) {
    rows.push_back(
        {.key = {row.Int(0), row.Int(1), row.Int(2)},
         .position = {static_cast<uint64_t>(row.Int(3)), static_cast<uint64_t>(row.Int(4)),
                      static_cast<uint32_t>(row.Int(5))}});
  }
  return rows;
}

absl::Status RemoveFromIndex(Connection& connection, absl::Span<const IndexedSignal> signals) {
  for (const IndexedSignal& signal : signals) {
    WM_RETURN_IF_ERROR(RemoveSignal(connection, signal));
  }
  return absl::OkStatus();
}

// A negative number of pages begins a merge of everything that there is, positive ones go on with
// it; a step that changes nothing but the command's own row was not needed.
absl::StatusOr<bool> MergeWords(sql::Database& index, absl::FunctionRef<bool()> stop) {
  if (index.dialect() != sql::Dialect::kSqlite) return true;
  bool more = true;
  for (int pages = -kPagesPerStep; more; pages = kPagesPerStep) {
    if (stop()) return false;
    WM_RETURN_IF_ERROR(index.RunTransaction([&](Connection& connection) -> absl::Status {
      WM_ASSIGN_OR_RETURN(const int64_t before, TotalChanges(connection));
      const Value params[] = {pages};
      WM_RETURN_IF_ERROR(
          connection
              .Execute("INSERT INTO index_words (index_words, rank) VALUES ('merge', $1)", params)
              .status());
      WM_ASSIGN_OR_RETURN(const int64_t after, TotalChanges(connection));
      more = after - before >= 2;
      return absl::OkStatus();
    }));
  }
  return true;
}

}  // namespace waymark::feedback
