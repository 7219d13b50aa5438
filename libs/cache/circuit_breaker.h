#pragma once

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"

namespace waymark::cache {

/// Keeps callers from a server that does not answer: after a few failures in a row it lets only one
/// probe through now and then, until one succeeds. Thread-safe.
class CircuitBreaker {
 public:
  enum class Change { kNone, kOpened, kClosed };

  /// Opens after `max_failures` in a row, then lets one probe through every `pause`. `clock` must
  /// outlive the breaker.
  CircuitBreaker(int max_failures, absl::Duration pause, Clock* clock)
      : max_failures_(max_failures), pause_(pause), clock_(clock) {}

  /// Whether to ask the server. Each call that got true is followed by Succeeded or Failed.
  bool Allow();
  /// Both say whether this changed the breaker's state.
  Change Succeeded();
  Change Failed();

 private:
  const int max_failures_;
  const absl::Duration pause_;
  Clock* const clock_;
  absl::Mutex mutex_;
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time next_probe_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace waymark::cache
