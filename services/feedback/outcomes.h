#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "services/feedback/position.h"
#include "services/feedback/submission.h"
#include "waymark/feedback/v1/feedback_service.pb.h"

namespace waymark::feedback {

/// "recorded", "updated", ...: the outcome as a metric's label.
absl::string_view OutcomeName(v1::IngestOutcome outcome);

/// Adds one signal of that outcome.
void AddOutcome(v1::IngestOutcome outcome, v1::IngestCounts* counts);

/// The outcomes of a committed batch, one per signal in the order they came in.
void FillOutcomes(const Submission& batch, google::protobuf::RepeatedField<int>* outcomes);

/// Why signals of a committed batch were quarantined, in their order; `first` is added to each
/// index, at most `limit` are added.
void FillProblems(const Submission& batch, int64_t first, int limit,
                  google::protobuf::RepeatedPtrField<v1::IngestProblem>* problems);

/// The last position that a committed batch's signals, or those already known, have.
Position LastPosition(const Submission& batch);

/// Why a candidate in CONFLICT is quarantined.
inline constexpr char kConflictReason[] =
    "revision: this revision is recorded already with other content; send a higher revision to "
    "replace it";

}  // namespace waymark::feedback
