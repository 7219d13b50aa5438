#include "services/cli/retry.h"

#include <algorithm>

#include "libs/base/error.h"

namespace waymark::cli {
namespace {

constexpr absl::Duration kLongestStep = absl::Seconds(5);

}  // namespace

bool IsTransient(const absl::Status& status) {
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
      return true;
    case absl::StatusCode::kResourceExhausted:
      return !details.has_value() || details->reason == "OVERLOADED";
    default:
      return false;
  }
}

std::optional<absl::Duration> Backoff::Next(const absl::Status& status) {
  if (!IsTransient(status)) return std::nullopt;
  absl::Duration delay = step_ * absl::Uniform(random_, 0.5, 1.0);
  step_ = std::min(2 * step_, kLongestStep);
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  if (details.has_value() && details->retry_after.has_value()) {
    delay = std::max(delay, *details->retry_after);
  }
  if (delay > patience_) return std::nullopt;
  patience_ -= delay;
  return delay;
}

}  // namespace waymark::cli
