#include "services/feedback/ingestor.h"

#include <utility>

#include "absl/time/clock.h"
#include "libs/base/status_macros.h"
#include "services/feedback/errors.h"

namespace waymark::feedback {
namespace {

// What a batch will hold, before it is prepared: Submission::bytes of one without a bad signal and
// without anything to redact.
int64_t ExpectedBytes(const Ingestor::Signals& signals) {
  size_t bytes = sizeof(Submission) + signals.size() * sizeof(Candidate);
  for (const v1::Signal& signal : signals) bytes += signal.ByteSizeLong();
  return static_cast<int64_t>(bytes);
}

}  // namespace

absl::StatusOr<std::shared_ptr<Submission>> Ingestor::Submit(const std::string& tenant,
                                                             Signals* signals,
                                                             std::vector<Replayed> replays) {
  WM_RETURN_IF_ERROR(CheckIndexLag());
  WM_ASSIGN_OR_RETURN(Writer::Room room, writer_->Reserve(tenant, ExpectedBytes(*signals)));
  auto batch = std::make_shared<Submission>();
  batch->tenant = tenant;
  batch->replays = std::move(replays);
  text::RedactionCounts redactions;
  WM_RETURN_IF_ERROR(preparer_.Prepare(signals, batch.get(), &redactions));
  WM_RETURN_IF_ERROR(writer_->Submit(batch, std::move(room)));
  for (size_t i = 0; i < text::kPiiKinds; ++i) {
    if (redactions.by_kind[i] > 0) {
      metrics_.redactions[i].Increment(static_cast<double>(redactions.by_kind[i]));
    }
  }
  return batch;
}

absl::Status Ingestor::CheckIndexLag() {
  if (index_lag_.most == 0) return absl::OkStatus();
  const int64_t waiting = index_lag_.waiting();
  absl::MutexLock lock(&mutex_);
  if (waiting <= index_lag_.most) {
    index_pacer_.Served();
    return absl::OkStatus();
  }
  metrics_.shed[static_cast<size_t>(ShedReason::kIndexLag)].Increment();
  return IndexTooFarBehind(waiting, index_lag_.most, index_pacer_.Refused(absl::Now()));
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
  for (const Rejected& one : batch.rejected) ++counts[one.outcome];
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) metrics_.signals[i].Increment(static_cast<double>(counts[i]));
  }
}

}  // namespace waymark::feedback
