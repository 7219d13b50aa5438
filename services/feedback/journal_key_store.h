#pragma once

#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "services/feedback/fingerprint_index.h"
#include "services/feedback/key_store.h"

namespace waymark::feedback {

/// Keeps in memory which block each key may stand in, 10 to 20 bytes a key, and reads the blocks'
/// keys when a known one comes again: for a journal of any size that several replicas write in
/// turns. A replica learns what the others wrote from their blocks. What an entry says of its key
/// is read where it stands, so an erasure needs to be told to nobody.
class JournalKeyStore : public KeyStore {
 public:
  absl::Status CatchUp(sql::Connection& connection, const BlockId& last) override;
  absl::Status Resolve(sql::Connection& connection,
                       absl::Span<Candidate* const> candidates) override;
  absl::StatusOr<std::vector<std::optional<Position>>> FindAll(
      sql::Connection& connection, absl::Span<const Hash128> keys) override;
  absl::Status Erase(sql::Connection&, absl::Span<const EntryReference>) override {
    return absl::OkStatus();
  }
  absl::StatusOr<bool> EraseUnknown(sql::Connection& connection, const Hash128& key) override;
  void Committed(const BlockId& last) override;
  void RolledBack() override;
  int64_t size() const override { return index_.size(); }

 private:
  using States = absl::flat_hash_map<Hash128, KeyState>;
  /// A key that the transaction under way records.
  struct Recorded {
    Hash128 key;
    BlockId block;
    /// Where it stood before.
    std::optional<BlockId> former;
  };

  /// Adds what the journal says of those keys that it holds.
  absl::Status Read(sql::Connection& connection, absl::Span<const Hash128> keys,
                    States* states) const;
  uint32_t AddBlock(const BlockId& block);
  uint32_t NumberOf(const BlockId& block) const;
  void Add(const Recorded& one, uint32_t number);

  FingerprintIndex index_;
  /// What the numbers in `index_` stand for, in order.
  std::vector<BlockId> blocks_;
  /// The last block whose keys are known.
  BlockId known_;

  // Of the transaction under way.
  States states_;
  std::vector<Recorded> recorded_;
  absl::flat_hash_set<Hash128> erased_;
  /// All its entries are in `recorded_`.
  bool resolved_ = false;
};

}  // namespace waymark::feedback
