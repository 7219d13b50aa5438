#pragma once

#include <cstdint>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace waymark::feedback {

/// Tells those who wait for new entries that there may be some. Thread-safe.
class CommitSignal {
 public:
  /// Something was committed.
  void Notify() {
    absl::MutexLock lock(&mutex_);
    ++commits_;
  }

  int64_t commits() const {
    absl::MutexLock lock(&mutex_);
    return commits_;
  }

  /// Waits until there were more than `seen` commits, at most for `timeout`.
  void Wait(int64_t seen, absl::Duration timeout) const {
    absl::MutexLock lock(&mutex_);
    const auto more = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return commits_ > seen; };
    mutex_.AwaitWithTimeout(absl::Condition(&more), timeout);
  }

 private:
  mutable absl::Mutex mutex_;
  int64_t commits_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace waymark::feedback
