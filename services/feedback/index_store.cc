#include "services/feedback/index_store.h"

#include <algorithm>
#include <compare>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/log.h"
#include "libs/base/status_macros.h"
#include "services/feedback/index_schema.h"
#include "services/feedback/store.h"

namespace waymark::feedback {
namespace {

using sql::Connection;
using sql::Dialect;
using sql::Row;
using sql::Value;

// Rows go in sorted by their key, which is what keeps the rate up.
using RowPointers = std::vector<const IndexedSignal*>;

// Names are interned in their page, so mostly this compares two pointers.
std::strong_ordering CompareTenants(const IndexedSignal& a, const IndexedSignal& b) {
  if (a.tenant.data() == b.tenant.data()) return std::strong_ordering::equal;
  return a.tenant.compare(b.tenant) <=> 0;
}

template <typename KeyOf>
void SortBy(KeyOf key_of, RowPointers* rows) {
  std::sort(rows->begin(), rows->end(), [&](const IndexedSignal* a, const IndexedSignal* b) {
    const std::strong_ordering tenants = CompareTenants(*a, *b);
    return tenants != 0 ? tenants < 0 : key_of(*a) < key_of(*b);
  });
}

// Inserts rows in parts, so that their values stay in the processor's cache.
class RowWriter {
 public:
  RowWriter(Connection* connection, absl::string_view table, std::vector<absl::string_view> columns)
      : connection_(*connection), table_(table), columns_(std::move(columns)) {
    values_.reserve(kRows * columns_.size());
  }

  template <typename... Cells>
  absl::Status Add(Cells&&... cells) {
    (values_.emplace_back(std::forward<Cells>(cells)), ...);
    return values_.size() < kRows * columns_.size() ? absl::OkStatus() : Flush();
  }

  absl::Status Flush() {
    if (values_.empty()) return absl::OkStatus();
    absl::Status status = connection_.BulkInsert(table_, columns_, values_).status();
    values_.clear();
    return status;
  }

 private:
  static constexpr size_t kRows = 512;

