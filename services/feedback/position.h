#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace waymark::feedback {

/// Which block of the journal. Writers take turns, so blocks become visible in this order.
struct BlockId {
  /// 0, unless the journal began when blocks were numbered within PostgreSQL's transactions: then
  /// the id of the last one of those.
  uint64_t tx = 0;
  /// One more than that of the block before.
  uint64_t seq = 0;

  friend bool operator==(const BlockId&, const BlockId&) = default;
  friend auto operator<=>(const BlockId&, const BlockId&) = default;
};

/// Where an entry stands in the journal. Entries are read in this order.
struct Position {
  /// See BlockId.
  uint64_t tx = 0;
  uint64_t seq = 0;
  /// The entry within its block. Numbers may be left out.
  uint32_t index = 0;

  BlockId block() const { return {tx, seq}; }

  friend bool operator==(const Position&, const Position&) = default;
  friend auto operator<=>(const Position&, const Position&) = default;
};

/// 40 hexadecimal digits: two texts compare, byte by byte, as their positions do.
std::string ToString(const Position& position);

/// The inverse; "" is the position before every entry. INVALID_ARGUMENT (CURSOR_INVALID): not such
/// a text.
absl::StatusOr<Position> ParsePosition(absl::string_view text);

}  // namespace waymark::feedback
