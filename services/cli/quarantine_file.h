#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "waymark/feedback/v1/quarantine_service.pb.h"

namespace waymark::cli {

/// A quarantined signal as a line of a file to be mended, without its end:
///   {"name":"tenants/…","reasons":["…"],"signal":{…}}
/// with the signal in proto3 JSON, as `import jsonl` reads it.
absl::StatusOr<std::string> QuarantineLine(const feedback::v1::QuarantinedSignal& item);

/// Reads such a line. `reasons` is of no account; without `signal` it is replayed as it is kept.
/// INVALID_ARGUMENT: it is no such line; the message says what is wrong.
absl::StatusOr<feedback::v1::QuarantineReplay> ParseQuarantineLine(absl::string_view line);

}  // namespace waymark::cli
