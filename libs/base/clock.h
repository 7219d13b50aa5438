#pragma once

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace waymark {

/// Where the time comes from, so that tests decide what time it is. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;

  /// The machine's clock; lives as long as the process.
  static Clock* Real();
};

/// A clock that stands still until it is told otherwise. Thread-safe.
class FakeClock : public Clock {
 public:
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'700'000'000)) : now_(now) {}
  absl::Time Now() const override;
  void Set(absl::Time now);
  void Advance(absl::Duration by);

 private:
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace waymark
