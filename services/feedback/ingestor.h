#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "libs/base/retry_pacer.h"
#include "services/feedback/metrics.h"
#include "services/feedback/preparation.h"
#include "services/feedback/writer.h"

namespace waymark::feedback {

/// How far the index may fall behind before batches are shed.
struct IndexLagBound {
  /// How many entries wait to be indexed; thread-safe.
  std::function<int64_t()> waiting;
  /// 0: no bound.
  int64_t most = 0;
};

/// The accept path: prepares a batch, queues it for the writer and waits until it is on disk. What
/// is too much is shed before anything is done with it. Thread-safe.
class Ingestor {
 public:
  using Signals = google::protobuf::RepeatedPtrField<v1::Signal>;

  /// `writer` must outlive it.
  Ingestor(const HashKey& key, Writer* writer, IndexLagBound index_lag,
           const IngestMetrics& metrics)
      : preparer_(key), writer_(writer), index_lag_(std::move(index_lag)), metrics_(metrics) {}

  /// Prepares `signals`, which are used up, and queues them; for a replay from quarantine `replays`
  /// says where each comes from. RESOURCE_EXHAUSTED (OVERLOADED, with retry_after): `signals` are
  /// untouched. RESOURCE_EXHAUSTED (TOO_LARGE). UNAVAILABLE: the service stops.
  absl::StatusOr<std::shared_ptr<Submission>> Submit(const std::string& tenant, Signals* signals,
                                                     std::vector<Replayed> replays = {});

  /// Waits until the batch is on disk. DEADLINE_EXCEEDED: not before `deadline`; else what
  /// JournalStore::Commit returned.
  absl::Status Await(const Submission& batch, absl::Time deadline);

 private:
  absl::Status CheckIndexLag();
  void CountOutcomes(const Submission& batch);

  const Preparer preparer_;
  Writer* const writer_;
  const IndexLagBound index_lag_;
  IngestMetrics metrics_;
  absl::Mutex mutex_;
  RetryPacer index_pacer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace waymark::feedback
