#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/feedback/metrics.h"
#include "services/feedback/preparation.h"
#include "services/feedback/writer.h"

namespace waymark::feedback {

/// The accept path: prepares a batch, queues it for the writer and waits until it is on disk.
/// Thread-safe.
class Ingestor {
 public:
  using Signals = google::protobuf::RepeatedPtrField<v1::Signal>;

  /// `writer` must outlive it.
  Ingestor(const HashKey& key, Writer* writer, const IngestMetrics& metrics)
      : preparer_(key), writer_(writer), metrics_(metrics) {}

  /// Prepares `signals`, which are used up, and queues them; for a replay from quarantine `replays`
  /// says where each comes from. RESOURCE_EXHAUSTED (TOO_LARGE, OVERLOADED); UNAVAILABLE: the
  /// service stops.
  absl::StatusOr<std::shared_ptr<Submission>> Submit(const std::string& tenant, Signals* signals,
                                                     std::vector<Replayed> replays = {});

  /// Waits until the batch is on disk. DEADLINE_EXCEEDED: not before `deadline`; else what
  /// JournalStore::Commit returned.
  absl::Status Await(const Submission& batch, absl::Time deadline);

 private:
  void CountOutcomes(const Submission& batch);

  const Preparer preparer_;
  Writer* const writer_;
  IngestMetrics metrics_;
};

}  // namespace waymark::feedback
