#pragma once

#include <optional>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace waymark::cli {

/// Whether the same call may succeed a little later: the server is away, overloaded, or its
/// transaction collided. False for what the sender must mend or what a person must see to, such as
/// a full disk.
bool IsTransient(const absl::Status& status);

/// How long to wait between tries of one call: doubling, with jitter, never less than the server
/// asks for. Not thread-safe.
class Backoff {
 public:
  /// `patience` is how long to wait in all.
  explicit Backoff(absl::Duration patience) : patience_(patience) {}

  /// How long to wait before the next try after `status`; nothing when there should be none.
  std::optional<absl::Duration> Next(const absl::Status& status);

 private:
  absl::Duration patience_;
  absl::Duration step_ = absl::Milliseconds(100);
  absl::BitGen random_;
};

}  // namespace waymark::cli
