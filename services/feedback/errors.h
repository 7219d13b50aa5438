#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace waymark::feedback {

/// INVALID_ARGUMENT (CURSOR_INVALID).
absl::Status CursorInvalid(absl::string_view cursor);

/// RESOURCE_EXHAUSTED (TOO_LARGE): a batch of `bytes` is over `limit`.
absl::Status BatchTooLarge(int64_t bytes, int64_t limit);

/// RESOURCE_EXHAUSTED (OVERLOADED): `queued` of `limit` bytes wait to be committed; try again in
/// `retry_after`.
absl::Status QueueFull(int64_t queued, int64_t limit, absl::Duration retry_after);

/// RESOURCE_EXHAUSTED (OVERLOADED): the same, and of these the tenant's share is used up.
absl::Status TenantQueueFull(int64_t queued, int64_t limit, absl::Duration retry_after);

/// RESOURCE_EXHAUSTED (OVERLOADED): `waiting` signals are not indexed yet, more than `limit`.
absl::Status IndexTooFarBehind(int64_t waiting, int64_t limit, absl::Duration retry_after);

/// DEADLINE_EXCEEDED (DEADLINE_EXCEEDED): the batch may or may not be recorded.
absl::Status CommitTooLate();

/// DEADLINE_EXCEEDED (POSITION_NOT_REACHED): the index is at `reached` only.
absl::Status IndexNotThere(absl::string_view position, absl::string_view reached);

/// NOT_FOUND (SIGNAL_NOT_FOUND). Does not repeat the id, which may be personal data.
absl::Status SignalNotFound(absl::string_view source);

/// NOT_FOUND (CONVERSATION_NOT_FOUND).
absl::Status ConversationNotFound(absl::string_view source);

/// INVALID_ARGUMENT (INVALID_FIELD): the signal does not answer that question.
absl::Status NoSuchAnswer(absl::string_view question);

/// NOT_FOUND (CUSTOMER_LINK_NOT_FOUND).
absl::Status CustomerLinkNotFound(absl::string_view name);

/// NOT_FOUND (CUSTOMER_LINK_NOT_FOUND): what the request made was deleted since.
absl::Status CustomerLinkGone(absl::string_view request_id);

/// INVALID_ARGUMENT (INVALID_FIELD): the request_id made a link of other customers.
absl::Status RequestIdTaken(absl::string_view request_id);

/// FAILED_PRECONDITION (CUSTOMER_TOO_LARGE): the customer would have `ids` ids, more than `limit`.
absl::Status CustomerTooLarge(size_t ids, size_t limit);

/// FAILED_PRECONDITION (INVALID_STATE): an erasure of a customer to be linked is under way.
absl::Status CustomerBeingErased();

/// UNAVAILABLE (STORE_UNAVAILABLE): the service is being stopped.
absl::Status Stopping();

/// NOT_FOUND (QUARANTINED_SIGNAL_NOT_FOUND).
absl::Status QuarantinedSignalNotFound(absl::string_view name);

/// NOT_FOUND (SOURCE_NOT_FOUND); `name` is the source's, or that of its schema or statistics.
absl::Status SourceNotFound(absl::string_view name);

/// NOT_FOUND (CUSTOMER_ERASURE_NOT_FOUND).
absl::Status CustomerErasureNotFound(absl::string_view name);

/// INVALID_ARGUMENT (INVALID_FIELD): another customer's erasure had that request_id.
absl::Status ErasureRequestIdReused(absl::string_view request_id);

/// DATA_LOSS: what the journal holds cannot be read.
absl::Status JournalDamaged(absl::string_view what);

}  // namespace waymark::feedback
