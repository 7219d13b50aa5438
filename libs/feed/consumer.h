#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "waymark/feedback/v1/feedback_service.pb.h"

namespace waymark::feed {

/// Where changes come from: the feedback service, seen through a consumer's peers.h.
class ChangeSource {
 public:
  virtual ~ChangeSource() = default;
  /// PullFeed for all tenants. Waits at most as long as the request says.
  virtual absl::StatusOr<feedback::v1::PullFeedResponse> Pull(
      const feedback::v1::PullFeedRequest& request) = 0;
};

/// What a consumer makes of the changes: its projection. Called from one thread at a time.
class Applier {
 public:
  virtual ~Applier() = default;

  /// Where to go on: the cursor that was stored with the last page, "" at first.
  virtual absl::StatusOr<std::string> Cursor() = 0;

  /// Applies a page and keeps its next_cursor in the same step (one transaction, or one lock), so
  /// that each change takes effect once. An error is tried again with the same page.
  virtual absl::Status Apply(const feedback::v1::PullFeedResponse& page) = 0;
};

struct ConsumerOptions {
  /// Changes a page.
  int32_t page_size = 5000;
  /// How long one pull waits for something new; Stop takes as long at most.
  absl::Duration wait = absl::Seconds(1);
  /// First and last pause between tries after a failed pull or apply; each is twice the one before.
  absl::Duration first_backoff = absl::Milliseconds(50);
  absl::Duration last_backoff = absl::Seconds(5);
  int32_t shard = 0;
  int32_t shard_count = 1;
};

/// How far a consumer has come.
struct ConsumerProgress {
  /// Position (feedback.v1.Change.position) up to which everything is applied; "" at first.
  std::string position;
  int64_t changes = 0;
  /// Age of the newest change when it was applied.
  absl::Duration lag;
  /// Whether everything that the feed held at some moment since the start has been applied: until
  /// then a projection that is rebuilt from the start is not fit to be read.
  bool caught_up = false;
  /// OK, or why nothing is being applied just now.
  absl::Status last_error;
};

/// Until when a call that ends at `deadline` should wait for the feed: a minute at most, and early
/// enough to say within the deadline that it was in vain (a fifth of the time left, at most half a
/// second).
absl::Time WaitUntil(absl::Time deadline);

/// Follows the feed on a thread of its own: pull, apply, again. Thread-safe.
class Consumer {
 public:
  /// `source` and `applier` must outlive the consumer.
  Consumer(ChangeSource* source, Applier* applier, ConsumerOptions options = {});
  /// Stops when Stop has not been called.
  ~Consumer();

  /// Begins to follow, from the applier's cursor on.
  void Start();
  /// Ends after the page at hand; a pull under way is waited for.
  void Stop();

  /// Waits until everything up to `position` is applied. DEADLINE_EXCEEDED with
  /// POSITION_NOT_REACHED when that takes longer than until `deadline`; the message says why.
  absl::Status WaitFor(absl::string_view position, absl::Time deadline);

  /// Waits until the end of the feed has been reached once since Start. DEADLINE_EXCEEDED with
  /// POSITION_NOT_REACHED when that takes longer than until `deadline`; the message says why.
  absl::Status WaitUntilCaughtUp(absl::Time deadline);

  ConsumerProgress progress() const;

 private:
  void Run();
  absl::StatusOr<std::string> Resume();
  absl::Status Step(std::string* cursor);
  void Pause(absl::Duration backoff);
  /// Waits until `done` holds; an error that begins with `what` and says how far it came.
  absl::Status Await(absl::FunctionRef<bool()> done, absl::Time deadline, absl::string_view what)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  ChangeSource* const source_;
  Applier* const applier_;
  const ConsumerOptions options_;
  mutable absl::Mutex mutex_;
  ConsumerProgress progress_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace waymark::feed
