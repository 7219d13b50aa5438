#include "services/feedback/store.h"

#include <xxhash.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "services/feedback/errors.h"
#include "services/feedback/schema.h"

namespace waymark::feedback {
namespace {

using sql::Connection;
using sql::Dialect;
using sql::Row;
using sql::Value;

constexpr int64_t kCounterSlots = 64;
// Replicas share the work of indexing by these; SQLite has one process.
constexpr int64_t kIndexShards = 16;
constexpr int kKeyBlocksPerQuery = 64;
constexpr int kBlocksPerQuery = 1024;
// Milliseconds; between two statements of the writer's there is little to do.
constexpr absl::string_view kTurnTimeout = "5000";

absl::StatusOr<HashKey> ReadOrMakeHashKey(sql::Database& database) {
  HashKey key;
  WM_RETURN_IF_ERROR(database.RunTransaction([&](Connection& connection) {
    const Value row[] = {1, static_cast<int64_t>(RandomBits()), static_cast<int64_t>(RandomBits())};
    WM_RETURN_IF_ERROR(
        connection
            .Execute(
                "INSERT INTO hash_keys (id, k0, k1) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                row)
            .status());
    WM_ASSIGN_OR_RETURN(const sql::Result result,
                        connection.Execute("SELECT k0, k1 FROM hash_keys WHERE id = 1"));
    if (result.empty()) return absl::DataLossError("the store has lost its hash key");
    key = {static_cast<uint64_t>(result[0].Int(0)), static_cast<uint64_t>(result[0].Int(1))};
    return absl::OkStatus();
  }));
  return key;
}

BlockId BlockIdFrom(const Row& row) {
  return {static_cast<uint64_t>(row.Int(0)), static_cast<uint64_t>(row.Int(1))};
}

constexpr char kSelectBlocks[] =
    "SELECT tx, seq, tenant, record_time, last_index, keys, payload FROM journal_blocks ";

Block BlockFrom(const Row& row) {
  return {.tx = static_cast<uint64_t>(row.Int(0)),
          .seq = static_cast<uint64_t>(row.Int(1)),
          .tenant = row.Text(2),
          .record_time = absl::FromUnixMicros(row.Int(3)),
          .last_index = static_cast<uint32_t>(row.Int(4)),
          .keys = row.Bytes(5),
          .payload = row.Bytes(6)};
}

// The next blocks that `condition` (on $5, unless it is empty) holds for: sizes first, then no more
// payloads than are wanted.
absl::StatusOr<std::vector<Block>> ReadNext(Connection& connection, absl::string_view condition,
                                            const Value& value, const Position& after,
                                            int64_t max_bytes) {
  std::vector<Value> params = {after.tx, after.seq, after.index, kBlocksPerQuery};
  if (!condition.empty()) params.push_back(value);
  WM_ASSIGN_OR_RETURN(
      const sql::Result sizes,
      connection.Execute(
          absl::StrCat("SELECT tx, seq, bytes FROM journal_blocks WHERE (tx, seq) >= ($1, $2)",
                       condition,
                       " AND NOT (tx = $1 AND seq = $2 AND last_index <= $3) "
                       "ORDER BY tx, seq LIMIT $4"),
          params));
  if (sizes.empty()) return std::vector<Block>();
  size_t last = 0;
  int64_t bytes = sizes[0].Int(2);
  while (last + 1 < sizes.size() && (bytes += sizes[last + 1].Int(2)) <= max_bytes) ++last;
  params = {sizes[0].Int(0), sizes[0].Int(1), sizes[last].Int(0), sizes[last].Int(1)};
  if (!condition.empty()) params.push_back(value);
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute(
          absl::StrCat(kSelectBlocks, "WHERE (tx, seq) >= ($1, $2) AND (tx, seq) <= ($3, $4)",
                       condition, " ORDER BY tx, seq"),
          params));
  std::vector<Block> blocks;
  for (const Row row : result) blocks.push_back(BlockFrom(row));
  return blocks;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(sql::Database* database) {
  WM_RETURN_IF_ERROR(sql::Migrate(*database, "feedback", Migrations()));
  WM_ASSIGN_OR_RETURN(const HashKey key, ReadOrMakeHashKey(*database));
  const int64_t slot = database->dialect() == Dialect::kPostgres ? RandomBits() % kCounterSlots : 0;
  return std::unique_ptr<Store>(new Store(database, key, slot));
}

int64_t Store::ShardCount(Dialect dialect) {
  return dialect == Dialect::kPostgres ? kIndexShards : 1;
}

int64_t Store::ShardOf(Dialect dialect, absl::string_view tenant) {
  return static_cast<int64_t>(XXH3_64bits(tenant.data(), tenant.size()) % ShardCount(dialect));
}

absl::StatusOr<BlockId> Store::LastBlock(Connection& connection) {
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      connection.Execute("SELECT tx, seq FROM journal_blocks "
                                         "ORDER BY tx DESC, seq DESC LIMIT 1"));
  return result.empty() ? BlockId() : BlockIdFrom(result[0]);
}

// Who holds the turn and falls silent gives it up soon: the others wait. Locks are of the whole
// database, which other journals may share.
absl::Status Store::AwaitTurn(Connection& connection) const {
  if (connection.dialect() == Dialect::kSqlite) return absl::OkStatus();
  const Value params[] = {kTurnTimeout, static_cast<int64_t>(SipHash128(hash_key_, "writers").lo)};
  return connection
      .Execute(
          "SELECT set_config('idle_in_transaction_session_timeout', $1, TRUE), "
          "CAST(pg_advisory_xact_lock($2) AS TEXT)",
          params)
      .status();
}

// An UPDATE that changes nothing would not touch the disk on SQLite; this does.
absl::Status Store::TryWriting(Connection& connection) {
  WM_RETURN_IF_ERROR(
      connection.Execute("INSERT INTO hash_keys (id, k0, k1) VALUES (0, 0, 0)").status());
  return connection.Execute("DELETE FROM hash_keys WHERE id = 0").status();
}

absl::Status Store::InsertBlock(Connection& connection, absl::string_view tenant, const BlockId& id,
                                absl::Time record_time, const BlockBuilder& block) {
  const Value row[] = {id.tx,
                       id.seq,
                       Value::BorrowedText(tenant),
                       ShardOf(connection.dialect(), tenant),
                       absl::ToUnixMicros(record_time),
                       block.entries(),
                       block.last_index(),
                       block.payload().size(),
                       Value::BorrowedBytes(block.keys()),
                       Value::BorrowedBytes(block.payload())};
  return connection
      .Execute(
          "INSERT INTO journal_blocks (tx, seq, tenant, shard, record_time, entries, last_index, "
          "bytes, keys, payload) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
          row)
      .status();
}

absl::Status Store::AddCounts(Connection& connection, absl::Span<const SourceCounts> counts,
                              absl::Time now) const {
  for (const SourceCounts& one : counts) {
    const v1::IngestCounts& add = one.counts;
    const Value row[] = {Value::BorrowedText(one.tenant),
                         Value::BorrowedText(one.source),
                         slot_,
                         absl::ToUnixMicros(now),
                         one.sent ? absl::ToUnixMicros(now) : 0,
                         add.recorded(),
                         add.updated(),
                         add.duplicate(),
                         add.stale(),
                         add.conflict(),
                         add.quarantined(),
                         add.erased()};
    WM_RETURN_IF_ERROR(
        connection
            .Execute("INSERT INTO sources (tenant, source, slot, create_time, last_seen_time, "
                     "recorded, updated, duplicate, stale, conflict, quarantined, erased) "
                     "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
                     "ON CONFLICT (tenant, source, slot) DO UPDATE SET "
                     "last_seen_time = CASE "
                     "WHEN excluded.last_seen_time > sources.last_seen_time "
                     "THEN excluded.last_seen_time ELSE sources.last_seen_time END, "
                     "recorded = sources.recorded + excluded.recorded, "
                     "updated = sources.updated + excluded.updated, "
                     "duplicate = sources.duplicate + excluded.duplicate, "
                     "stale = sources.stale + excluded.stale, "
                     "conflict = sources.conflict + excluded.conflict, "
                     "quarantined = sources.quarantined + excluded.quarantined, "
                     "erased = sources.erased + excluded.erased",
                     row)
            .status());
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Store::CountEntries(Connection& connection, const BlockId& block) {
  const Value params[] = {block.tx, block.seq};
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      connection.Execute("SELECT CAST(SUM(entries) AS BIGINT) FROM journal_blocks "
                                         "WHERE (tx, seq) > ($1, $2)",
                                         params));
  return result[0].IsNull(0) ? 0 : result[0].Int(0);
}

absl::Status Store::ReadKeys(Connection& connection, const BlockId& block, KeysVisitor visit) {
  BlockId last = block;
  for (;;) {
    const Value params[] = {last.tx, last.seq, kKeyBlocksPerQuery};
    WM_ASSIGN_OR_RETURN(const sql::Result result,
                        connection.Execute("SELECT tx, seq, keys FROM journal_blocks "
                                           "WHERE (tx, seq) > ($1, $2) ORDER BY tx, seq LIMIT $3",
                                           params));
    for (const Row row : result) {
      last = BlockIdFrom(row);
      WM_RETURN_IF_ERROR(visit(last, row.View(2)));
    }
    if (result.size() < kKeyBlocksPerQuery) return absl::OkStatus();
  }
}

absl::Status Store::ReadKeysOf(Connection& connection, absl::Span<const BlockId> blocks,
                               KeysVisitor visit) {
  for (size_t i = 0; i < blocks.size(); i += kKeyBlocksPerQuery) {
    const absl::Span<const BlockId> some = blocks.subspan(i, kKeyBlocksPerQuery);
    const auto array = [&](uint64_t BlockId::*part) {
      return absl::StrCat("{",
                          absl::StrJoin(some, ",",
                                        [&](std::string* out, const BlockId& one) {
                                          absl::StrAppend(out, one.*part);
                                        }),
                          "}");
    };
    const Value params[] = {Value(array(&BlockId::tx)), Value(array(&BlockId::seq))};
    WM_ASSIGN_OR_RETURN(
        const sql::Result result,
        connection.Execute("SELECT tx, seq, keys FROM journal_blocks "
                           "JOIN unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[])) "
                           "AS wanted(of_tx, of_seq) ON tx = of_tx AND seq = of_seq "
                           "ORDER BY tx, seq",
                           params));
    if (result.size() < some.size()) {
      return JournalDamaged("a block that is referred to is not there");
    }
    for (const Row row : result) WM_RETURN_IF_ERROR(visit(BlockIdFrom(row), row.View(2)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Block>> Store::NextBlocks(Connection& connection,
                                                     absl::string_view tenant,
                                                     const Position& after, int64_t max_bytes) {
  if (tenant == kEveryTenant) return ReadNext(connection, "", Value(), after, max_bytes);
  return ReadNext(connection, " AND tenant = $5", Value(tenant), after, max_bytes);
}

absl::StatusOr<std::vector<Block>> Store::NextBlocksOfShard(Connection& connection, int64_t shard,
                                                            const Position& after,
                                                            int64_t max_bytes) {
  return ReadNext(connection, " AND shard = $5", Value(shard), after, max_bytes);
}

absl::StatusOr<Store::Backlog> Store::ReadBacklog(Connection& connection, int64_t shard,
                                                  const Position& after) {
  const Value params[] = {shard, after.tx, after.seq};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("SELECT SUM(entries), MIN(record_time) FROM journal_blocks "
                         "WHERE shard = $1 AND (tx, seq) > ($2, $3)",
                         params));
  Backlog backlog;
  if (result[0].IsNull(1)) return backlog;
  return Backlog{result[0].Int(0), absl::FromUnixMicros(result[0].Int(1))};
}

absl::StatusOr<Block> Store::ReadBlock(Connection& connection, const BlockId& id) {
  const Value params[] = {id.tx, id.seq};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute(absl::StrCat(kSelectBlocks, "WHERE tx = $1 AND seq = $2"), params));
  if (result.empty()) return JournalDamaged("a block that is referred to is not there");
  return BlockFrom(result[0]);
}

absl::Status Store::RewriteBlock(Connection& connection, const BlockId& id,
                                 const BlockBuilder& block) {
  const Value params[] = {id.tx, id.seq, block.payload().size(), Value::BorrowedBytes(block.keys()),
                          Value::BorrowedBytes(block.payload())};
  return connection
      .Execute(
          "UPDATE journal_blocks SET bytes = $3, keys = $4, payload = $5 "
          "WHERE tx = $1 AND seq = $2",
          params)
      .status();
}

absl::StatusOr<std::vector<BlockKeys>> Store::NextKeys(Connection& connection,
                                                       absl::string_view tenant,
                                                       const Position& after, int limit) {
  const Value params[] = {after.tx, after.seq, after.index, limit, tenant};
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      connection.Execute("SELECT tx, seq, last_index, keys FROM journal_blocks "
                                         "WHERE tenant = $5 AND (tx, seq) >= ($1, $2) "
                                         "AND NOT (tx = $1 AND seq = $2 AND last_index <= $3) "
                                         "ORDER BY tx, seq LIMIT $4",
                                         params));
  std::vector<BlockKeys> blocks;
  for (const Row row : result) {
    blocks.push_back({.tx = static_cast<uint64_t>(row.Int(0)),
                      .seq = static_cast<uint64_t>(row.Int(1)),
                      .last_index = static_cast<uint32_t>(row.Int(2)),
                      .keys = row.Bytes(3)});
  }
  return blocks;
}

absl::StatusOr<Position> Store::End(Connection& connection) {
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      connection.Execute("SELECT tx, seq, last_index FROM journal_blocks "
                                         "ORDER BY tx DESC, seq DESC LIMIT 1"));
  if (result.empty()) return Position();
  return Position{static_cast<uint64_t>(result[0].Int(0)), static_cast<uint64_t>(result[0].Int(1)),
                  static_cast<uint32_t>(result[0].Int(2))};
}

}  // namespace waymark::feedback
