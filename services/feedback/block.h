#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/feedback/position.h"
#include "services/feedback/siphash.h"

namespace waymark::feedback {

/// What an entry of the journal says; stored, so numbers never change.
enum class EntryKind : uint8_t {
  kRecorded = 1,
  kRevised = 2,
  kDeleted = 3,
  kReenriched = 4,
  kCorrected = 5,
  kLinked = 6,
  kUnlinked = 7,
  /// A customer was erased.
  kErased = 8,
  /// In place of a signal of an erased customer, or a link that named one: what is left is its key.
  /// Has no payload.
  kRemoved = 9,
};

/// Whether the payload of such an entry is a signal (a tombstone is one): all others say something
/// about signals or customers, and have no key of their own.
constexpr bool HoldsSignal(EntryKind kind) {
  return kind == EntryKind::kRecorded || kind == EntryKind::kRevised || kind == EntryKind::kDeleted;
}

/// Whether the payload of such an entry is a reference to a signal whose places are new.
constexpr bool RefersToSignal(EntryKind kind) {
  return kind == EntryKind::kReenriched || kind == EntryKind::kCorrected;
}

/// Whether it is a CustomerLink, serialized.
constexpr bool HoldsLink(EntryKind kind) {
  return kind == EntryKind::kLinked || kind == EntryKind::kUnlinked;
}

/// What is known of an entry without its payload.
struct EntryHeader {
  /// Keyed hash of (tenant, source, external_id).
  Hash128 key;
  /// Keyed hash of the signal as it came, before redaction.
  uint64_t content = 0;
  int64_t revision = 0;
  /// Keyed hash of the customer, or of the key when there is none: decides the feed's shard.
  uint32_t shard_hash = 0;
  /// Position::index.
  uint32_t index = 0;
  /// A survey that is not finished.
  bool partial = false;
  EntryKind kind = EntryKind::kRecorded;
  /// The entry that it supersedes. ReadHeaders does not tell: it stands with the payload.
  std::optional<Position> previous;
};

/// Builds the two columns of a block: `keys` holds every header, `payload` the signals
/// (serialized), references or links, as the kind of each says. Not thread-safe.
class BlockBuilder {
 public:
  /// `header.index` grows from call to call.
  void Append(const EntryHeader& header, absl::string_view payload);

  bool empty() const { return entries_ == 0; }
  int64_t entries() const { return entries_; }
  uint32_t last_index() const { return last_index_; }
  const std::string& keys() const { return keys_; }
  const std::string& payload() const { return payload_; }

  void Reserve(size_t entries, size_t payload_bytes);
  void Clear();

 private:
  int64_t entries_ = 0;
  uint32_t last_index_ = 0;
  std::string keys_;
  std::string payload_;
};

/// Calls `visit` for each header in `keys`. DATA_LOSS: they are damaged.
absl::Status ReadHeaders(absl::string_view keys,
                         absl::FunctionRef<void(const EntryHeader& header)> visit);

/// Calls `visit` for each entry with its part of `payload` until it returns false. DATA_LOSS: the
/// columns are damaged or do not fit each other.
absl::Status ReadEntries(
    absl::string_view keys, absl::string_view payload,
    absl::FunctionRef<bool(const EntryHeader& header, absl::string_view payload)> visit);

/// The payload of a kErased entry: the keyed hash of the customer.
std::string EncodeCustomer(const Hash128& customer);
absl::Status DecodeCustomer(absl::string_view payload, Hash128* customer);

/// The payload of an entry that RefersToSignal: where the entry stands that is placed anew.
std::string EncodeReference(const Position& original);
absl::Status DecodeReference(absl::string_view payload, Position* original);

}  // namespace waymark::feedback
