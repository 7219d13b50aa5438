#include "services/feedback/outcomes.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace waymark::feedback {

absl::string_view OutcomeName(v1::IngestOutcome outcome) {
  switch (outcome) {
    case v1::INGEST_OUTCOME_RECORDED:
      return "recorded";
    case v1::INGEST_OUTCOME_UPDATED:
      return "updated";
    case v1::INGEST_OUTCOME_DUPLICATE:
      return "duplicate";
    case v1::INGEST_OUTCOME_STALE:
      return "stale";
    case v1::INGEST_OUTCOME_CONFLICT:
      return "conflict";
    case v1::INGEST_OUTCOME_QUARANTINED:
      return "quarantined";
    case v1::INGEST_OUTCOME_ERASED:
      return "erased";
    default:
      return "unspecified";
  }
}

void AddOutcome(v1::IngestOutcome outcome, v1::IngestCounts* counts) {
  switch (outcome) {
    case v1::INGEST_OUTCOME_RECORDED:
      return counts->set_recorded(counts->recorded() + 1);
    case v1::INGEST_OUTCOME_UPDATED:
      return counts->set_updated(counts->updated() + 1);
    case v1::INGEST_OUTCOME_DUPLICATE:
      return counts->set_duplicate(counts->duplicate() + 1);
    case v1::INGEST_OUTCOME_STALE:
      return counts->set_stale(counts->stale() + 1);
    case v1::INGEST_OUTCOME_CONFLICT:
      return counts->set_conflict(counts->conflict() + 1);
    case v1::INGEST_OUTCOME_QUARANTINED:
      return counts->set_quarantined(counts->quarantined() + 1);
    case v1::INGEST_OUTCOME_ERASED:
      return counts->set_erased(counts->erased() + 1);
    default:
      return;
  }
}

void FillOutcomes(const Submission& batch, google::protobuf::RepeatedField<int>* outcomes) {
  outcomes->Resize(static_cast<int>(batch.size()), v1::INGEST_OUTCOME_QUARANTINED);
  for (const Candidate& candidate : batch.candidates) {
    outcomes->Set(static_cast<int>(candidate.ordinal), candidate.outcome);
  }
  for (const Rejected& one : batch.rejected) {
    outcomes->Set(static_cast<int>(one.ordinal), one.outcome);
  }
}

void FillProblems(const Submission& batch, int64_t first, int limit,
                  google::protobuf::RepeatedPtrField<v1::IngestProblem>* problems) {
  // Rejected signals are few or have long reasons, conflicts all have the same.
  std::vector<std::pair<uint32_t, const Rejected*>> found;
  for (const Rejected& one : batch.rejected) {
    if (one.outcome == v1::INGEST_OUTCOME_QUARANTINED) found.emplace_back(one.ordinal, &one);
  }
  for (const Candidate& one : batch.candidates) {
    if (one.outcome == v1::INGEST_OUTCOME_CONFLICT) found.emplace_back(one.ordinal, nullptr);
  }
  std::sort(found.begin(), found.end());
  if (static_cast<int>(found.size()) > limit) found.resize(limit);
  for (const auto& [ordinal, rejected] : found) {
    v1::IngestProblem* problem = problems->Add();
    problem->set_index(first + ordinal);
    if (rejected == nullptr) {
      problem->add_reasons(kConflictReason);
    } else {
      problem->mutable_reasons()->Assign(rejected->reasons.begin(), rejected->reasons.end());
    }
  }
}

Position LastPosition(const Submission& batch) {
  Position last;
  for (const Candidate& candidate : batch.candidates) last = std::max(last, candidate.position);
  return last;
}

}  // namespace waymark::feedback
