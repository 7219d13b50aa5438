#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace waymark::feedback {

/// Where an entry stands in the journal. Entries are read in this order, which is one in which
/// their transactions committed.
struct Position {
  /// PostgreSQL: the transaction's id; SQLite, which has one writer: 0.
  uint64_t tx = 0;
  /// The block: PostgreSQL: its number in the transaction, SQLite: its number in the journal.
  uint64_t seq = 0;
  /// The entry within its block. Numbers may be left out.
  uint32_t index = 0;

  friend bool operator==(const Position&, const Position&) = default;
  friend auto operator<=>(const Position&, const Position&) = default;
};

/// 40 hexadecimal digits: two texts compare, byte by byte, as their positions do.
std::string ToString(const Position& position);

/// The inverse; "" is the position before every entry. INVALID_ARGUMENT (CURSOR_INVALID): not such
/// a text.
absl::StatusOr<Position> ParsePosition(absl::string_view text);

}  // namespace waymark::feedback
