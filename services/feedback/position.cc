#include "services/feedback/position.h"

#include "absl/strings/str_format.h"
#include "services/feedback/errors.h"

namespace waymark::feedback {
namespace {

constexpr size_t kDigits = 16 + 16 + 8;

bool ParseHex(absl::string_view digits, uint64_t* value) {
  *value = 0;
  for (const char c : digits) {
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'a' || c > 'f')) return false;
    *value = *value << 4 | static_cast<uint64_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  return true;
}

}  // namespace

std::string ToString(const Position& position) {
  return absl::StrFormat("%016x%016x%08x", position.tx, position.seq, position.index);
}

absl::StatusOr<Position> ParsePosition(absl::string_view text) {
  Position position;
  uint64_t index = 0;
  if (text.empty()) return position;
  constexpr uint64_t kMax = INT64_MAX;  // databases count in signed numbers
  if (text.size() != kDigits || !ParseHex(text.substr(0, 16), &position.tx) ||
      !ParseHex(text.substr(16, 16), &position.seq) || !ParseHex(text.substr(32), &index) ||
      position.tx > kMax || position.seq > kMax) {
    return CursorInvalid(text);
  }
  position.index = static_cast<uint32_t>(index);
  return position;
}

}  // namespace waymark::feedback
