#include "services/feedback/errors.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/error.h"

namespace waymark::feedback {

absl::Status CursorInvalid(absl::string_view cursor) {
  return MakeError(absl::StatusCode::kInvalidArgument, "CURSOR_INVALID",
                   absl::StrCat("'", cursor.substr(0, 80),
                                "' is not a cursor of this feed; pass next_cursor as it was given, "
                                "or none to start from the beginning"));
}

absl::Status BatchTooLarge(int64_t bytes, int64_t limit) {
  return MakeError(absl::StatusCode::kResourceExhausted, "TOO_LARGE",
                   absl::StrCat("the batch has ", bytes, " bytes, ", limit,
                                " are allowed; send it in smaller batches"));
}

absl::Status QueueFull(int64_t queued, int64_t limit, absl::Duration retry_after) {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat(queued, " of ", limit, " bytes wait to be committed; send the batch again in ",
                   absl::FormatDuration(retry_after)),
      {.reason = "OVERLOADED", .retry_after = retry_after});
}

absl::Status TenantQueueFull(int64_t queued, int64_t limit, absl::Duration retry_after) {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat(queued, " of ", limit,
                   " bytes wait to be committed, your share of them; send the batch again in ",
                   absl::FormatDuration(retry_after), ", and fewer at once"),
      {.reason = "OVERLOADED", .retry_after = retry_after});
}

absl::Status IndexTooFarBehind(int64_t waiting, int64_t limit, absl::Duration retry_after) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat(waiting, " signals wait to be indexed, more than ", limit,
                                "; send the batch again in ", absl::FormatDuration(retry_after)),
                   {.reason = "OVERLOADED", .retry_after = retry_after});
}

absl::Status CommitTooLate() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                   "the batch was not committed within the deadline; send it again: what is "
                   "recorded already will be a duplicate");
}

absl::Status IndexNotThere(absl::string_view position, absl::string_view reached) {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "POSITION_NOT_REACHED",
                   absl::StrCat("the index has come to '", reached, "' only, not yet to '",
                                position, "'; try again, or allow more time"));
}

absl::Status SignalNotFound(absl::string_view source) {
  return MakeError(
      absl::StatusCode::kNotFound, "SIGNAL_NOT_FOUND",
      absl::StrCat("source '", source, "' has no signal with that external_id, or it was deleted"));
}

absl::Status ConversationNotFound(absl::string_view source) {
  return MakeError(absl::StatusCode::kNotFound, "CONVERSATION_NOT_FOUND",
                   absl::StrCat("source '", source, "' has no messages of that conversation"));
}

absl::Status NoSuchAnswer(absl::string_view question) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                   absl::StrCat("question: the signal has no answer to '", question.substr(0, 80),
                                "'; GetSignal shows what it has, a row of a matrix is "
                                "QUESTION/ROW"));
}

absl::Status CustomerLinkNotFound(absl::string_view name) {
  return MakeError(absl::StatusCode::kNotFound, "CUSTOMER_LINK_NOT_FOUND",
                   absl::StrCat("there is no '", name, "' (any more); see ListCustomerLinks"));
}

absl::Status CustomerLinkGone(absl::string_view request_id) {
  return MakeError(absl::StatusCode::kNotFound, "CUSTOMER_LINK_NOT_FOUND",
                   absl::StrCat("the link that the request_id '", request_id,
                                "' made has been deleted since; to link again send another one"));
}

absl::Status RequestIdTaken(absl::string_view request_id) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                   absl::StrCat("request_id: '", request_id,
                                "' linked other customers; send one of its own for each link"));
}

absl::Status CustomerTooLarge(size_t ids, size_t limit) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "CUSTOMER_TOO_LARGE",
      absl::StrCat("linked, they would be one customer with ", ids, " ids, ", limit,
                   " are allowed; look at the links of both and delete what is wrong"));
}

absl::Status CustomerBeingErased() {
  return MakeError(absl::StatusCode::kFailedPrecondition, "INVALID_STATE",
                   "one of the customers is being erased; link them, if that is still right, when "
                   "the erasure is done");
}

absl::Status Stopping() {
  return MakeError(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                   "the service is stopping; send the batch again");
}

absl::Status QuarantinedSignalNotFound(absl::string_view name) {
  return MakeError(
      absl::StatusCode::kNotFound, "QUARANTINED_SIGNAL_NOT_FOUND",
      absl::StrCat("'", name, "' is not in quarantine (any more); see ListQuarantinedSignals"));
}

absl::Status SourceNotFound(absl::string_view name) {
  for (const absl::string_view part : {"/schema", "/statistics"}) absl::ConsumeSuffix(&name, part);
  return MakeError(absl::StatusCode::kNotFound, "SOURCE_NOT_FOUND",
                   absl::StrCat("there is no '", name,
                                "': it has sent nothing and is not registered; see ListSources"));
}

absl::Status CustomerErasureNotFound(absl::string_view name) {
  return MakeError(absl::StatusCode::kNotFound, "CUSTOMER_ERASURE_NOT_FOUND",
                   absl::StrCat("there is no '", name, "'; see ListCustomerErasures"));
}

absl::Status ErasureRequestIdReused(absl::string_view request_id) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                   absl::StrCat("request_id '", request_id,
                                "' was used to erase another customer; make up a new one"));
}

absl::Status JournalDamaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the journal is damaged: ", what));
}

}  // namespace waymark::feedback
