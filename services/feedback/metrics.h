#pragma once

#include <vector>

#include "libs/metrics/registry.h"
#include "libs/text/redaction.h"
#include "waymark/feedback/v1/feedback_service.pb.h"

namespace waymark::feedback {

/// Why a batch was shed.
enum class ShedReason {
  /// Too much waits to be committed.
  kQueueFull,
  /// Its tenant's share of that is used up.
  kTenantQueueFull,
  /// Too much waits to be indexed.
  kIndexLag,
};
inline constexpr size_t kShedReasons = 3;

/// What the accept path counts. Thread-safe; valid as long as the registry.
struct IngestMetrics {
  explicit IngestMetrics(metrics::Registry* registry);

  /// By v1::IngestOutcome.
  std::vector<metrics::Counter> signals;
  /// By text::PiiKind.
  std::vector<metrics::Counter> redactions;
  /// Batches, by ShedReason.
  std::vector<metrics::Counter> shed;
  metrics::Gauge queue_bytes;
  metrics::Gauge keys;
  metrics::Histogram commit_seconds;
  metrics::Histogram commit_signals;
};

/// How the index follows the journal. Thread-safe; valid as long as the registry.
struct IndexMetrics {
  explicit IndexMetrics(metrics::Registry* registry);

  metrics::Counter indexed;
  metrics::Gauge waiting;
  metrics::Gauge lag_seconds;
};

}  // namespace waymark::feedback
