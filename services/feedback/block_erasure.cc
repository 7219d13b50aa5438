#include "services/feedback/block_erasure.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "libs/base/status_macros.h"
#include "services/feedback/erasure_store.h"
#include "services/feedback/errors.h"
#include "waymark/feedback/v1/customer_link.pb.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::feedback {
namespace {

// Of links headers tell nothing; there are few.
bool MayBeOf(const EntryHeader& header, const Hash128& customer) {
  return HoldsLink(header.kind) ||
         (HoldsSignal(header.kind) && header.shard_hash == static_cast<uint32_t>(customer.lo));
}

absl::StatusOr<bool> IsOf(const EntryHeader& header, absl::string_view payload, const HashKey& key,
                          const Hash128& customer) {
  const int size = static_cast<int>(payload.size());
  if (HoldsLink(header.kind)) {
    v1::CustomerLink link;
    if (!link.ParseFromArray(payload.data(), size)) return JournalDamaged("a link of customers");
    return CustomerHash(key, link.customer()) == customer ||
           CustomerHash(key, link.linked_customer()) == customer;
  }
  v1::Signal signal;
  if (!signal.ParseFromArray(payload.data(), size)) return JournalDamaged("a signal");
  return CustomerHash(key, signal.customer()) == customer;
}

}  // namespace

absl::StatusOr<bool> MayHoldCustomer(absl::string_view keys, const Hash128& customer) {
  bool may = false;
  WM_RETURN_IF_ERROR(
      ReadHeaders(keys, [&](const EntryHeader& header) { may |= MayBeOf(header, customer); }));
  return may;
}

absl::StatusOr<ErasedBlock> EraseFromBlock(
    const Block& block, const HashKey& key, const Hash128& customer,
    absl::FunctionRef<absl::StatusOr<std::optional<Position>>(const Position&)> previous_of) {
  ErasedBlock erased;
  // Of the entries that are removed here: what each refers to now.
  absl::flat_hash_map<uint32_t, std::optional<Position>> previous_here;
  absl::Status status;
  const auto remove = [&](EntryHeader header) -> absl::Status {
    erased.removed.push_back({header.key, {block.tx, block.seq, header.index}});
    if (header.previous.has_value()) {
      const bool here = header.previous->tx == block.tx && header.previous->seq == block.seq;
      if (const auto known = previous_here.find(header.previous->index);
          here && known != previous_here.end()) {
        header.previous = known->second;
      } else {
        WM_ASSIGN_OR_RETURN(header.previous, previous_of(*header.previous));
      }
    }
    previous_here[header.index] = header.previous;
    header.kind = EntryKind::kRemoved;
    header.content = 0;
    header.shard_hash = static_cast<uint32_t>(header.key.lo);
    erased.block.Append(header, "");
    return absl::OkStatus();
  };
  WM_RETURN_IF_ERROR(ReadEntries(block.keys, block.payload,
                                 [&](const EntryHeader& header, absl::string_view payload) {
                                   absl::StatusOr<bool> is_theirs = MayBeOf(header, customer);
                                   if (*is_theirs) is_theirs = IsOf(header, payload, key, customer);
                                   if (!is_theirs.ok()) {
                                     status = is_theirs.status();
                                   } else if (*is_theirs) {
                                     status = remove(header);
                                   } else {
                                     erased.block.Append(header, payload);
                                   }
                                   return status.ok();
                                 }));
  WM_RETURN_IF_ERROR(status);
  return erased;
}

}  // namespace waymark::feedback
