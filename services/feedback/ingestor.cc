#include "services/feedback/ingestor.h"

#include <utility>

#include "libs/base/status_macros.h"
#include "services/feedback/errors.h"

namespace waymark::feedback {
absl::StatusOr<std::shared_ptr<Submission>> Ingestor::Submit(const std::string& tenant,
                                                             Signals* signals,
                                                             std::vector<Replayed> replays) {
  auto batch = std::make_shared<Submission>();
  batch->tenant = tenant;
  batch->replays = std::move(replays);
  text::RedactionCounts redactions;
  WM_RETURN_IF_ERROR(preparer_.Prepare(signals, batch.get(), &redactions));
  WM_RETURN_IF_ERROR(writer_->Submit(batch));
  for (size_t i = 0; i < text::kPiiKinds; ++i) {
    if (redactions.by_kind[i] > 0) {
      metrics_.redactions[i].Increment(static_cast<double>(redactions.by_kind[i]));
    }
  }
  return batch;
}

absl::Status Ingestor::Await(const Submission& batch, absl::Time deadline) {
  if (!batch.done.WaitForNotificationWithDeadline(deadline)) return CommitTooLate();
  WM_RETURN_IF_ERROR(batch.status);
  CountOutcomes(batch);
  return absl::OkStatus();
}

void Ingestor::CountOutcomes(const Submission& batch) {
  std::array<int64_t, v1::IngestOutcome_ARRAYSIZE> counts = {};
  for (const Candidate& candidate : batch.candidates) ++counts[candidate.outcome];
  counts[v1::INGEST_OUTCOME_QUARANTINED] += static_cast<int64_t>(batch.rejected.size());
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) metrics_.signals[i].Increment(static_cast<double>(counts[i]));
  }
}

}  // namespace waymark::feedback
