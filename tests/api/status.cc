#include "tests/api/status.h"

#include "absl/strings/str_cat.h"
#include "waymark/common/v1/error_reason.pb.h"

namespace waymark::api_test {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";

}  // namespace

common::v1::ErrorInfo ErrorInfoOf(const grpc::Status& status) {
  common::v1::Status details;
  common::v1::ErrorInfo info;
  if (!details.ParseFromString(status.error_details())) return info;
  for (const auto& any : details.details()) {
    if (any.type_url() == kErrorInfoUrl && info.ParseFromString(any.value())) return info;
  }
  return {};
}

std::string DetailsProblem(const grpc::Status& status) {
  common::v1::Status details;
  if (status.error_details().empty()) return "has no details";
  if (!details.ParseFromString(status.error_details())) return "has details that are no Status";
  if (details.code() != status.error_code()) return "has details of another code";
  if (details.message() != status.error_message()) return "has details of another message";
  if (status.error_message().empty()) return "has no message";
  const common::v1::ErrorInfo info = ErrorInfoOf(status);
  if (info.domain() != "waymark") return absl::StrCat("is of domain '", info.domain(), "'");
  common::v1::ErrorReason reason;
  if (!common::v1::ErrorReason_Parse(absl::StrCat("ERROR_REASON_", info.reason()), &reason) ||
      reason == common::v1::ERROR_REASON_UNSPECIFIED) {
    return absl::StrCat("has reason '", info.reason(), "', which is no ErrorReason");
  }
  return "";
}

std::string Describe(const grpc::Status& status) {
  return absl::StrCat("code ", static_cast<int>(status.error_code()), " (",
                      ErrorInfoOf(status).reason(), "): ", status.error_message());
}

}  // namespace waymark::api_test
