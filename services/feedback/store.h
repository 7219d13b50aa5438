#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/sql/database.h"
#include "services/feedback/block.h"
#include "services/feedback/position.h"
#include "services/feedback/siphash.h"
#include "waymark/feedback/v1/source.pb.h"

namespace waymark::feedback {

/// In place of a tenant: all of them.
inline constexpr char kEveryTenant[] = "-";

/// A block of the journal.
struct Block {
  uint64_t tx = 0;
  uint64_t seq = 0;
  std::string tenant;
  absl::Time record_time;
  uint32_t last_index = 0;
  std::string keys;
  std::string payload;
};

/// What one commit adds to a source's counters.
struct SourceCounts {
  std::string tenant;
  std::string source;
  v1::IngestCounts counts;
  /// The source itself has sent something; not so when people replay what it sent before.
  bool sent = true;
};

/// The headers of a block.
struct BlockKeys {
  uint64_t tx = 0;
  uint64_t seq = 0;
  uint32_t last_index = 0;
  std::string keys;
};

/// SQL of the journal and of the counters of sources. What takes a connection runs in its
/// transaction; statuses are those of sql::Connection, or DATA_LOSS for what cannot be parsed.
/// Thread-safe.
class Store {
 public:
  /// Brings the schema up to date and reads or makes the hash key. `database` must outlive it.
  static absl::StatusOr<std::unique_ptr<Store>> Open(sql::Database* database);

  sql::Database& database() const { return *database_; }
  bool postgres() const { return database_->dialect() == sql::Dialect::kPostgres; }
  const HashKey& hash_key() const { return hash_key_; }

  // Writing, in the writer's transaction.

  /// Which shard of the indexing a tenant's blocks belong to: one of ShardCount.
  static int64_t ShardOf(sql::Dialect dialect, absl::string_view tenant);
  static int64_t ShardCount(sql::Dialect dialect);

  /// The last block; the zero id when there is none.
  static absl::StatusOr<BlockId> LastBlock(sql::Connection& connection);
  static absl::Status InsertBlock(sql::Connection& connection, absl::string_view tenant,
                                  const BlockId& id, absl::Time record_time,
                                  const BlockBuilder& block);
  /// Waits for the transaction's turn to write, which lasts until it ends: replicas write one after
  /// another, so that each knows all that was written before, and readers see blocks in their
  /// order. SQLite has one writer, whose turn it always is.
  absl::Status AwaitTurn(sql::Connection& connection) const;
  /// Puts `block` in the place of that one; it has as many entries, of the same indexes.
  static absl::Status RewriteBlock(sql::Connection& connection, const BlockId& id,
                                   const BlockBuilder& block);
  /// Writes, but leaves everything as it was: it fails at the latest when it is committed if the
  /// database cannot be written.
  static absl::Status TryWriting(sql::Connection& connection);
  absl::Status AddCounts(sql::Connection& connection, absl::Span<const SourceCounts> counts,
                         absl::Time now) const;
  // Reading the journal.

  /// How many entries the blocks after `block` have.
  static absl::StatusOr<int64_t> CountEntries(sql::Connection& connection, const BlockId& block);
  using KeysVisitor = absl::FunctionRef<absl::Status(const BlockId& block, absl::string_view keys)>;
  /// Calls `visit` for each block after `block`, in order.
  static absl::Status ReadKeys(sql::Connection& connection, const BlockId& block,
                               KeysVisitor visit);
  /// The same for these blocks alone, which are in order; PostgreSQL only. DATA_LOSS: one is not
  /// there.
  static absl::Status ReadKeysOf(sql::Connection& connection, absl::Span<const BlockId> blocks,
                                 KeysVisitor visit);
  /// The next blocks of `tenant` with entries after `after`, in order: one, and more as long as
  /// their payloads stay within `max_bytes`.
  static absl::StatusOr<std::vector<Block>> NextBlocks(sql::Connection& connection,
                                                       absl::string_view tenant,
                                                       const Position& after, int64_t max_bytes);
  /// The same for the tenants of a shard.
  static absl::StatusOr<std::vector<Block>> NextBlocksOfShard(sql::Connection& connection,
                                                              int64_t shard, const Position& after,
                                                              int64_t max_bytes);
  /// What NextBlocks would read, without the payloads: at most `limit`.
  static absl::StatusOr<std::vector<BlockKeys>> NextKeys(sql::Connection& connection,
                                                         absl::string_view tenant,
                                                         const Position& after, int limit);
  /// How many entries of a shard stand in blocks after `after`, and when the first of those was
  /// recorded (InfiniteFuture when there is none).
  struct Backlog {
    int64_t entries = 0;
    absl::Time oldest = absl::InfiniteFuture();
  };
  static absl::StatusOr<Backlog> ReadBacklog(sql::Connection& connection, int64_t shard,
                                             const Position& after);
  /// DATA_LOSS: there is no such block.
  static absl::StatusOr<Block> ReadBlock(sql::Connection& connection, const BlockId& id);
  /// The last entry that NextBlocks would come to; the zero position when there is none.
  static absl::StatusOr<Position> End(sql::Connection& connection);

 private:
  Store(sql::Database* database, const HashKey& hash_key, int64_t slot)
      : database_(database), hash_key_(hash_key), slot_(slot) {}

  sql::Database* const database_;
  const HashKey hash_key_;
  /// Which row of a source's counters this process adds to, so that replicas do not wait for each
  /// other's.
  const int64_t slot_;
};

}  // namespace waymark::feedback
