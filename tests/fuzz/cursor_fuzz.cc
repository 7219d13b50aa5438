// Positions of the feed: what is read prints as it was, and texts compare as positions do.
#include <cstring>

#include "services/feedback/position.h"
#include "tests/fuzz/require.h"

namespace waymark::fuzz {
namespace {

using feedback::ParsePosition;
using feedback::Position;

void CheckText(absl::string_view text) {
  const auto position = ParsePosition(text);
  if (!position.ok()) {
    Require(position.status().code() == absl::StatusCode::kInvalidArgument, "INVALID_ARGUMENT");
    return;
  }
  Require(text.empty() ? *position == Position() : ToString(*position) == text,
          "what is read prints as it was", text);
}

Position FromBytes(const uint8_t* data) {
  Position position;
  std::memcpy(&position.tx, data, 8);
  std::memcpy(&position.seq, data + 8, 8);
  std::memcpy(&position.index, data + 16, 4);
  // Databases count in signed numbers.
  position.tx >>= 1;
  position.seq >>= 1;
  return position;
}

void CheckOrder(const Position& a, const Position& b) {
  const std::string text_a = ToString(a), text_b = ToString(b);
  Require((a < b) == (text_a < text_b) && (a == b) == (text_a == text_b), "one order", text_a);
  const auto again = ParsePosition(text_a);
  Require(again.ok() && *again == a, "what is printed reads as it was", text_a);
}

}  // namespace
}  // namespace waymark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace waymark::fuzz;  // NOLINT(google-build-using-namespace)
  CheckText(absl::string_view(reinterpret_cast<const char*>(data), size));
  constexpr size_t kBytes = 20;
  if (size >= 2 * kBytes) CheckOrder(FromBytes(data), FromBytes(data + kBytes));
  return 0;
}
