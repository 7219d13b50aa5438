#pragma once

#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/journey/peers.h"
#include "services/journey/store.h"

namespace waymark::journey {

struct CatalogueOutboxOptions {
  /// The longest that a change of the catalogue waits for feedback before it answers.
  absl::Duration foreground_timeout = absl::Seconds(2);
  absl::Duration background_timeout = absl::Seconds(10);
  /// How often pending catalogues are looked for, also those that another process left behind.
  absl::Duration interval = absl::Seconds(5);
  /// First pause after a failed delivery; each is twice the one before, up to `interval`.
  absl::Duration first_backoff = absl::Milliseconds(100);
};

/// Brings every revision of the touchpoint catalogues to feedback. The store says what is pending,
/// in the transaction that changed it, so a delivery that a crash or an outage cut off is repeated
/// until feedback acknowledges it. Thread-safe.
class CatalogueOutbox {
 public:
  /// `store` and `feedback` must outlive the outbox.
  CatalogueOutbox(Store* store, Feedback* feedback, CatalogueOutboxOptions options = {})
      : store_(store), feedback_(feedback), options_(options) {}
  /// Stops when Stop has not been called.
  ~CatalogueOutbox() { Stop(); }

  /// Begins to deliver what is pending, on a thread of its own.
  void Start();
  void Stop();

  /// Tries once to deliver the catalogue of `tenant`, so that what is ingested next is placed by
  /// it. What fails is left to the thread.
  void DeliverNow(absl::string_view tenant);

 private:
  void Run();
  absl::Status DeliverPending();
  /// Gives feedback the latest revision and notes its acknowledgement.
  absl::Status Deliver(const std::string& tenant, absl::Duration timeout);
  /// Sleeps for `pause` unless woken. False: the outbox ends.
  bool Sleep(absl::Duration pause);

  Store* const store_;
  Feedback* const feedback_;
  const CatalogueOutboxOptions options_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace waymark::journey
