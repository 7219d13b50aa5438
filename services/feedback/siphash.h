#pragma once

#include <compare>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"

namespace waymark::feedback {

/// The secret of the keyed hashes: made once for each store and kept in it.
struct HashKey {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
};

struct Hash128 {
  uint64_t hi = 0;
  uint64_t lo = 0;

  friend bool operator==(const Hash128&, const Hash128&) = default;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Hash128& hash) {
    return H::combine(std::move(h), hash.lo);
  }
};

/// SipHash-2-4 with 128 bits of output (Aumasson, Bernstein: "SipHash: a fast short-input PRF",
/// 2012, and its reference code): who does not know the key can neither guess nor force a
/// collision. `hi` holds the first eight bytes of the reference's output, read as little-endian.
Hash128 SipHash128(const HashKey& key, absl::string_view data);

}  // namespace waymark::feedback
