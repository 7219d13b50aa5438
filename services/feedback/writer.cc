#include "services/feedback/writer.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/status_macros.h"
#include "services/feedback/errors.h"

namespace waymark::feedback {
namespace {

constexpr absl::Duration kTryInterval = absl::Seconds(1);
// How long a commit takes while more waits than it can take: so long that syncing the disk is a
// small part of it, so short that the next one, with another tenant's batch, begins soon.
constexpr absl::Duration kCommitTarget = absl::Milliseconds(20);
constexpr int64_t kLeastCommitBytes = 256 << 10;
constexpr int64_t kMostCommitBytes = 8 << 20;

}  // namespace

Writer::Room::Room(Room&& other) noexcept
    : writer_(std::exchange(other.writer_, nullptr)),
      tenant_(std::move(other.tenant_)),
      bytes_(other.bytes_) {}

Writer::Room::~Room() {
  if (writer_ != nullptr) writer_->Release(tenant_, bytes_);
}

Writer::Writer(std::unique_ptr<JournalStore> journal, CommitSignal* commits,
               const WriterOptions& options, const IngestMetrics& metrics)
    : journal_(std::move(journal)),
      commits_(commits),
      options_(options),
      metrics_(metrics),
      commit_bytes_(options.commit_bytes),
      queue_(options.max_queued_bytes) {
  metrics_.keys.Set(static_cast<double>(journal_->keys()));
}

Writer::~Writer() { Stop(); }

void Writer::Start() {
  thread_ = std::thread([this] { Run(); });
}

absl::StatusOr<Writer::Room> Writer::Reserve(const std::string& tenant, int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return Stopping();
  const SubmissionQueue::Room room = queue_.Hold(tenant, bytes);
  if (room == SubmissionQueue::Room::kHeld) return Room(this, tenant, bytes);
  const absl::Duration retry_after = pacer_.Refused(absl::Now());
  if (room == SubmissionQueue::Room::kFull) {
    metrics_.shed[static_cast<size_t>(ShedReason::kQueueFull)].Increment();
    return QueueFull(queue_.held_bytes(), options_.max_queued_bytes, retry_after);
  }
  metrics_.shed[static_cast<size_t>(ShedReason::kTenantQueueFull)].Increment();
  return TenantQueueFull(queue_.held_bytes(), options_.max_queued_bytes, retry_after);
}

void Writer::Release(const std::string& tenant, int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  queue_.Release(tenant, bytes);
}

absl::Status Writer::Submit(std::shared_ptr<Submission> batch, Room room) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return Stopping();
  room.writer_ = nullptr;
  queue_.Push(std::move(batch), room.bytes_);
  return absl::OkStatus();
}

absl::Status Writer::Append(const ReplacementPage& page) {
  return AppendBy([&](JournalStore& journal) { return journal.Append(page); });
}

absl::Status Writer::Append(const std::string& tenant, JournalStore::Addition addition) {
  return AppendBy([&](JournalStore& journal) { return journal.Append(tenant, addition); });
}

absl::Status Writer::AppendBy(absl::FunctionRef<absl::Status(JournalStore&)> append) {
  absl::Status appended;
  WM_RETURN_IF_ERROR(Perform([&](JournalStore& journal) {
    appended = append(journal);
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
      batches = queue_.Take(commit_bytes_);
      tasks.swap(tasks_);
      metrics_.queue_bytes.Set(static_cast<double>(queue_.held_bytes()));
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
    bytes += batch->held_bytes;
    signals += static_cast<double>(batch->size());
  }
  const absl::Time start = absl::Now();
  const absl::Status status = journal_->Commit(pointers);
  const absl::Duration took = absl::Now() - start;
  metrics_.commit_seconds.Observe(absl::ToDoubleSeconds(took));
  metrics_.commit_signals.Observe(signals);
  metrics_.keys.Set(static_cast<double>(journal_->keys()));
  Note(status);
  {
    absl::MutexLock lock(&mutex_);
    AdjustCommitBytes(bytes, took);
    for (const auto& batch : batches) queue_.Release(batch->tenant, batch->held_bytes);
    pacer_.Served(static_cast<int64_t>(batches.size()));
    metrics_.queue_bytes.Set(static_cast<double>(queue_.held_bytes()));
  }
  for (const auto& batch : batches) {
    batch->status = status;
    batch->done.Notify();
  }
  if (status.ok()) commits_->Notify();
}

void Writer::AdjustCommitBytes(int64_t bytes, absl::Duration took) {
  if (bytes < commit_bytes_) return;  // it took all there was
  const double factor = std::clamp(absl::FDivDuration(kCommitTarget, took), 0.5, 2.0);
  commit_bytes_ = std::clamp(static_cast<int64_t>(static_cast<double>(commit_bytes_) * factor),
                             kLeastCommitBytes, kMostCommitBytes);
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
