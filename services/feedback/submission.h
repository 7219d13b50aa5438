#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/notification.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/feedback/position.h"
#include "services/feedback/siphash.h"
#include "waymark/feedback/v1/feedback_service.pb.h"

namespace waymark::feedback {

/// A valid signal on its way into the journal.
struct Candidate {
  Hash128 key;
  /// Keyed hash of what came in, before redaction.
  uint64_t content = 0;
  int64_t revision = 0;
  uint32_t shard_hash = 0;
  /// Which of Submission::sources.
  uint32_t source = 0;
  /// Which signal of the batch.
  uint32_t ordinal = 0;
  /// Where its redacted serialization stands in Submission::payload.
  uint32_t offset = 0;
  uint32_t bytes = 0;
  /// A survey that is not finished.
  bool partial = false;
  /// A tombstone.
  bool deleted = false;

  // Set by the commit.
  v1::IngestOutcome outcome = v1::INGEST_OUTCOME_UNSPECIFIED;
  /// Where it is recorded; when it is not: where the known one is.
  Position position;
  /// UPDATED: the entry that it supersedes.
  std::optional<Position> previous;
};

/// A signal that is not valid, ready for quarantine. Its outcome is QUARANTINED, or ERASED: then it
/// does not go there.
struct Rejected {
  uint32_t ordinal = 0;
  /// Which of Submission::sources; -1 when the source's id is not valid.
  int32_t source = -1;
  uint64_t content = 0;
  Hash128 key;
  /// Its redacted serialization.
  std::string signal;
  std::vector<std::string> reasons;

  // Set by the commit.
  v1::IngestOutcome outcome = v1::INGEST_OUTCOME_QUARANTINED;
};

/// Where a signal that is replayed from quarantine comes from.
struct Replayed {
  /// Of its row.
  std::string id;
  /// Another signal takes the place of the row's.
  bool mended = false;
  /// Unless it is mended: the hash of what came in as the row's signal, see Candidate::content.
  uint64_t content = 0;
  /// Of its row.
  google::protobuf::Timestamp record_time;
};

/// A batch between the handler that prepared it and the writer thread that commits it. One of them
/// owns it at a time: the handler until it is submitted and after `done`.
struct Submission {
  std::string tenant;
  std::vector<std::string> sources;
  std::vector<Candidate> candidates;
  std::vector<Rejected> rejected;
  std::string payload;
  /// Of a replay: where each signal comes from, by its ordinal; else empty. The commit removes
  /// candidates and rejected signals whose row is not there any more: nothing becomes of them.
  std::vector<Replayed> replays;

  /// What the writer counts it as while it waits, see SubmissionQueue.
  int64_t held_bytes = 0;
  /// Set by the writer, then `done`: everything the batch leads to is on disk, or nothing is and
  /// `status` says why (UNAVAILABLE from a commit leaves it open).
  absl::Status status;
  absl::Notification done;

  absl::string_view payload_of(const Candidate& candidate) const {
    return absl::string_view(payload).substr(candidate.offset, candidate.bytes);
  }
  size_t size() const { return candidates.size() + rejected.size(); }
  /// What it holds in memory, roughly.
  int64_t bytes() const {
    int64_t total = sizeof(*this) + payload.size() + candidates.size() * sizeof(Candidate);
    for (const Rejected& one : rejected) total += sizeof(one) + one.signal.size();
    return total;
  }
};

}  // namespace waymark::feedback
