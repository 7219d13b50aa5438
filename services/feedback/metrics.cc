#include "services/feedback/metrics.h"

#include <string>

#include "absl/strings/ascii.h"
#include "services/feedback/outcomes.h"

namespace waymark::feedback {
namespace {

std::vector<double> SignalBuckets() { return {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000}; }

std::string ShedReasonName(ShedReason reason) {
  switch (reason) {
    case ShedReason::kQueueFull:
      return "queue_full";
    case ShedReason::kTenantQueueFull:
      return "tenant_queue_full";
    case ShedReason::kIndexLag:
      return "index_lag";
  }
  return "";
}

std::string KindName(text::PiiKind kind) {
  const absl::string_view placeholder = text::Placeholder(kind);
  return absl::AsciiStrToLower(placeholder.substr(1, placeholder.size() - 2));
}

}  // namespace

IngestMetrics::IngestMetrics(metrics::Registry* registry)
    : queue_bytes(registry->Gauge("waymark_feedback_queue_bytes",
                                  "Bytes of batches that wait to be committed")),
      keys(registry->Gauge("waymark_feedback_keys", "Keys of signals held in memory")),
      commit_seconds(registry->Histogram("waymark_feedback_commit_seconds",
                                         "How long a commit to the journal takes")),
      commit_signals(registry->Histogram("waymark_feedback_commit_signals",
                                         "Signals that share a commit", {}, SignalBuckets())) {
  for (int i = 0; i < v1::IngestOutcome_ARRAYSIZE; ++i) {
    signals.push_back(registry->Counter(
        "waymark_feedback_signals_total", "Signals taken in, by outcome",
        {{"outcome", std::string(OutcomeName(static_cast<v1::IngestOutcome>(i)))}}));
  }
  for (size_t i = 0; i < kShedReasons; ++i) {
    shed.push_back(registry->Counter("waymark_feedback_shed_total",
                                     "Batches refused under overload, by reason",
                                     {{"reason", ShedReasonName(static_cast<ShedReason>(i))}}));
  }
  for (size_t i = 0; i < text::kPiiKinds; ++i) {
    redactions.push_back(registry->Counter("waymark_feedback_redactions_total",
                                           "Personal data replaced in free text, by kind",
                                           {{"kind", KindName(static_cast<text::PiiKind>(i))}}));
  }
}

IndexMetrics::IndexMetrics(metrics::Registry* registry)
    : indexed(registry->Counter("waymark_feedback_indexed_total",
                                "Entries of the journal that entered the index")),
      waiting(registry->Gauge("waymark_feedback_index_waiting",
                              "Entries of the journal that wait to be indexed")),
      lag_seconds(registry->Gauge("waymark_feedback_index_lag_seconds",
                                  "Age of the oldest entry that waits to be indexed")) {}

}  // namespace waymark::feedback
