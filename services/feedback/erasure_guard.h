#pragma once

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "services/feedback/key_store.h"
#include "services/feedback/submission.h"

namespace waymark::feedback {

/// Sets the outcome ERASED, in the writer's transaction, of what must not be taken in: signals of a
/// customer whose erasure is under way; signals whose key is known of such a customer, whoever they
/// are about now; and invalid signals whose key is erased. That of valid ones is left to
/// KeyStore::Resolve. While nothing is being erased it costs a look at a small table.
absl::Status TurnAwayErased(sql::Connection& connection, KeyStore& keys,
                            absl::Span<Submission* const> batches);

}  // namespace waymark::feedback
