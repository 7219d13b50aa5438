#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/cli/client.h"

namespace waymark::cli {

/// Waits until the index of signals, journey and scoring have applied the feed up to `position`, so
/// that a read sees what was written; nothing to do when it is empty. DEADLINE_EXCEEDED after
/// `patience`: the message says which of them lags.
absl::Status WaitUntilCaughtUp(Client& client, const std::string& position,
                               absl::Duration patience = absl::Minutes(10));

}  // namespace waymark::cli
