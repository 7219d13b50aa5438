#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/sql/connection.h"
#include "services/feedback/position.h"
#include "services/feedback/siphash.h"
#include "services/feedback/submission.h"

namespace waymark::feedback {

/// What is recorded of a key: the entry that counts.
struct KeyState {
  Hash128 key;
  int64_t revision = 0;
  uint64_t content = 0;
  bool partial = false;
  /// The zero position: the signal was erased, and nothing is recorded under its key any more.
  Position position;

  bool erased() const { return position == Position(); }
};

/// The state of the key once `candidate` is recorded.
KeyState StateOf(const Candidate& candidate);

/// Sets the outcome of a candidate whose key is known: UPDATED makes its state the known one, any
/// other outcome, of which ERASED is one, moves the candidate's position to the known entry's.
/// Entries of one key are ordered by (finished, revision), so that whatever the order they come in
/// the same one counts in the end. Returns whether it is UPDATED. Pure.
bool ResolveKnown(const KeyState& known, Candidate* candidate);

/// A reference to an entry by its key.
struct EntryReference {
  Hash128 key;
  Position position;
};

/// Knows every key that is recorded. Used by the writer thread alone; what takes a connection runs
/// in its transaction, whose turn it is to write, unless it says otherwise.
class KeyStore {
 public:
  virtual ~KeyStore() = default;

  /// Learns what the journal holds up to its last block; called at the start of each transaction,
  /// and outside one to know what others have committed.
  virtual absl::Status CatchUp(sql::Connection& connection, const BlockId& last) = 0;

  /// Decides each candidate's outcome, as if they came one after another; their positions are where
  /// they will stand if they are recorded. Called once in a transaction.
  virtual absl::Status Resolve(sql::Connection& connection,
                               absl::Span<Candidate* const> candidates) = 0;

  /// What counts for each key, in a transaction or outside: the zero position when it is erased,
  /// nothing when it is not known.
  virtual absl::StatusOr<std::vector<std::optional<Position>>> FindAll(
      sql::Connection& connection, absl::Span<const Hash128> keys) = 0;

  /// Erases the keys of those entries that count for them, whose block is rewritten without them in
  /// the same transaction.
  virtual absl::Status Erase(sql::Connection& connection,
                             absl::Span<const EntryReference> entries) = 0;

  /// Erases a key that is not known, which an entry of the same transaction tells; false: it is.
  virtual absl::StatusOr<bool> EraseUnknown(sql::Connection& connection, const Hash128& key) = 0;

  /// The transaction was committed, up to the block `last`.
  virtual void Committed(const BlockId& last) = 0;
  /// It was not: everything since CatchUp is forgotten.
  virtual void RolledBack() = 0;

  /// How many keys are held in memory.
  virtual int64_t size() const = 0;

  /// The entry that counts for a key; nothing when the key is not known or erased.
  absl::StatusOr<std::optional<Position>> Find(sql::Connection& connection, const Hash128& key);
  /// Whether each entry is the one that counts for its key.
  absl::StatusOr<std::vector<bool>> AreLive(sql::Connection& connection,
                                            absl::Span<const EntryReference> entries);
};

}  // namespace waymark::feedback
