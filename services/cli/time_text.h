#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/timestamp.pb.h"

namespace waymark::cli {

/// Reads a day ("2026-05-01", its start in UTC) or an instant in RFC 3339. INVALID_ARGUMENT: it is
/// neither.
absl::StatusOr<google::protobuf::Timestamp> ParseTime(const std::string& text);

/// "2026-05-01 08:00" in UTC, for people; empty when it is not set.
std::string TimeText(const google::protobuf::Timestamp& timestamp);

/// In RFC 3339, UTC, for programs.
std::string Rfc3339(const google::protobuf::Timestamp& timestamp);

}  // namespace waymark::cli
