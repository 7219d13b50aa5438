#include "libs/rpc/validation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "libs/base/error.h"
#include "libs/base/utf8.h"
#include "libs/rpc/names.h"

namespace waymark::rpc {
namespace {

constexpr size_t kShownBytes = 83;

}  // namespace

void Violations::Add(absl::string_view field, absl::string_view value,
                     absl::string_view what_to_do) {
  const std::string shown =
      value.empty() ? "" : absl::StrCat("'", Shorten(value, kShownBytes), "' ");
  lines_.push_back({std::string(field), absl::StrCat(shown, what_to_do)});
}

void Violations::CheckName(absl::string_view field, absl::string_view name,
                           absl::string_view pattern) {
  if (!ParseName(pattern, name).ok()) Add(field, name, absl::StrCat("must be like ", pattern));
}

void Violations::CheckSet(absl::string_view field, absl::string_view value) {
  if (value.empty()) Add(field, "", "must be set");
}

void Violations::CheckTime(absl::string_view field, const google::protobuf::Timestamp& time) {
  using google::protobuf::util::TimeUtil;
  if (time.seconds() >= TimeUtil::kTimestampMinSeconds &&
      time.seconds() <= TimeUtil::kTimestampMaxSeconds && time.nanos() >= 0 &&
      time.nanos() < 1'000'000'000) {
    return;
  }
  Add(field, absl::StrCat(time.seconds(), " s ", time.nanos(), " ns"),
      "must be a time of the years 1 to 9999");
}

absl::Status Violations::ToStatus() const {
  if (lines_.empty()) return absl::OkStatus();
  std::string message =
      lines_.size() == 1 ? "1 field is wrong" : absl::StrCat(lines_.size(), " fields are wrong");
  ErrorDetails details;
  details.reason = "INVALID_FIELD";
  const char* separator = ": ";
  for (const Line& line : lines_) {
    absl::StrAppend(&message, std::exchange(separator, "; "), line.field, " ", line.text);
    details.metadata.emplace_back(line.field, line.text);
  }
  return MakeError(absl::StatusCode::kInvalidArgument, message, std::move(details));
}

}  // namespace waymark::rpc
