#pragma once

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/feedback/key_store.h"

namespace waymark::feedback {

/// Keeps the keys in PostgreSQL's table signal_keys, where several replicas meet. Keys are inserted
/// in their order, optimistically as if all were new, which costs half; when some are not, the
/// transaction starts again, and for the next few commits the rows that are there already are
/// looked for, locked and compared.
class TableKeyStore : public KeyStore {
 public:
  absl::Status CatchUp(sql::Connection& connection, uint64_t last_seq) override {
    return absl::OkStatus();
  }
  absl::Status Resolve(const CommitContext& context,
                       absl::Span<Candidate* const> candidates) override;
  absl::StatusOr<std::optional<Position>> Find(sql::Connection& connection,
                                               const Hash128& key) override;
  absl::StatusOr<std::vector<bool>> AreLive(sql::Connection& connection,
                                            absl::Span<const EntryReference> entries) override;
  absl::StatusOr<std::optional<Position>> FindAndLock(sql::Connection& connection,
                                                      const Hash128& key) override;
  absl::StatusOr<std::vector<std::optional<Position>>> FindAll(
      sql::Connection& connection, absl::Span<const Hash128> keys) override;
  absl::Status Erase(sql::Connection& connection,
                     absl::Span<const EntryReference> entries) override;
  absl::StatusOr<bool> EraseUnknown(sql::Connection& connection, const Hash128& key) override;
  void Committed(uint64_t last_seq) override {}
  void RolledBack() override {}
  int64_t size() const override { return 0; }

 private:
  /// What is known of a key of the commit under way.
  struct Known {
    KeyState state;
    /// Inserted by this commit.
    bool ours = true;
    /// The table's row is no longer `state`.
    bool changed = false;
  };
  using KnownKeys = absl::flat_hash_map<Hash128, Known>;

  static absl::StatusOr<std::optional<Position>> Select(sql::Connection& connection,
                                                        const Hash128& key, absl::string_view lock);
  absl::StatusOr<int64_t> Insert(sql::Connection& connection,
                                 absl::Span<const Candidate* const> firsts);
  static absl::Status ReadAndLock(const CommitContext& context,
                                  absl::Span<const Candidate* const> firsts, KnownKeys* known);
  static absl::Status ResolveAll(const CommitContext& context,
                                 absl::Span<Candidate* const> candidates, KnownKeys* known);
  static absl::Status Update(sql::Connection& connection, const KnownKeys& known);

  static constexpr int kExpectKnown = 16;
  /// For how many commits known keys are expected.
  int expect_known_ = 0;
};

}  // namespace waymark::feedback
