#pragma once

#include <cstdint>
#include <random>

#include "absl/time/time.h"

namespace waymark {

/// Tells refused callers when to come again: the more of them there are, the later, so that
/// refusing stays a small part of the work, whatever their number. A caller who does as told comes
/// once a delay; the delay grows while more than a tenth as many are refused as are served, and
/// shrinks when there are fewer. Not thread-safe.
class RetryPacer {
 public:
  static constexpr absl::Duration kShortest = absl::Milliseconds(50);
  static constexpr absl::Duration kLongest = absl::Seconds(5);

  /// Counts callers that were not refused.
  void Served(int64_t callers = 1) { served_ += callers; }

  /// Counts a caller that is refused at `now`, and says after how long it should come again: from
  /// kShortest to kLongest, with jitter, so that those refused together do not return together.
  absl::Duration Refused(absl::Time now);

 private:
  void Adjust(absl::Time now);

  absl::Duration delay_ = 2 * kShortest;
  /// Since when is counted.
  absl::Time since_ = absl::InfinitePast();
  int64_t served_ = 0;
  int64_t refused_ = 0;
  std::minstd_rand random_{std::random_device()()};
};

}  // namespace waymark
