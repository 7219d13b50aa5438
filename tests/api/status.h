#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "grpcpp/support/status.h"
#include "waymark/common/v1/error_details.pb.h"

namespace waymark::api_test {

/// The ErrorInfo in the trailer grpc-status-details-bin; empty when there is none.
common::v1::ErrorInfo ErrorInfoOf(const grpc::Status& status);

/// "" when the details of a failed call are what the protos promise: a Status that repeats code and
/// message, with one ErrorInfo of domain waymark whose reason is a value of ErrorReason. Else what
/// is wrong with them.
std::string DetailsProblem(const grpc::Status& status);

/// For messages of failed expectations.
std::string Describe(const grpc::Status& status);

MATCHER(IsOk, "is OK") {
  *result_listener << Describe(arg);
  return arg.ok();
}

/// Matches a grpc::Status of that code with sound details and that reason.
MATCHER_P2(Fails, code, reason,
           absl::StrCat("fails with code ", static_cast<int>(code), " and reason ", reason)) {
  *result_listener << Describe(arg) << " " << DetailsProblem(arg);
  return arg.error_code() == code && DetailsProblem(arg).empty() &&
         ErrorInfoOf(arg).reason() == reason;
}

}  // namespace waymark::api_test
