#pragma once

#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "libs/base/clock.h"
#include "services/feedback/erasure_store.h"
#include "services/feedback/index_store.h"
#include "services/feedback/store.h"
#include "services/feedback/writer.h"

namespace waymark::feedback {

/// Erases customers: accepts the order, which takes effect at once, and removes what was recorded
/// on a thread of its own, page by page: from the index, the journal and quarantine, and in the end
/// from what the database itself keeps of removed rows. Goes on where it stopped after a crash; of
/// several replicas each page is done by one. Thread-safe.
class Eraser {
 public:
  /// All must outlive it.
  Eraser(Store* journal, const ErasureStore* erasures, IndexStore* index, Writer* writer,
         Clock* clock);
  /// Stops when Stop has not been called.
  ~Eraser();

  void Start();
  /// Ends after the page at hand.
  void Stop();

  /// Accepts the erasure of a customer, and of all ids that are the same person by links; when it
  /// returns OK they are on disk. The same request_id, unless it is empty, is answered with the
  /// same erasure. INVALID_ARGUMENT (INVALID_FIELD): another customer's had it.
  absl::StatusOr<Erasure> Accept(const std::string& tenant, absl::string_view customer,
                                 const std::string& request_id);

  /// Does one page of what is pending of an erasure; false: nothing is to be done, or nothing can
  /// be just now. Called by the thread; by tests that stop halfway.
  absl::StatusOr<bool> Step(const std::string& tenant, const std::string& id);

 private:
  absl::StatusOr<Erasure> AcceptIn(const JournalTransaction& transaction, const std::string& tenant,
                                   const std::string& customer, const std::string& request_id,
                                   BlockBuilder* block) const;
  void Run();
  bool stopping() const;
  /// Whether any erasure is left.
  absl::StatusOr<bool> RunAll();
  absl::StatusOr<bool> StepIndex(const Erasure& erasure);
  absl::StatusOr<bool> StepJournal(const Erasure& erasure);
  absl::StatusOr<bool> StepQuarantine(const Erasure& erasure);
  /// For all that have come to the last stage together.
  absl::Status Purge();

  Store* const journal_;
  const ErasureStore* const erasures_;
  IndexStore* const index_;
  Writer* const writer_;
  Clock* const clock_;
  mutable absl::Mutex mutex_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = true;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace waymark::feedback
