#include "services/feedback/writer.h"

#include <utility>

#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "services/feedback/errors.h"

namespace waymark::feedback {
namespace {

constexpr absl::Duration kRetryAfter = absl::Milliseconds(100);

}  // namespace

Writer::Writer(std::unique_ptr<JournalStore> journal, CommitSignal* commits,
               int64_t max_queued_bytes, const IngestMetrics& metrics)
    : journal_(std::move(journal)),
      commits_(commits),
      max_queued_bytes_(max_queued_bytes),
      metrics_(metrics) {
  metrics_.keys.Set(static_cast<double>(journal_->keys()));
}

Writer::~Writer() { Stop(); }

void Writer::Start() {
  thread_ = std::thread([this] { Run(); });
}

absl::Status Writer::Submit(std::shared_ptr<Submission> batch) {
  const int64_t bytes = batch->bytes();
  absl::MutexLock lock(&mutex_);
  if (stopping_) return Stopping();
  if (queued_bytes_ > 0 && queued_bytes_ + bytes > max_queued_bytes_) {
    return QueueFull(queued_bytes_, max_queued_bytes_, kRetryAfter);
  }
  queued_bytes_ += bytes;
  queue_.push_back(std::move(batch));
  return absl::OkStatus();
}

absl::Status Writer::Append(const ReplacementPage& page) {
  PendingPage pending{&page};
  absl::MutexLock lock(&mutex_);
  if (stopping_) return Stopping();
  pages_.push_back(&pending);
  mutex_.Await(absl::Condition(&pending.done));
  return pending.status;
}

void Writer::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status Writer::last_error() const {
  absl::MutexLock lock(&mutex_);
  return last_error_;
}

void Writer::Run() {
  const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !queue_.empty() || !pages_.empty();
  };
  for (;;) {
    std::vector<std::shared_ptr<Submission>> batches;
    PendingPage* page = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&has_work));
      if (queue_.empty() && pages_.empty()) return;
      batches.swap(queue_);
      if (!pages_.empty()) {
        page = pages_.front();
        pages_.pop_front();
      }
      metrics_.queue_bytes.Set(static_cast<double>(queued_bytes_));
    }
    if (!batches.empty()) CommitBatches(batches);
    if (page != nullptr) CommitPage(page);
  }
}

void Writer::CommitBatches(const std::vector<std::shared_ptr<Submission>>& batches) {
  std::vector<Submission*> pointers;
  int64_t bytes = 0;
  double signals = 0;
  for (const auto& batch : batches) {
    pointers.push_back(batch.get());
    bytes += batch->bytes();
    signals += static_cast<double>(batch->size());
  }
  const absl::Time start = absl::Now();
  const absl::Status status = journal_->Commit(pointers);
  metrics_.commit_seconds.Observe(absl::ToDoubleSeconds(absl::Now() - start));
  metrics_.commit_signals.Observe(signals);
  metrics_.keys.Set(static_cast<double>(journal_->keys()));
  Note(status);
  {
    absl::MutexLock lock(&mutex_);
    queued_bytes_ -= bytes;
    metrics_.queue_bytes.Set(static_cast<double>(queued_bytes_));
  }
  for (const auto& batch : batches) {
    batch->status = status;
    batch->done.Notify();
  }
  if (status.ok()) commits_->Notify();
}

void Writer::CommitPage(PendingPage* pending) {
  const absl::Status status = journal_->Append(*pending->page);
  Note(status);
  if (status.ok()) commits_->Notify();
  absl::MutexLock lock(&mutex_);
  pending->status = status;
  pending->done = true;
}

void Writer::Note(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (status.ok() != last_error_.ok()) {
    LogLine(status.ok() ? LogLevel::kInfo : LogLevel::kError,
            status.ok() ? "the journal is written again" : "the journal cannot be written")
        .Add("error", status.ToString());
  }
  last_error_ = status;
}

}  // namespace waymark::feedback
