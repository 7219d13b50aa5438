#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/sql/database.h"
#include "services/feedback/position.h"
#include "services/feedback/siphash.h"

namespace waymark::feedback {

/// What a pending erasure is at; stored, so numbers never change. In this order: the words of a
/// text are needed to remove it from the index, so the journal comes after that.
enum class ErasureStage { kIndex = 0, kJournal = 1, kQuarantine = 2, kPurge = 3, kDone = 4 };

/// The erasure of a customer as it is kept.
struct Erasure {
  std::string tenant;
  std::string id;
  /// Of the customer: CustomerHash.
  Hash128 customer;
  absl::Time create_time;
  std::optional<absl::Time> done_time;
  /// Where the last entry of those accepted together stands in the journal: everything of the
  /// customer stands before.
  Position position;
  /// The erasure of a customer who is the same person by links; empty: it was accepted for itself.
  std::string accepted_with;
  ErasureStage stage = ErasureStage::kIndex;
  /// How far the stage is: what it has come to, as it likes to write that; "" at first.
  std::string scanned;
  int64_t entries = 0;
  int64_t quarantined = 0;
};

/// The keyed hash by which a customer is known once the id must not be.
Hash128 CustomerHash(const HashKey& key, absl::string_view customer);

/// The customers whose erasure is under way, as of a transaction. Whatever is of them counts as
/// gone already, and nothing is taken in of them. Mostly there are none, which costs next to
/// nothing.
class PendingErasures {
 public:
  static absl::StatusOr<PendingErasures> Read(sql::Connection& connection);

  bool empty() const { return customers_.empty(); }
  /// Whether there is one of the tenant.
  bool Has(absl::string_view tenant) const { return tenants_.contains(tenant); }
  bool Covers(absl::string_view tenant, absl::string_view customer) const;
  /// False: what has that EntryHeader::shard_hash is of none of them.
  bool MayCover(uint32_t shard_hash) const { return shards_.contains(shard_hash); }

 private:
  HashKey key_;
  absl::flat_hash_set<std::string> tenants_;
  absl::flat_hash_set<std::pair<std::string, Hash128>> customers_;
  absl::flat_hash_set<uint32_t> shards_;
};

/// SQL of the erasures of customers. Statuses are those of sql::Connection. Thread-safe.
class ErasureStore {
 public:
  /// `database`, the journal's, must outlive it.
  explicit ErasureStore(sql::Database* database) : database_(database) {}

  // In the writer's transaction.

  /// The one that was made by a request; an empty request_id finds nothing.
  static absl::StatusOr<std::optional<Erasure>> FindByRequest(sql::Connection& connection,
                                                              absl::string_view tenant,
                                                              absl::string_view request_id);
  static absl::Status Insert(sql::Connection& connection, const Erasure& erasure,
                             absl::string_view request_id);
  /// Moves its stage from `erasure.scanned` to `scanned` and adds to its counts; false, and nothing
  /// happens, when it is elsewhere by now: another replica has done that part.
  static absl::StatusOr<bool> Move(sql::Connection& connection, const Erasure& erasure,
                                   absl::string_view scanned);
  static absl::Status Count(sql::Connection& connection, const Erasure& erasure, int64_t entries,
                            int64_t quarantined);

  // Transactions of their own.

  /// Ends its stage, unless somebody else has.
  absl::Status EndStage(const Erasure& erasure, absl::Time now) const;
  /// Those that are not done, at most `limit`, tenant by tenant, the oldest first.
  absl::StatusOr<std::vector<Erasure>> Pending(int limit) const;
  absl::StatusOr<std::optional<Erasure>> Find(absl::string_view tenant, absl::string_view id) const;
  /// At most `limit` before `before` (its id; "": from the newest on), newest first.
  absl::StatusOr<std::vector<Erasure>> List(absl::string_view tenant, absl::string_view before,
                                            int limit) const;

 private:
  sql::Database* const database_;
};

}  // namespace waymark::feedback
