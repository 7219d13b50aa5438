#pragma once

#include <vector>

#include "services/feedback/key_set.h"
#include "services/feedback/key_store.h"

namespace waymark::feedback {

/// Keeps every key in memory, for a journal with one writer. What it knows is always what the
/// journal holds: it is read from the blocks at start, follows each commit, and reads again what it
/// missed when a commit turns out to have taken effect after all.
class MemoryKeyStore : public KeyStore {
 public:
  absl::Status CatchUp(sql::Connection& connection, const BlockId& last) override;
  absl::Status Resolve(sql::Connection& connection,
                       absl::Span<Candidate* const> candidates) override;
  absl::StatusOr<std::vector<std::optional<Position>>> FindAll(
      sql::Connection& connection, absl::Span<const Hash128> keys) override;
  absl::Status Erase(sql::Connection& connection,
                     absl::Span<const EntryReference> entries) override;
  absl::StatusOr<bool> EraseUnknown(sql::Connection& connection, const Hash128& key) override;
  void Committed(const BlockId& last) override;
  void RolledBack() override;
  int64_t size() const override { return keys_.size(); }

 private:
  struct Change {
    bool inserted;
    KeyState before;
  };

  KeySet keys_;
  /// The last block whose keys are in the set.
  BlockId known_;
  /// What the transaction under way has changed, to be undone.
  std::vector<Change> changes_;
  /// Whether it has erased keys of known blocks.
  bool erases_ = false;
};

}  // namespace waymark::feedback
