#pragma once

#include <vector>

#include "libs/metrics/registry.h"
#include "libs/text/redaction.h"
#include "waymark/feedback/v1/feedback_service.pb.h"

namespace waymark::feedback {

/// What the accept path counts. Thread-safe; valid as long as the registry.
struct IngestMetrics {
  explicit IngestMetrics(metrics::Registry* registry);

  /// By v1::IngestOutcome.
  std::vector<metrics::Counter> signals;
  /// By text::PiiKind.
  std::vector<metrics::Counter> redactions;
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
