#include "services/feedback/field_check.h"

#include "absl/strings/escaping.h"
#include "libs/base/ids.h"

namespace waymark::feedback {
namespace {

constexpr int64_t kFirstSecond = -62135596800;  // year 1
constexpr int64_t kLastSecond = 253402300799;   // year 9999

}  // namespace

std::string Field::ToString() const {
  if (index >= 0) return absl::StrCat(message, "[", index, "].", name);
  return absl::StrCat(message, *name == '\0' ? "" : ".", name);
}

std::string Shown(absl::string_view value) {
  constexpr size_t kShown = 80;
  return absl::StrCat("'", absl::Utf8SafeCEscape(value.substr(0, kShown)),
                      value.size() > kShown ? "...'" : "'");
}

void CheckBytes(const Field& field, absl::string_view value, size_t min, size_t max,
                Reasons* reasons) {
  if (value.size() < min) Add(field, reasons, "missing; give it 1-", max, " bytes");
  if (value.size() > max)
    Add(field, reasons, value.size(), " bytes; at most ", max, " are allowed");
}

void CheckOptionalId(const Field& field, absl::string_view value, Reasons* reasons) {
  if (value.empty() || IsValidId(value)) return;
  Add(field, reasons, Shown(value), " is no id; use 1-128 of A-Z a-z 0-9 _ . ~ : @ -");
}

void CheckTime(const Field& field, const google::protobuf::Timestamp& time, Reasons* reasons) {
  if (time.seconds() >= kFirstSecond && time.seconds() <= kLastSecond && time.nanos() >= 0 &&
      time.nanos() < 1'000'000'000) {
    return;
  }
  Add(field, reasons, time.seconds(), " s ", time.nanos(),
      " ns is no time; allowed are the years 1 to 9999 with 0-999999999 ns");
}

}  // namespace waymark::feedback
