#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace waymark {

/// Details of an error that a program, not a person, acts on. They travel inside absl::Status and
/// reach the client as google.rpc.ErrorInfo (and RetryInfo when `retry_after` is set).
struct ErrorDetails {
  /// A name of waymark.common.v1.ErrorReason without its prefix, e.g. "SIGNAL_NOT_FOUND".
  std::string reason;
  /// Values that the message mentions, e.g. {"source", "sfo-2017"}. Never personal data.
  std::vector<std::pair<std::string, std::string>> metadata;
  /// When the same call is worth trying again; set on RESOURCE_EXHAUSTED by admission control.
  std::optional<absl::Duration> retry_after;
};

/// A status with `details` attached. `message` says what was wrong, with the value, and what to do.
absl::Status MakeError(absl::StatusCode code, absl::string_view message, ErrorDetails details);

/// The common short form: MakeError(kNotFound, "MAP_NOT_FOUND", "no journey map 'x'; see
/// ListJourneyMaps").
absl::Status MakeError(absl::StatusCode code, absl::string_view reason, absl::string_view message);

/// The details of `status`, or nothing when it carries none.
std::optional<ErrorDetails> GetErrorDetails(const absl::Status& status);

/// `status` with `prefix` and ": " before its message; code and details are kept.
absl::Status Annotate(const absl::Status& status, absl::string_view prefix);

}  // namespace waymark
