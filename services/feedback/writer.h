#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "libs/base/retry_pacer.h"
#include "services/feedback/commit_signal.h"
#include "services/feedback/journal_store.h"
#include "services/feedback/metrics.h"
#include "services/feedback/submission.h"
#include "services/feedback/submission_queue.h"

namespace waymark::feedback {

struct WriterOptions {
  /// Of batches that are prepared, wait or are being committed.
  int64_t max_queued_bytes = 64 << 20;
  /// Of the batches that share a commit, about, at first; then as much as takes kCommitTarget.
  int64_t commit_bytes = 1 << 20;
};

/// The one thread that writes the journal: it takes what is queued and commits it together, so that
/// many callers share one commit, and tenants take turns, so that the backlog of one does not delay
/// another's batch by more than about a commit. Thread-safe.
class Writer {
 public:
  /// Room that is held for a batch before it is prepared, given back by the destructor unless the
  /// batch was submitted. The writer must outlive it.
  class Room {
   public:
    Room(Room&& other) noexcept;
    Room& operator=(Room&&) = delete;
    ~Room();

   private:
    friend class Writer;
    Room(Writer* writer, const std::string& tenant, int64_t bytes)
        : writer_(writer), tenant_(tenant), bytes_(bytes) {}
    Writer* writer_;
    std::string tenant_;
    int64_t bytes_;
  };

  /// `commits` is told of every commit and must outlive the writer.
  Writer(std::unique_ptr<JournalStore> journal, CommitSignal* commits, const WriterOptions& options,
         const IngestMetrics& metrics);
  /// Stops when Stop has not been called.
  ~Writer();

  /// Begins to commit; before that batches only queue.
  void Start();

  /// Holds room for a batch of about that size. RESOURCE_EXHAUSTED (OVERLOADED, with retry_after):
  /// the queue is full, or what of it is the tenant's, see SubmissionQueue. UNAVAILABLE: it is
  /// being stopped.
  absl::StatusOr<Room> Reserve(const std::string& tenant, int64_t bytes);

  /// Queues a batch in the room that was held for it; its `done` tells when `status` is set.
  /// UNAVAILABLE: it is being stopped.
  absl::Status Submit(std::shared_ptr<Submission> batch, Room room);

  /// Commits a page of a scan; waits until that is done. Statuses are those of
  /// JournalStore::Append.
  absl::Status Append(const ReplacementPage& page);

  /// The same for entries that somebody adds.
  absl::Status Append(const std::string& tenant, JournalStore::Addition addition);

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

  /// OK, or why the last commit failed. After a failure the journal is tried about once a second,
  /// so that it is noticed without callers that it can be written again.
  absl::Status last_error() const;

 private:
  /// What is done with the journal between two commits of batches.
  struct Task {
    absl::FunctionRef<void(JournalStore&)> run;
    bool done = false;
  };

  void Run();
  void CommitBatches(const std::vector<std::shared_ptr<Submission>>& batches);
  void Release(const std::string& tenant, int64_t bytes);
  absl::Status Perform(absl::FunctionRef<void(JournalStore&)> run);
  absl::Status AppendBy(absl::FunctionRef<absl::Status(JournalStore&)> append);
  void AdjustCommitBytes(int64_t bytes, absl::Duration took) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Note(const absl::Status& status);

  const std::unique_ptr<JournalStore> journal_;
  CommitSignal* const commits_;
  const WriterOptions options_;
  IngestMetrics metrics_;

  mutable absl::Mutex mutex_;
  /// What the next commit may take, about.
  int64_t commit_bytes_ ABSL_GUARDED_BY(mutex_);
  SubmissionQueue queue_ ABSL_GUARDED_BY(mutex_);
  RetryPacer pacer_ ABSL_GUARDED_BY(mutex_);
  std::vector<Task*> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status last_error_ ABSL_GUARDED_BY(mutex_);
  /// When the journal is tried again, after an error.
  absl::Time next_try_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace waymark::feedback
