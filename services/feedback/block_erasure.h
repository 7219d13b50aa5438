#pragma once

#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/feedback/block.h"
#include "services/feedback/key_store.h"
#include "services/feedback/siphash.h"
#include "services/feedback/store.h"

namespace waymark::feedback {

/// Whether a block's `keys` may hold entries of `customer` (CustomerHash). DATA_LOSS: damaged.
absl::StatusOr<bool> MayHoldCustomer(absl::string_view keys, const Hash128& customer);

/// A block without a customer.
struct ErasedBlock {
  BlockBuilder block;
  /// The entries that were signals of the customer, tombstones too, or links that name them. A
  /// link's key is that of no signal.
  std::vector<EntryReference> removed;
};

/// Puts a kRemoved entry in the place of each of the customer's: it keeps key, index and revision,
/// and refers to the last entry of its key before it that is not removed, if there is one: that is
/// how consumers learn, also those that start anew, that the latter no longer counts. What stands
/// before in the journal has been through this already; `previous_of` looks there: what a kRemoved
/// entry refers to, or the entry itself when it is another one. DATA_LOSS: the block is damaged.
absl::StatusOr<ErasedBlock> EraseFromBlock(
    const Block& block, const HashKey& key, const Hash128& customer,
    absl::FunctionRef<absl::StatusOr<std::optional<Position>>(const Position&)> previous_of);

}  // namespace waymark::feedback
