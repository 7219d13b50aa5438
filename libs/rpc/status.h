#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/support/status.h"

namespace waymark::rpc {

/// The `domain` of every ErrorInfo of ours.
inline constexpr char kErrorDomain[] = "waymark";

/// `status` as it may leave the process, with ErrorDetails attached (see libs/base/error.h).
/// What carries a reason known to common.v1.ErrorReason passes. INVALID_ARGUMENT, CANCELLED,
/// DEADLINE_EXCEEDED and UNAVAILABLE without one get a general reason (the last three a general
/// message too). Anything else, and all of INTERNAL, UNKNOWN and DATA_LOSS, becomes INTERNAL with
/// `incident` in place of its message; `*hidden` tells the caller to log the original.
absl::Status ForClient(const absl::Status& status, absl::string_view incident, bool* hidden);

/// To the wire. ErrorDetails become google.rpc.ErrorInfo and RetryInfo in grpc-status-details-bin.
/// A long message and long metadata are cut: clients refuse trailers of more than 8 KiB in all.
grpc::Status ToGrpcStatus(const absl::Status& status);

/// From the wire, with the ErrorDetails that the peer attached.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace waymark::rpc