  Connection& connection_;
  const absl::string_view table_;
  const std::vector<absl::string_view> columns_;
  std::vector<Value> values_;
};

absl::Status WriteSignals(Connection& connection, RowPointers rows) {
  SortBy(
      [](const IndexedSignal& row) {
        return std::tuple(BucketOf(row.number), row.event_time, row.sequence, row.number);
      },
      &rows);
  RowWriter writer(&connection, "index_signals",
                   {"tenant", "bucket", "event_time", "sequence", "number", "source", "kind",
                    "customer", "account", "tx", "seq", "entry"});
  for (const IndexedSignal* row : rows) {
    WM_RETURN_IF_ERROR(writer.Add(
        Value::BorrowedText(row->tenant), BucketOf(row->number), row->event_time, row->sequence,
        row->number, Value::BorrowedText(row->source), static_cast<int>(row->kind), row->customer,
        row->account, row->position.tx, row->position.seq, row->position.index));
  }
  return writer.Flush();
}

absl::Status WriteCustomers(Connection& connection, RowPointers rows) {
  std::erase_if(rows, [](const IndexedSignal* row) { return row->customer == 0; });
  SortBy(
      [](const IndexedSignal& row) {
        return std::tuple(BucketOf(row.number), row.customer, row.event_time, row.sequence,
                          row.number);
      },
      &rows);
  RowWriter writer(
      &connection, "index_customers",
      {"tenant", "bucket", "customer", "event_time", "sequence", "number", "tx", "seq", "entry"});
  for (const IndexedSignal* row : rows) {
    WM_RETURN_IF_ERROR(writer.Add(Value::BorrowedText(row->tenant), BucketOf(row->number),
                                  row->customer, row->event_time, row->sequence, row->number,
                                  row->position.tx, row->position.seq, row->position.index));
  }
  return writer.Flush();
}

absl::Status WriteConversations(Connection& connection, RowPointers rows) {
  std::erase_if(rows, [](const IndexedSignal* row) { return row->conversation == 0; });
  SortBy(
      [](const IndexedSignal& row) {
        return std::tuple(BucketOf(row.number), row.conversation, row.number);
      },
      &rows);
  RowWriter writer(&connection, "index_conversations",
                   {"tenant", "bucket", "conversation", "number", "tx", "seq", "entry"});
  for (const IndexedSignal* row : rows) {
    WM_RETURN_IF_ERROR(writer.Add(Value::BorrowedText(row->tenant), BucketOf(row->number),
                                  row->conversation, row->number, row->position.tx,
                                  row->position.seq, row->position.index));
  }
  return writer.Flush();
}

// The text of a tsvector: "red:1 car:2".
std::string WordsWithPlaces(absl::string_view words) {
  std::string text;
  text.reserve(words.size() * 2);
  int place = 0;
  for (const absl::string_view word : absl::StrSplit(words, ' ')) {
    absl::StrAppend(&text, text.empty() ? "" : " ", word, ":", ++place);
  }
  return text;
}

// In order of their numbers, which is that of their key.
absl::Status WriteTexts(Connection& connection, RowPointers rows) {
  std::erase_if(rows, [](const IndexedSignal* row) { return row->words.empty(); });
  const bool postgres = connection.dialect() == Dialect::kPostgres;
  std::vector<absl::string_view> columns = {"tenant",   "bucket", "number", "event_time",
                                            "sequence", "source", "kind",   "customer",
                                            "account",  "tx",     "seq",    "entry"};
  if (postgres) columns.push_back("words");
  RowWriter texts(&connection, "index_texts", std::move(columns));
  for (const IndexedSignal* row : rows) {
    const auto add = [&](auto&&... more) {
      return texts.Add(Value::BorrowedText(row->tenant), BucketOf(row->number), row->number,
                       row->event_time, row->sequence, Value::BorrowedText(row->source),
                       static_cast<int>(row->kind), row->customer, row->account, row->position.tx,
                       row->position.seq, row->position.index, more...);
    };
    if (postgres) {
      WM_RETURN_IF_ERROR(add(WordsWithPlaces(row->words)));
      continue;
    }
    WM_RETURN_IF_ERROR(add());
    // One by one: a statement of several rows would make FTS5 write out what it has in memory.
    const Value words[] = {row->number, Value::BorrowedText(row->words)};
    WM_RETURN_IF_ERROR(
        connection.Execute("INSERT INTO index_words (rowid, words) VALUES ($1, $2)", words)
            .status());
  }
  return texts.Flush();
}

absl::Status WriteSuperseded(Connection& connection, std::vector<Position> superseded) {
  std::sort(superseded.begin(), superseded.end());
  std::vector<Value> values;
  for (const Position& position : superseded) {
    values.insert(values.end(), {Value(position.tx), Value(position.seq), Value(position.index)});
  }
  constexpr absl::string_view kColumns[] = {"tx", "seq", "entry"};
  return connection.BulkInsert("index_superseded", kColumns, values, sql::OnConflict::kDoNothing)
      .status();
}

absl::Status WriteBuckets(Connection& connection, const IndexPage& page) {
  std::map<std::pair<absl::string_view, int64_t>, Bucket> buckets;
  for (const IndexedSignal& row : page.signals()) {
    const int64_t id = BucketOf(row.number);
    Bucket& bucket = buckets
                         .try_emplace({row.tenant, id}, Bucket{.id = id,
                                                               .first_time = row.event_time,
                                                               .last_time = row.event_time})
                         .first->second;
    bucket.first_time = std::min(bucket.first_time, row.event_time);
    bucket.last_time = std::max(bucket.last_time, row.event_time);
  }
  for (const auto& [key, bucket] : buckets) {
    const Value row[] = {Value::BorrowedText(key.first), bucket.id, bucket.first_time,
                         bucket.last_time};
    WM_RETURN_IF_ERROR(
        connection
            .Execute("INSERT INTO index_buckets (tenant, bucket, first_time, last_time) "
                     "VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, bucket) DO UPDATE SET "
                     "first_time = CASE WHEN excluded.first_time < index_buckets.first_time "
                     "THEN excluded.first_time ELSE index_buckets.first_time END, "
                     "last_time = CASE WHEN excluded.last_time > index_buckets.last_time "
                     "THEN excluded.last_time ELSE index_buckets.last_time END",
                     row)
            .status());
  }
  return absl::OkStatus();
}

ShardCursor CursorFrom(const Row& row) {
  return {.position = {static_cast<uint64_t>(row.Int(0)), static_cast<uint64_t>(row.Int(1)),
                       static_cast<uint32_t>(row.Int(2))},
          .next_number = row.Int(3)};
}

constexpr char kSelectCursor[] =
    "SELECT tx, seq, entry, next_number FROM index_shards WHERE shard = $1";

// The words that a search finds, as a condition on index_texts; the search is parameter $9, the
// bucket $2.
static_assert(1 << kBucketBits == 262144);
absl::string_view SearchCondition(Dialect dialect) {
  return dialect == Dialect::kPostgres
             ? " AND CAST(words AS tsvector) @@ CAST($9 AS tsquery)"
             : " AND number IN (SELECT rowid FROM index_words WHERE index_words MATCH $9 "
               "AND rowid BETWEEN $2 * 262144 AND $2 * 262144 + 262143)";
}

#define WM_NOT_SUPERSEDED                                 \
  " AND NOT EXISTS (SELECT 1 FROM index_superseded AS s " \
  "WHERE s.tx = r.tx AND s.seq = r.seq AND s.entry = r.entry)"

// Days are counted from the year 1, so that division cuts the same way before 1970.
constexpr int64_t kDaysBefore1970 = 719'162;
constexpr int64_t kMicrosPerDay = 86'400'000'000;
constexpr char kSelectDays[] =
    "SELECT (event_time + $8) / $7 AS day, COUNT(*), COUNT(*) FILTER (WHERE customer <> $6), "
    "MIN(event_time), MAX(event_time) FROM index_signals AS r WHERE tenant = $1 AND bucket = $2 "
    "AND event_time >= $3 AND event_time <= $4 AND source = $5" WM_NOT_SUPERSEDED " GROUP BY day";

void AddDay(const Row& row, std::map<int64_t, SourceDay>* days) {
  const int64_t number = row.Int(0) - kDaysBefore1970;
  const SourceDay empty = {.day = number, .first_time = row.Int(3), .last_time = row.Int(4)};
  SourceDay& day = days->try_emplace(number, empty).first->second;
  day.signals += row.Int(1);
  day.with_customer += row.Int(2);
  day.first_time = std::min(day.first_time, row.Int(3));
  day.last_time = std::max(day.last_time, row.Int(4));
}

// An index file may outlive its journal, or be ahead of one that comes from a backup. What it holds
// is then worth nothing.
absl::Status EmptyUnlessOf(const HashKey& key, const Position& end, Connection& connection) {
  const int64_t fingerprint = IndexHash(key, "journal");
  WM_ASSIGN_OR_RETURN(const sql::Result known,
                      connection.Execute("SELECT fingerprint FROM index_journal WHERE id = 1"));
  const Value params[] = {end.tx, end.seq, end.index};
  WM_ASSIGN_OR_RETURN(
      const sql::Result ahead,
      connection.Execute("SELECT 1 FROM index_shards WHERE (tx, seq, entry) > ($1, $2, $3)",
                         params));
  if (!known.empty() && known[0].Int(0) == fingerprint && ahead.empty()) return absl::OkStatus();
  if (!known.empty()) {
    LogLine(LogLevel::kWarning, "the index is of another journal, or ahead of it: it is made anew");
  }
  for (const absl::string_view table :
       {"index_journal", "index_shards", "index_buckets", "index_superseded", "index_signals",
        "index_customers", "index_conversations", "index_texts", "source_schemas", "source_kinds",
        "source_questions", "source_activities"}) {
    WM_RETURN_IF_ERROR(connection.Execute(absl::StrCat("DELETE FROM ", table)).status());
  }
  WM_RETURN_IF_ERROR(
      connection.Execute("INSERT INTO index_words (index_words) VALUES ('delete-all')").status());
  const Value row[] = {fingerprint};
  return connection.Execute("INSERT INTO index_journal (id, fingerprint) VALUES (1, $1)", row)
      .status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<IndexStore>> IndexStore::Open(sql::Database* database,
                                                             const Store& journal) {
  WM_RETURN_IF_ERROR(sql::Migrate(*database, kIndexComponent, IndexMigrations()));
  Position end;
  WM_RETURN_IF_ERROR(journal.database().RunRead([&](Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(end, Store::End(connection));
    return absl::OkStatus();
  }));
  WM_RETURN_IF_ERROR(database->RunTransaction([&](Connection& connection) -> absl::Status {
    if (database != &journal.database()) {
      WM_RETURN_IF_ERROR(EmptyUnlessOf(journal.hash_key(), end, connection));
    }
    std::vector<Value> shards;
    for (int64_t shard = 0; shard < Store::ShardCount(database->dialect()); ++shard) {
      shards.insert(shards.end(),
                    {Value(shard), Value(0), Value(0), Value(0), Value(FirstNumber(shard))});
    }
    constexpr absl::string_view kColumns[] = {"shard", "tx", "seq", "entry", "next_number"};
    return connection.BulkInsert("index_shards", kColumns, shards, sql::OnConflict::kDoNothing)
        .status();
  }));
  return std::unique_ptr<IndexStore>(new IndexStore(database));
}

absl::StatusOr<std::optional<ShardCursor>> IndexStore::Claim(Connection& connection,
                                                             int64_t shard) {
  const Value params[] = {shard};
  const absl::string_view lock =
      connection.dialect() == Dialect::kPostgres ? " FOR UPDATE SKIP LOCKED" : "";
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      connection.Execute(absl::StrCat(kSelectCursor, lock), params));
  if (result.empty()) return std::nullopt;
  return CursorFrom(result[0]);
}

absl::Status IndexStore::Write(Connection& connection, int64_t shard, const IndexPage& page) {
  RowPointers rows;
  rows.reserve(page.signals().size());
  for (const IndexedSignal& row : page.signals()) rows.push_back(&row);
  if (!rows.empty()) {
    WM_RETURN_IF_ERROR(WriteSignals(connection, rows));
    WM_RETURN_IF_ERROR(WriteCustomers(connection, rows));
    WM_RETURN_IF_ERROR(WriteConversations(connection, rows));
    WM_RETURN_IF_ERROR(WriteTexts(connection, rows));
    WM_RETURN_IF_ERROR(WriteBuckets(connection, page));
  }
  WM_RETURN_IF_ERROR(WriteSuperseded(connection, page.superseded()));
  const Value params[] = {shard, page.end().tx, page.end().seq, page.end().index,
                          page.next_number()};
  return connection
      .Execute(
          "UPDATE index_shards SET tx = $2, seq = $3, entry = $4, next_number = $5 "
          "WHERE shard = $1",
          params)
      .status();
}

absl::StatusOr<ShardCursor> IndexStore::Cursor(int64_t shard) const {
  const Value params[] = {shard};
  WM_ASSIGN_OR_RETURN(const sql::Result result, database_->Query(kSelectCursor, params));
  if (result.empty()) return absl::DataLossError("the index has lost a shard's cursor");
  return CursorFrom(result[0]);
}

absl::StatusOr<Store::Backlog> IndexStore::ReadBacklogOfAll() const {
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      database_->Query("SELECT SUM(b.entries), MIN(b.record_time) FROM index_shards AS s "
                       "JOIN journal_blocks AS b ON b.shard = s.shard "
                       "AND (b.tx, b.seq) > (s.tx, s.seq)"));
  Store::Backlog backlog;
  if (result[0].IsNull(1)) return backlog;
  return Store::Backlog{result[0].Int(0), absl::FromUnixMicros(result[0].Int(1))};
}

absl::StatusOr<std::vector<Bucket>> IndexStore::Buckets(Connection& connection,
                                                        absl::string_view tenant, int64_t from,
                                                        int64_t to) {
  const Value params[] = {tenant, from, to};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("SELECT bucket, first_time, last_time FROM index_buckets "
                         "WHERE tenant = $1 AND last_time >= $2 AND first_time <= $3 "
                         "ORDER BY bucket",
                         params));
  std::vector<Bucket> buckets;
  for (const Row row : result) buckets.push_back({row.Int(0), row.Int(1), row.Int(2)});
  return buckets;
}

