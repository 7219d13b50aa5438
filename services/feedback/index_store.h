#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/sql/database.h"
#include "services/feedback/index_page.h"
#include "services/feedback/position.h"
#include "services/feedback/store.h"

namespace waymark::feedback {

/// How far a shard is indexed.
struct ShardCursor {
  Position position;
  int64_t next_number = 0;
};

/// A stretch of a tenant's rows that a query visits by itself.
struct Bucket {
  int64_t id = 0;
  int64_t first_time = 0;
  int64_t last_time = 0;
};

/// Where a row stands in the order of lists: by event time, then the source's sequence, then the
/// feed.
struct RowKey {
  int64_t event_time = 0;
  int64_t sequence = 0;
  int64_t number = 0;

  friend auto operator<=>(const RowKey&, const RowKey&) = default;
};

/// A signal that a query has found.
struct IndexRow {
  RowKey key;
  Position position;
};

/// What rows a query is about, as far as the index can tell; each condition that is not set holds.
struct RowQuery {
  std::string tenant;
  /// Event times, in microseconds: from..to, both included.
  int64_t from = INT64_MIN;
  int64_t to = INT64_MAX;
  /// IndexHash of the only customer. Rows are then found by customer, and `conditions` not looked
  /// at.
  std::optional<int64_t> customer;
  /// What Search::ToSql says for this database.
  std::optional<std::string> search;
  /// More SQL on the columns source, kind, customer and account, with parameters from $kFirstParam
  /// on; empty: none.
  std::string conditions;
  std::vector<sql::Value> condition_params;
  bool ascending = false;

  static constexpr int kFirstParam = 10;
};

/// How many signals a source has on a day.
struct SourceDay {
  /// Days since 1970-01-01.
  int64_t day = 0;
  int64_t signals = 0;
  int64_t with_customer = 0;
  int64_t first_time = 0;
  int64_t last_time = 0;
};

/// SQL of the index over the journal: what is listed, searched and counted. Statuses are those of
/// sql::Connection. Thread-safe.
class IndexStore {
 public:
  /// Brings the schema up to date; empties an index that was made of another journal, or that is
  /// ahead of this one. `database` must outlive it; on PostgreSQL it is the journal's.
  static absl::StatusOr<std::unique_ptr<IndexStore>> Open(sql::Database* database,
                                                          const Store& journal);

  sql::Database& database() const { return *database_; }

  // Writing, in one transaction.

  /// A shard's cursor, locked until the transaction ends; nothing when another replica has it.
  static absl::StatusOr<std::optional<ShardCursor>> Claim(sql::Connection& connection,
                                                          int64_t shard);
  /// Adds a page of that shard and moves its cursor to the page's end.
  static absl::Status Write(sql::Connection& connection, int64_t shard, const IndexPage& page);

  // Reading.

  absl::StatusOr<ShardCursor> Cursor(int64_t shard) const;
  /// What of the journal no shard has indexed; PostgreSQL only, where both are in one database.
  absl::StatusOr<Store::Backlog> ReadBacklogOfAll() const;
  /// The tenant's buckets with event times in from..to.
  static absl::StatusOr<std::vector<Bucket>> Buckets(sql::Connection& connection,
                                                     absl::string_view tenant, int64_t from,
                                                     int64_t to);
  /// The rows of a bucket that the query matches, beyond `after` when that is given, in the query's
  /// order. Superseded signals are left out.
  static absl::StatusOr<std::vector<IndexRow>> Rows(sql::Connection& connection,
                                                    const RowQuery& query, int64_t bucket,
                                                    const std::optional<RowKey>& after, int limit);
  /// Where the messages of a conversation stand, at most `limit`.
  static absl::StatusOr<std::vector<Position>> Conversation(sql::Connection& connection,
                                                            absl::string_view tenant,
                                                            int64_t conversation, int limit);
  /// A source's signals by day, in order.
  absl::StatusOr<std::vector<SourceDay>> Days(absl::string_view tenant, absl::string_view source,
                                              int64_t from, int64_t to) const;

 private:
  explicit IndexStore(sql::Database* database) : database_(database) {}

  sql::Database* const database_;
};

}  // namespace waymark::feedback
