#include "libs/base/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace waymark {
namespace {

// Private to this file: libs/rpc turns the details into protobuf, so that this library needs none.
constexpr char kPayloadUrl[] = "waymark/ErrorDetails";
constexpr char kFieldSeparator = '\0';

}  // namespace

absl::Status MakeError(absl::StatusCode code, absl::string_view message, ErrorDetails details) {
  absl::Status status(code, message);
  std::string payload = absl::StrCat(
      details.reason, absl::string_view(&kFieldSeparator, 1),
      details.retry_after ? absl::StrCat(absl::ToInt64Milliseconds(*details.retry_after)) : "");
  for (const auto& [key, value] : details.metadata) {
    absl::StrAppend(&payload, absl::string_view(&kFieldSeparator, 1), key,
                    absl::string_view(&kFieldSeparator, 1), value);
  }
  status.SetPayload(kPayloadUrl, absl::Cord(payload));
  return status;
}

absl::Status MakeError(absl::StatusCode code, absl::string_view reason, absl::string_view message) {
  ErrorDetails details;
  details.reason = std::string(reason);
  return MakeError(code, message, std::move(details));
}

std::optional<ErrorDetails> GetErrorDetails(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  if (!payload) return std::nullopt;
  const std::vector<std::string> fields = absl::StrSplit(std::string(*payload), kFieldSeparator);
  if (fields.size() < 2) return std::nullopt;
  ErrorDetails details;
  details.reason = fields[0];
  int64_t retry_ms = 0;
  if (absl::SimpleAtoi(fields[1], &retry_ms)) details.retry_after = absl::Milliseconds(retry_ms);
  for (size_t i = 2; i + 1 < fields.size(); i += 2) {
    details.metadata.emplace_back(fields[i], fields[i + 1]);
  }
  return details;
}

absl::Status Annotate(const absl::Status& status, absl::string_view prefix) {
  if (status.ok()) return status;
  absl::Status annotated(status.code(), absl::StrCat(prefix, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    annotated.SetPayload(url, payload);
  });
  return annotated;
}

}  // namespace waymark