absl::StatusOr<std::vector<IndexRow>> IndexStore::Rows(Connection& connection,
                                                       const RowQuery& query, int64_t bucket,
                                                       const std::optional<RowKey>& after,
                                                       int limit) {
  const absl::string_view order = query.ascending ? "" : " DESC";
  const RowKey start = after.value_or(query.ascending ? RowKey{INT64_MIN, INT64_MIN, INT64_MIN}
                                                      : RowKey{INT64_MAX, INT64_MAX, INT64_MAX});
  std::vector<Value> params = {query.tenant,     bucket,         query.from,   query.to,
                               start.event_time, start.sequence, start.number, limit};
  absl::string_view table = "index_signals";
  std::string condition;
  if (query.search.has_value()) {
    table = "index_texts";
    params.push_back(*query.search);
    condition = absl::StrCat(SearchCondition(connection.dialect()), query.conditions);
  } else if (query.customer.has_value()) {
    table = "index_customers";
    params.push_back(*query.customer);
    condition = " AND customer = $9";
  } else {
    params.push_back(0);  // so that the conditions' parameters are the same ones for every table
    condition = absl::StrCat(" AND CAST($9 AS BIGINT) = 0", query.conditions);
  }
  if (query.search.has_value() || !query.customer.has_value()) {
    params.insert(params.end(), query.condition_params.begin(), query.condition_params.end());
  }
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute(
          absl::StrCat("SELECT event_time, sequence, number, tx, seq, entry FROM ", table,
                       " AS r WHERE tenant = $1 AND bucket = $2 AND event_time >= $3 "
                       "AND event_time <= $4 AND (event_time, sequence, number) ",
                       query.ascending ? ">" : "<", " ($5, $6, $7)", condition, WM_NOT_SUPERSEDED,
                       " ORDER BY event_time", order, ", sequence", order, ", number", order,
                       " LIMIT $8"),
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

absl::StatusOr<std::vector<Position>> IndexStore::Conversation(Connection& connection,
                                                               absl::string_view tenant,
                                                               int64_t conversation, int limit) {
  WM_ASSIGN_OR_RETURN(const std::vector<Bucket> buckets,
                      Buckets(connection, tenant, INT64_MIN, INT64_MAX));
  std::vector<Position> positions;
  for (const Bucket& bucket : buckets) {
    const Value params[] = {tenant, bucket.id, conversation,
                            limit - static_cast<int>(positions.size())};
    WM_ASSIGN_OR_RETURN(
        const sql::Result result,
        connection.Execute(
            absl::StrCat(
                "SELECT tx, seq, entry FROM index_conversations AS r "
                "WHERE tenant = $1 AND bucket = $2 AND conversation = $3" WM_NOT_SUPERSEDED,
                " ORDER BY number LIMIT $4"),
            params));
    for (const Row row : result) {
      positions.push_back({static_cast<uint64_t>(row.Int(0)), static_cast<uint64_t>(row.Int(1)),
                           static_cast<uint32_t>(row.Int(2))});
    }
  }
  return positions;
}

absl::StatusOr<std::vector<SourceDay>> IndexStore::Days(absl::string_view tenant,
                                                        absl::string_view source, int64_t from,
                                                        int64_t to) const {
  std::map<int64_t, SourceDay> days;
  WM_RETURN_IF_ERROR(database_->RunRead([&](Connection& connection) -> absl::Status {
    days.clear();
    WM_ASSIGN_OR_RETURN(const std::vector<Bucket> buckets, Buckets(connection, tenant, from, to));
    for (const Bucket& bucket : buckets) {
      const Value params[] = {tenant, bucket.id, from,          to,
                              source, 0,         kMicrosPerDay, kDaysBefore1970 * kMicrosPerDay};
      WM_ASSIGN_OR_RETURN(const sql::Result result, connection.Execute(kSelectDays, params));
      for (const Row row : result) AddDay(row, &days);
    }
    return absl::OkStatus();
  }));
  std::vector<SourceDay> sorted;
  for (const auto& [number, day] : days) sorted.push_back(day);
  return sorted;
}

}  // namespace waymark::feedback
