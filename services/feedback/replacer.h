#pragma once

#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "services/feedback/catalogue_store.h"
#include "services/feedback/placer.h"
#include "services/feedback/store.h"
#include "services/feedback/writer.h"

namespace waymark::feedback {

/// Follows new touchpoint catalogues: scans what was recorded before and appends an entry for each
/// signal that consumers may have seen placed elsewhere, so that they converge. Goes on where it
/// stopped after a crash; of several replicas each page is done by one. Thread-safe.
class Replacer {
 public:
  /// All must outlive it.
  Replacer(Store* store, const PlacementStores& placements, Writer* writer);
  /// Stops when Stop has not been called.
  ~Replacer();

  void Start();
  /// Looks for work now.
  void Wake();
  /// Ends after the page at hand.
  void Stop();

 private:
  void Run();
  bool stopping() const;
  absl::Status ScanAll();
  absl::StatusOr<bool> ScanPage(const std::string& tenant);
  absl::StatusOr<ReplacementPage> ReadPage(sql::Connection& connection, const std::string& tenant,
                                           const Scan& scan);

  Store* const store_;
  const PlacementStores placements_;
  Writer* const writer_;
  mutable absl::Mutex mutex_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = true;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace waymark::feedback
