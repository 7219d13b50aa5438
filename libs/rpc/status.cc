#include "libs/rpc/status.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/base/error.h"
#include "libs/base/utf8.h"
#include "waymark/common/v1/error_details.pb.h"
#include "waymark/common/v1/error_reason.pb.h"

namespace waymark::rpc {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";

// What fits into a client's 8 KiB: the message goes out twice, once percent-encoded, which makes
// three bytes of one that is not ASCII.
constexpr size_t kMaxMessageBytes = 1500;
constexpr size_t kMaxMetadataBytes = 700;

void FillMetadata(const ErrorDetails& details, common::v1::ErrorInfo* info) {
  size_t left = kMaxMetadataBytes;
  for (const auto& [key, value] : details.metadata) {
    if (key.size() >= left) return;
    const std::string shown = Shorten(value, left - key.size());
    left -= std::min(left, key.size() + shown.size());
    (*info->mutable_metadata())[key] = shown;
  }
}

bool IsKnownReason(const std::string& reason) {
  common::v1::ErrorReason value;
  return common::v1::ErrorReason_Parse(absl::StrCat("ERROR_REASON_", reason), &value) &&
         value != common::v1::ERROR_REASON_UNSPECIFIED;
}

bool IsOurFault(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

// What a client may know of an error to which nobody gave a reason.
std::optional<absl::Status> General(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return MakeError(status.code(), "INVALID_FIELD", status.message());
    case absl::StatusCode::kCancelled:
      return MakeError(status.code(), "CANCELLED", "the caller gave the call up");
    case absl::StatusCode::kDeadlineExceeded:
      return MakeError(status.code(), "DEADLINE_EXCEEDED",
                       "the call did not end within its deadline; ask for less or wait longer");
    case absl::StatusCode::kUnavailable:
      return MakeError(status.code(), "PEER_UNAVAILABLE",
                       "a service that this answer needs cannot be reached; try again");
    default:
      return std::nullopt;
  }
}

}  // namespace

absl::Status ForClient(const absl::Status& status, absl::string_view incident, bool* hidden) {
  *hidden = false;
  if (status.ok()) return status;
  if (!IsOurFault(status.code())) {
    const std::optional<ErrorDetails> details = GetErrorDetails(status);
    if (details && IsKnownReason(details->reason)) return status;
    if (std::optional<absl::Status> general = General(status)) return *general;
  }
  *hidden = true;
  ErrorDetails details;
  details.reason = "INTERNAL";
  details.metadata.emplace_back("incident", std::string(incident));
  return MakeError(
      absl::StatusCode::kInternal,
      absl::StrCat("something failed here; the server's log has the details under ", incident),
      std::move(details));
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  common::v1::Status wire;
  wire.set_code(static_cast<int>(status.code()));
  wire.set_message(Shorten(status.message(), kMaxMessageBytes));
  if (const std::optional<ErrorDetails> details = GetErrorDetails(status)) {
    common::v1::ErrorInfo info;
    info.set_reason(details->reason);
    info.set_domain(kErrorDomain);
    FillMetadata(*details, &info);
    google::protobuf::Any* any = wire.add_details();
    any->set_type_url(kErrorInfoUrl);
    any->set_value(info.SerializeAsString());
    if (details->retry_after) {
      common::v1::RetryInfo retry;
      const int64_t ms = absl::ToInt64Milliseconds(*details->retry_after);
      retry.mutable_retry_delay()->set_seconds(ms / 1000);
      retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(ms % 1000) * 1'000'000);
      any = wire.add_details();
      any->set_type_url(kRetryInfoUrl);
      any->set_value(retry.SerializeAsString());
    }
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), wire.message(),
                      wire.SerializeAsString());
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  common::v1::Status wire;
  ErrorDetails details;
  common::v1::ErrorInfo info;
  common::v1::RetryInfo retry;
  if (!wire.ParseFromString(status.error_details())) wire.Clear();
  for (const google::protobuf::Any& any : wire.details()) {
    if (any.type_url() == kErrorInfoUrl && info.ParseFromString(any.value())) {
      details.reason = info.reason();
      for (const auto& [key, value] : info.metadata()) details.metadata.emplace_back(key, value);
    } else if (any.type_url() == kRetryInfoUrl && retry.ParseFromString(any.value())) {
      details.retry_after = absl::Seconds(retry.retry_delay().seconds()) +
                            absl::Nanoseconds(retry.retry_delay().nanos());
    }
  }
  if (details.reason.empty()) return absl::Status(code, status.error_message());
  return MakeError(code, status.error_message(), std::move(details));
}

}  // namespace waymark::rpc
