#include "services/action/errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace waymark::action::errors {
namespace {

absl::Status NotFound(absl::string_view reason, absl::string_view what, absl::string_view name,
                      absl::string_view method) {
  return MakeError(absl::StatusCode::kNotFound, reason,
                   absl::StrCat("there is no ", what, " '", name, "'; see ", method));
}

absl::Status FailedState(absl::string_view message) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "INVALID_STATE", message);
}

}  // namespace

absl::Status ProgrammeNotFound(absl::string_view name) {
  return NotFound("PROGRAMME_NOT_FOUND", "programme", name, "ListProgrammes");
}

absl::Status ActionNotFound(absl::string_view name) {
  return NotFound("ACTION_NOT_FOUND", "action", name, "ListActions");
}

absl::Status CaseNotFound(absl::string_view name) {
  return NotFound("CASE_NOT_FOUND", "case", name, "ListCases");
}

absl::Status PriorityNotFound(absl::string_view name) {
  return NotFound("PRIORITY_NOT_FOUND", "priority", name,
                  "ListPriorities of the scoring service for those there are now");
}

absl::Status AlreadyExists(absl::string_view name) {
  return MakeError(
      absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS",
      absl::StrCat("'", name, "' exists already; change it by an update, or take another id"));
}

absl::Status RequestIdReused(absl::string_view request_id) {
  const std::string text = absl::StrCat(
      "'", request_id, "' was the id of another request within 24 hours; give each its own");
  return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat("request_id ", text),
                   {.reason = "INVALID_FIELD", .metadata = {{"request_id", text}}});
}

absl::Status InvalidState(absl::string_view name, absl::string_view from, absl::string_view to,
                          absl::string_view allowed) {
  return FailedState(absl::StrCat("'", name, "' is ", from, " and cannot become ", to, "; ",
                                  allowed.empty() ? "that state is final: make a new one"
                                                  : absl::StrCat("what can follow is ", allowed)));
}

absl::Status CannotEvaluate(absl::string_view name, absl::string_view why) {
  return FailedState(absl::StrCat("'", name, "' cannot be evaluated: it ", why));
}

absl::Status PeerUnavailable(absl::string_view peer, const absl::Status& status) {
  return MakeError(
      absl::StatusCode::kUnavailable, "PEER_UNAVAILABLE",
      absl::StrCat("the ", peer, " service does not answer (", status.message(), "); try again"));
}

}  // namespace waymark::action::errors
