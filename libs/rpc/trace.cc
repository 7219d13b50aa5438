#include "libs/rpc/trace.h"

#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/ids.h"

namespace waymark::rpc {
namespace {

// "00-" + 32 digits of the trace + "-" + 16 digits of the span + "-" + 2 digits of flags.
constexpr size_t kLength = 55;

bool IsHexAndNotZero(absl::string_view digits) {
  bool zero = true;
  for (const char c : digits) {
    if (!absl::ascii_isdigit(c) && (c < 'a' || c > 'f')) return false;
    zero = zero && c == '0';
  }
  return !zero;
}

bool IsValid(absl::string_view text) {
  return text.size() == kLength && text.substr(0, 3) == "00-" && text[35] == '-' &&
         text[52] == '-' && IsHexAndNotZero(text.substr(3, 32)) &&
         IsHexAndNotZero(text.substr(36, 16)) && absl::ascii_isxdigit(text[53]) &&
         absl::ascii_isxdigit(text[54]);
}

std::string Digits(uint64_t bits) { return absl::StrCat(absl::Hex(bits, absl::kZeroPad16)); }

}  // namespace

std::string NewSpan(absl::string_view parent) {
  const std::array<uint64_t, 3> random = RandomBits<3>();  // at once: each asks the kernel
  const std::string span = Digits(random[0] | 1);
  if (!IsValid(parent)) {
    return absl::StrCat("00-", Digits(random[1] | 1), Digits(random[2]), "-", span, "-01");
  }
  return absl::StrCat(parent.substr(0, 36), span, parent.substr(52));
}

absl::string_view TraceId(absl::string_view traceparent) { return traceparent.substr(3, 32); }

}  // namespace waymark::rpc
