#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"

namespace waymark::cli {

/// One line on a terminal that tells how far long work is: share, count, rate, remaining time. Says
/// nothing when nobody watches. Thread-safe.
class Progress {
 public:
  /// Borrows `out` and `clock`. `unit` is what is counted, e.g. "signals".
  Progress(std::ostream* out, bool watched, std::string unit, Clock* clock = Clock::Real());
  /// Clears the line.
  ~Progress();

  /// `done` of `total` is how far the work is, in any measure. Draws at most five times a second.
  void Update(int64_t count, int64_t done, int64_t total);

  /// What is going on, in place of how far it is.
  void Show(absl::string_view text);

  /// Writes a message in place of the line, which comes back with the next update.
  void Say(absl::string_view text);

 private:
  void Draw(absl::string_view line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ClearLine() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  std::ostream& out_;
  const bool watched_;
  const std::string unit_;
  Clock& clock_;
  const absl::Time start_;
  absl::Time drawn_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool on_line_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace waymark::cli
