#include "services/feedback/block.h"

#include <bit>
#include <cstring>

#include "libs/base/status_macros.h"
#include "services/feedback/errors.h"

namespace waymark::feedback {
namespace {

static_assert(std::endian::native == std::endian::little);

/// A header as it is stored. Has no padding.
struct StoredHeader {
  uint64_t key_hi;
  uint64_t key_lo;
  uint64_t content;
  int64_t revision;
  uint32_t shard_hash;
  uint32_t index;
  uint32_t payload_bytes;
  uint8_t kind;
  uint8_t partial;
  /// The payload begins with a StoredReference to the entry that this one supersedes.
  uint8_t has_previous;
  uint8_t reserved;
};
static_assert(sizeof(StoredHeader) == 48);

struct StoredReference {
  uint64_t tx;
  uint64_t seq;
  uint64_t index;
};

EntryHeader FromStored(const StoredHeader& stored) {
  return {.key = {stored.key_hi, stored.key_lo},
          .content = stored.content,
          .revision = stored.revision,
          .shard_hash = stored.shard_hash,
          .index = stored.index,
          .partial = stored.partial != 0,
          .kind = static_cast<EntryKind>(stored.kind)};
}

StoredHeader LoadHeader(const char* data) {
  StoredHeader stored;
  std::memcpy(&stored, data, sizeof(stored));
  return stored;
}

}  // namespace

void BlockBuilder::Append(const EntryHeader& header, absl::string_view payload) {
  const size_t begin = payload_.size();
  if (header.previous.has_value()) payload_ += EncodeReference(*header.previous);
  payload_.append(payload.data(), payload.size());
  const StoredHeader stored = {header.key.hi,
                               header.key.lo,
                               header.content,
                               header.revision,
                               header.shard_hash,
                               header.index,
                               static_cast<uint32_t>(payload_.size() - begin),
                               static_cast<uint8_t>(header.kind),
                               header.partial,
                               header.previous.has_value(),
                               0};
  keys_.append(reinterpret_cast<const char*>(&stored), sizeof(stored));
  last_index_ = header.index;
  ++entries_;
}

void BlockBuilder::Reserve(size_t entries, size_t payload_bytes) {
  keys_.reserve(entries * sizeof(StoredHeader));
  payload_.reserve(payload_bytes);
}

void BlockBuilder::Clear() {
  entries_ = 0;
  keys_.clear();
  payload_.clear();
}

absl::Status ReadHeaders(absl::string_view keys,
                         absl::FunctionRef<void(const EntryHeader&)> visit) {
  if (keys.size() % sizeof(StoredHeader) != 0) return JournalDamaged("headers of a block");
  for (size_t at = 0; at < keys.size(); at += sizeof(StoredHeader)) {
    visit(FromStored(LoadHeader(keys.data() + at)));
  }
  return absl::OkStatus();
}

absl::Status ReadEntries(absl::string_view keys, absl::string_view payload,
                         absl::FunctionRef<bool(const EntryHeader&, absl::string_view)> visit) {
  if (keys.size() % sizeof(StoredHeader) != 0) return JournalDamaged("headers of a block");
  for (size_t at = 0; at < keys.size(); at += sizeof(StoredHeader)) {
    const StoredHeader stored = LoadHeader(keys.data() + at);
    if (stored.payload_bytes > payload.size()) return JournalDamaged("payload of a block");
    absl::string_view own = payload.substr(0, stored.payload_bytes);
    payload.remove_prefix(stored.payload_bytes);
    EntryHeader header = FromStored(stored);
    if (stored.has_previous) {
      WM_RETURN_IF_ERROR(
          DecodeReference(own.substr(0, sizeof(StoredReference)), &header.previous.emplace()));
      own.remove_prefix(sizeof(StoredReference));
    }
    if (!visit(header, own)) break;
  }
  return absl::OkStatus();
}

std::string EncodeCustomer(const Hash128& customer) {
  const uint64_t stored[] = {customer.hi, customer.lo};
  return std::string(reinterpret_cast<const char*>(stored), sizeof(stored));
}

absl::Status DecodeCustomer(absl::string_view payload, Hash128* customer) {
  uint64_t stored[2];
  if (payload.size() != sizeof(stored)) return JournalDamaged("an erasure");
  std::memcpy(stored, payload.data(), sizeof(stored));
  *customer = {stored[0], stored[1]};
  return absl::OkStatus();
}

std::string EncodeReference(const Position& original) {
  const StoredReference stored = {original.tx, original.seq, original.index};
  return std::string(reinterpret_cast<const char*>(&stored), sizeof(stored));
}

absl::Status DecodeReference(absl::string_view payload, Position* original) {
  StoredReference stored;
  if (payload.size() != sizeof(stored)) return JournalDamaged("a reference to an entry");
  std::memcpy(&stored, payload.data(), sizeof(stored));
  *original = {stored.tx, stored.seq, static_cast<uint32_t>(stored.index)};
  return absl::OkStatus();
}

}  // namespace waymark::feedback
