#pragma once

#include <deque>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace waymark::sql {

/// Admits one writer at a time, first come, first served: it is handed from one to the next, so
/// that a writer that leaves and comes back at once cannot starve the others. Thread-safe; the one
/// who leaves may be another thread than the one who entered.
class WriteGate {
 public:
  /// False when the turn did not come before `timeout` was over.
  bool Enter(absl::Duration timeout);
  void Leave();

 private:
  absl::Mutex mutex_;
  bool taken_ ABSL_GUARDED_BY(mutex_) = false;
  /// Each waiter's own flag, set when its turn has come.
  std::deque<bool*> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace waymark::sql
