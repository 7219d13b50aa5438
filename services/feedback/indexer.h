#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "services/feedback/commit_signal.h"
#include "services/feedback/index_store.h"
#include "services/feedback/metrics.h"
#include "services/feedback/position.h"
#include "services/feedback/store.h"

namespace waymark::feedback {

/// Follows the journal into the index on a thread of its own, off the acknowledgement's path. Each
/// page of the journal enters the index once: the cursor moves in the transaction that writes the
/// page. Replicas share the work by shards of tenants, each page taken by whoever is free; one that
/// ends leaves nothing behind but its lock, which the database drops. Thread-safe.
class Indexer {
 public:
  /// All must outlive it. While `yields` says so the thread holds back for a while, since taking in
  /// comes first; not when much waits already.
  Indexer(Store* journal, IndexStore* index, const CommitSignal* commits, Clock* clock,
          const IndexMetrics& metrics, std::function<bool()> yields = nullptr);
  ~Indexer();

  void Start();
  void Stop();

  /// Indexes until nothing is left. Statuses are those of sql::Connection.
  absl::Status CatchUp();

  /// Waits until everything of `tenant` up to `position` is indexed. INVALID_ARGUMENT
  /// (CURSOR_INVALID). DEADLINE_EXCEEDED (POSITION_NOT_REACHED): not by `deadline`.
  absl::Status WaitFor(absl::string_view tenant, absl::string_view position, absl::Time deadline);

  /// How far the index of a tenant is. Tenants share shards, so what waits may be others' too.
  struct Progress {
    Position reached;
    int64_t waiting = 0;
    /// Age of the oldest entry that waits; zero when none does.
    absl::Duration lag;
  };
  absl::StatusOr<Progress> ProgressOf(absl::string_view tenant) const;

  /// Entries that waited to be indexed, of all tenants, when last looked (a fraction of a second
  /// ago at most while Start has been called).
  int64_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  void Run();
  absl::StatusOr<bool> IndexPageOf(int64_t shard);
  absl::StatusOr<bool> HasReached(int64_t shard, const Position& cursor,
                                  const Position& wanted) const;
  void Yield();
  absl::StatusOr<Progress> ProgressOfShard(int64_t shard) const;
  absl::StatusOr<Progress> ProgressOfAll() const;
  absl::Status MeasureLag();
  bool stopping() const;

  Store* const journal_;
  IndexStore* const index_;
  const CommitSignal* const commits_;
  Clock* const clock_;
  IndexMetrics metrics_;
  const std::function<bool()> yields_;
  /// Tells WaitFor of each page.
  CommitSignal pages_;
  std::atomic<int64_t> waiting_ = 0;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  /// One pass at a time.
  absl::Mutex pass_;
  std::thread thread_;
};

}  // namespace waymark::feedback
