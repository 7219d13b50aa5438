#include "services/feedback/writer.h"

#include <utility>

#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/status_macros.h"
#include "services/feedback/errors.h"

namespace waymark::feedback {
namespace {

constexpr absl::Duration kRetryAfter = absl::Milliseconds(100);
constexpr absl::Duration kTryInterval = absl::Seconds(1);

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
  absl::Status appended;
  WM_RETURN_IF_ERROR(Perform([&](JournalStore& journal) {
    appended = journal.Append(page);
    Note(appended);
    if (appended.ok()) commits_->Notify();
  }));
  return appended;
}

absl::StatusOr<std::optional<Position>> Writer::Find(const Hash128& key) {
  absl::StatusOr<std::optional<Position>> found;
  WM_RETURN_IF_ERROR(Perform([&](JournalStore& journal) { found = journal.Find(key); }));
  return found;
}

absl::Status Writer::Perform(absl::FunctionRef<void(JournalStore&)> run) {
  Task task{run};
  absl::MutexLock lock(&mutex_);
  if (stopping_) return Stopping();
  tasks_.push_back(&task);
  mutex_.Await(absl::Condition(&task.done));
  return absl::OkStatus();
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
    return stopping_ || !queue_.empty() || !tasks_.empty();
  };
  for (;;) {
    std::vector<std::shared_ptr<Submission>> batches;
    std::vector<Task*> tasks;
    bool try_writing = false;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithDeadline(absl::Condition(&has_work),
                               last_error_.ok() ? absl::InfiniteFuture() : next_try_);
      if (stopping_ && queue_.empty() && tasks_.empty()) return;
      try_writing = !last_error_.ok() && queue_.empty() && absl::Now() >= next_try_;
      batches.swap(queue_);
      tasks.swap(tasks_);
      metrics_.queue_bytes.Set(static_cast<double>(queued_bytes_));
    }
    if (!batches.empty()) CommitBatches(batches);
    if (try_writing) Note(journal_->TryWriting());
    for (Task* task : tasks) task->run(*journal_);
    absl::MutexLock lock(&mutex_);
    for (Task* task : tasks) task->done = true;
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

void Writer::Note(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (status.ok() != last_error_.ok()) {
    LogLine(status.ok() ? LogLevel::kInfo : LogLevel::kError,
            status.ok() ? "the journal is written again" : "the journal cannot be written")
        .Add("error", status.ToString());
  }
  last_error_ = status;
  next_try_ = absl::Now() + kTryInterval;
}

}  // namespace waymark::feedback
