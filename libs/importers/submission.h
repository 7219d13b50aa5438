#pragma once

#include "absl/status/status.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::importers {

/// Takes another row of the same submission into *submission: answers and attributes are added,
/// equal ones collapse, an answer beats a blank. Event time and sequence stay as the first row has
/// them. INVALID_ARGUMENT: the row contradicts what is there; the message names each contradiction,
/// and *submission is then of no use.
absl::Status MergeRow(const feedback::v1::Signal& row, feedback::v1::Signal* submission);

}  // namespace waymark::importers
