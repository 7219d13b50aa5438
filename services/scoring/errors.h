#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace waymark::scoring {

/// NOT_FOUND (SOURCE_NOT_FOUND): no signal of `source` has been recorded.
absl::Status SourceNotFound(absl::string_view source);

/// NOT_FOUND (QUESTION_NOT_FOUND); the message lists some that there are.
absl::Status QuestionNotFound(absl::string_view question, const std::vector<std::string>& known);

/// NOT_FOUND (QUESTION_NOT_FOUND): the question has no such version; `known` tells those that it
/// has.
absl::Status QuestionVersionNotFound(absl::string_view version, absl::string_view known);

/// FAILED_PRECONDITION (METRIC_MISMATCH).
absl::Status MetricMismatch(absl::string_view why);

/// UNAVAILABLE (PEER_UNAVAILABLE): another service did not answer.
absl::Status PeerUnavailable(absl::string_view peer, const absl::Status& status);

}  // namespace waymark::scoring
