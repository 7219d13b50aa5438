#include "services/cli/ingester.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"
#include "libs/render/text.h"
#include "services/cli/retry.h"

namespace waymark::cli {
namespace {

using feedback::v1::FeedbackService;
using feedback::v1::IngestCounts;
using feedback::v1::IngestResponse;

// The API takes 4 MiB a batch and 256 KiB a signal: what is over the latter but fits a batch goes
// to the server, which keeps it in quarantine.
constexpr size_t kMaxBatchBytes = 3 << 20;

}  // namespace

void CountOutcome(int outcome, IngestCounts* counts) {
  switch (outcome) {
    case feedback::v1::INGEST_OUTCOME_RECORDED:
      return counts->set_recorded(counts->recorded() + 1);
    case feedback::v1::INGEST_OUTCOME_UPDATED:
      return counts->set_updated(counts->updated() + 1);
    case feedback::v1::INGEST_OUTCOME_DUPLICATE:
      return counts->set_duplicate(counts->duplicate() + 1);
    case feedback::v1::INGEST_OUTCOME_STALE:
      return counts->set_stale(counts->stale() + 1);
    case feedback::v1::INGEST_OUTCOME_CONFLICT:
      return counts->set_conflict(counts->conflict() + 1);
    case feedback::v1::INGEST_OUTCOME_ERASED:
      return counts->set_erased(counts->erased() + 1);
    default:
      return counts->set_quarantined(counts->quarantined() + 1);
  }
}

int64_t IngestTotals::signals() const {
  return counts.recorded() + counts.updated() + counts.duplicate() + counts.stale() +
         counts.conflict() + counts.quarantined() + counts.erased();
}

Ingester::Ingester(Client* client, IngesterOptions options)
    : client_(*client), options_(std::move(options)) {
  {
    absl::MutexLock lock(&mutex_);
    filling_ = NewBatch();
  }
  for (int i = 0; i < options_.in_flight; ++i) threads_.emplace_back([this] { SendBatches(); });
}

Ingester::~Ingester() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
    queue_.clear();
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::Status Ingester::Add(int64_t row, feedback::v1::Signal* signal) {
  const size_t bytes = signal->ByteSizeLong();
  if (bytes > kMaxBatchBytes) {
    AddUnreadable(row, absl::StrCat("the signal has ", render::FormatCount(bytes),
                                    " bytes; 262,144 are allowed"));
    return absl::OkStatus();
  }
  if (filling_->bytes + bytes > kMaxBatchBytes) WM_RETURN_IF_ERROR(Enqueue());
  filling_->request.add_signals()->Swap(signal);
  signal->Clear();
  filling_->rows.push_back(row);
  filling_->bytes += bytes;
  return filling_->rows.size() < options_.batch_size ? absl::OkStatus() : Enqueue();
}

void Ingester::AddUnreadable(int64_t row, std::string reason) {
  absl::MutexLock lock(&mutex_);
  totals_.counts.set_quarantined(totals_.counts.quarantined() + 1);
  ++totals_.unreadable;
  AddProblem(row, {{std::move(reason)}});
}

absl::Status Ingester::Flush() {
  if (!filling_->rows.empty()) WM_RETURN_IF_ERROR(Enqueue());
  absl::MutexLock lock(&mutex_);
  const auto idle = [this] {
    mutex_.AssertReaderHeld();
    return (queue_.empty() || !status_.ok()) && sending_ == 0;
  };
  mutex_.Await(absl::Condition(&idle));
  return status_;
}

IngestTotals Ingester::totals() const {
  absl::MutexLock lock(&mutex_);
  return totals_;
}

absl::Status Ingester::Enqueue() {
  absl::MutexLock lock(&mutex_);
  const auto has_room = [this] {
    mutex_.AssertReaderHeld();
    return queue_.size() < static_cast<size_t>(options_.in_flight) || !status_.ok();
  };
  mutex_.Await(absl::Condition(&has_room));
  WM_RETURN_IF_ERROR(status_);
  queue_.push_back(std::exchange(filling_, NewBatch()));
  return absl::OkStatus();
}

void Ingester::SendBatches() {
  absl::MutexLock lock(&mutex_);
  const auto has_work = [this] {
    mutex_.AssertReaderHeld();
    return ending_ || (!queue_.empty() && status_.ok());
  };
  while (true) {
    mutex_.Await(absl::Condition(&has_work));
    if (ending_) return;
    std::unique_ptr<Batch> batch = std::move(queue_.front());
    queue_.pop_front();
    ++sending_;
    mutex_.Unlock();
    absl::StatusOr<IngestResponse> response = Send(batch->request);
    mutex_.Lock();
    --sending_;
    if (response.ok()) {
      answered_ = true;
      Count(*batch, *response);
      spare_.push_back(std::move(batch));
    } else {
      status_.Update(response.status());
    }
  }
}

absl::StatusOr<IngestResponse> Ingester::Send(const feedback::v1::IngestRequest& request) {
  Backoff backoff(Patience());
  while (true) {
    auto response = client_.Call(&FeedbackService::StubInterface::Ingest, request);
    if (response.ok() && response->outcomes_size() != request.signals_size()) {
      return absl::InternalError(absl::StrCat("the server answered ", response->outcomes_size(),
                                              " outcomes for ", request.signals_size(),
                                              " signals"));
    }
    if (response.ok()) return response;
    const std::optional<absl::Duration> delay = backoff.Next(response.status());
    if (!delay.has_value() || HasFailed()) return response;
    options_.on_retry(response.status(), *delay);
    options_.sleep(*delay);
  }
}

absl::Duration Ingester::Patience() const {
  absl::MutexLock lock(&mutex_);
  return answered_ ? options_.patience : options_.first_patience;
}

bool Ingester::HasFailed() const {
  absl::MutexLock lock(&mutex_);
  return ending_ || !status_.ok();
}

void Ingester::Count(const Batch& batch, const IngestResponse& response) {
  for (const int outcome : response.outcomes()) CountOutcome(outcome, &totals_.counts);
  totals_.position = std::max(totals_.position, response.position());
  for (const feedback::v1::IngestProblem& problem : response.problems()) {
    if (problem.index() < 0 || problem.index() >= response.outcomes_size()) continue;
    const int index = static_cast<int>(problem.index());
    AddProblem(batch.rows[index],
               {{problem.reasons().begin(), problem.reasons().end()},
                response.outcomes(index) == feedback::v1::INGEST_OUTCOME_CONFLICT});
  }
}

void Ingester::AddProblem(int64_t row, Problem problem) {
  ++totals_.problem_count;
  totals_.problems[row] = std::move(problem);
  if (totals_.problems.size() > options_.max_problems) {
    totals_.problems.erase(std::prev(totals_.problems.end()));
  }
}

std::unique_ptr<Ingester::Batch> Ingester::NewBatch() {
  if (spare_.empty()) {
    auto batch = std::make_unique<Batch>();
    batch->request.set_parent(absl::StrCat("tenants/", client_.tenant()));
    return batch;
  }
  std::unique_ptr<Batch> batch = std::move(spare_.back());
  spare_.pop_back();
  batch->request.clear_signals();
  batch->rows.clear();
  batch->bytes = 0;
  return batch;
}

}  // namespace waymark::cli
