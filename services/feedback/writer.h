#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/feedback/commit_signal.h"
#include "services/feedback/journal_store.h"
#include "services/feedback/metrics.h"
#include "services/feedback/submission.h"

namespace waymark::feedback {

/// The one thread that writes the journal: it takes whatever is queued and commits it together, so
/// that many callers share one commit. Thread-safe.
class Writer {
 public:
  /// `commits` is told of every commit; both must outlive the writer. At most `max_queued_bytes`
  /// wait.
  Writer(std::unique_ptr<JournalStore> journal, CommitSignal* commits, int64_t max_queued_bytes,
         const IngestMetrics& metrics);
  /// Stops when Stop has not been called.
  ~Writer();

  /// Begins to commit; before that batches only queue.
  void Start();

  /// Queues a batch; its `done` tells when `status` is set. RESOURCE_EXHAUSTED (OVERLOADED, with
  /// retry_after): the queue is full. UNAVAILABLE: it is being stopped.
  absl::Status Submit(std::shared_ptr<Submission> batch);

  /// Commits a page of a scan; waits until that is done. Statuses are those of
  /// JournalStore::Append.
  absl::Status Append(const ReplacementPage& page);

  /// The entry that counts for a key, as of the last commit; nothing when the key is not known.
  /// UNAVAILABLE: it is being stopped.
  absl::StatusOr<std::optional<Position>> Find(const Hash128& key);

  /// Whether batches wait for the commit under way to end: callers come faster than commits.
  bool saturated() const {
    absl::MutexLock lock(&mutex_);
    return !queue_.empty();
  }

  /// Commits what is queued, then ends; nothing is taken in any more.
  void Stop();

  /// OK, or why the last commit failed.
  absl::Status last_error() const;

 private:
  /// What is done with the journal between two commits of batches.
  struct Task {
    absl::FunctionRef<void(JournalStore&)> run;
    bool done = false;
  };

  void Run();
  void CommitBatches(const std::vector<std::shared_ptr<Submission>>& batches);
  absl::Status Perform(absl::FunctionRef<void(JournalStore&)> run);
  void Note(const absl::Status& status);

  const std::unique_ptr<JournalStore> journal_;
  CommitSignal* const commits_;
  const int64_t max_queued_bytes_;
  IngestMetrics metrics_;

  mutable absl::Mutex mutex_;
  std::vector<std::shared_ptr<Submission>> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<Task*> tasks_ ABSL_GUARDED_BY(mutex_);
  /// Of what is queued and of what is being committed.
  int64_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status last_error_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace waymark::feedback
