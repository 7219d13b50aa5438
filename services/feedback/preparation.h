#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/text/redaction.h"
#include "services/feedback/siphash.h"
#include "services/feedback/submission.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::feedback {

/// What identifies a signal, keyed.
Hash128 SignalKey(const HashKey& key, absl::string_view tenant, absl::string_view source,
                  absl::string_view external_id);

/// What decides the feed's shard: the customer, or the signal's key when there is none.
uint32_t ShardHash(const HashKey& key, const Hash128& signal_key, absl::string_view customer);

/// Makes a batch ready for the journal: checks, hashes and redacts each signal and serializes it.
/// Thread-safe: handlers share one.
class Preparer {
 public:
  explicit Preparer(const HashKey& key) : key_(key) {}

  /// Adds `signals` to *submission, whose tenant is set: the valid ones as candidates, the others
  /// as rejected. The signals are used up: brought into canonical form (unknown fields dropped,
  /// attributes sorted) and redacted in place. What was redacted is added to *redactions. When
  /// submission->replays is set there is one for each signal.
  /// RESOURCE_EXHAUSTED (TOO_LARGE): the batch is over kMaxBatchBytes.
  absl::Status Prepare(google::protobuf::RepeatedPtrField<v1::Signal>* signals,
                       Submission* submission, text::RedactionCounts* redactions) const;

 private:
  /// The content hash of the signal whose serialization is the payload from `offset` on.
  uint64_t ContentOf(const Submission& submission, size_t ordinal, size_t offset) const;
  uint32_t SourceIndex(const std::string& source, Submission* submission) const;
  bool Redact(v1::Signal* signal, text::RedactionCounts* redactions) const;
  void Reject(v1::Signal* signal, Rejected rejected, Submission* submission,
              text::RedactionCounts* redactions) const;

  const HashKey key_;
  const text::Redactor redactor_;
};

}  // namespace waymark::feedback
