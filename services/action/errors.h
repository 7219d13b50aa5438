#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace waymark::action::errors {

/// NOT_FOUND: PROGRAMME_NOT_FOUND, ACTION_NOT_FOUND, CASE_NOT_FOUND or PRIORITY_NOT_FOUND; `name`
/// is the full name of what is missing.
absl::Status ProgrammeNotFound(absl::string_view name);
absl::Status ActionNotFound(absl::string_view name);
absl::Status CaseNotFound(absl::string_view name);
absl::Status PriorityNotFound(absl::string_view name);

/// ALREADY_EXISTS (ALREADY_EXISTS).
absl::Status AlreadyExists(absl::string_view name);

/// INVALID_ARGUMENT (INVALID_FIELD): another create had that request_id.
absl::Status RequestIdReused(absl::string_view request_id);

/// FAILED_PRECONDITION (INVALID_STATE): `name` is in state `from` and cannot be brought to `to`;
/// `allowed` names the states that can follow, or is empty.
absl::Status InvalidState(absl::string_view name, absl::string_view from, absl::string_view to,
                          absl::string_view allowed);
/// FAILED_PRECONDITION (INVALID_STATE): `why` completes "'name' cannot be evaluated: it ...".
absl::Status CannotEvaluate(absl::string_view name, absl::string_view why);

/// UNAVAILABLE (PEER_UNAVAILABLE): another service did not answer.
absl::Status PeerUnavailable(absl::string_view peer, const absl::Status& status);

}  // namespace waymark::action::errors
