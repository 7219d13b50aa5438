#include "services/feedback/erasure_guard.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "services/feedback/block.h"
#include "services/feedback/erasure_store.h"
#include "services/feedback/errors.h"
#include "services/feedback/store.h"

namespace waymark::feedback {
namespace {

absl::Status ParseSignal(absl::string_view payload, v1::Signal* signal) {
  if (signal->ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return absl::OkStatus();
  }
  return JournalDamaged("a signal");
}

absl::Status TurnAwayCustomers(const PendingErasures& pending, Submission* batch) {
  v1::Signal signal;
  for (Candidate& one : batch->candidates) {
    if (!pending.MayCover(one.shard_hash)) continue;
    WM_RETURN_IF_ERROR(ParseSignal(batch->payload_of(one), &signal));
    if (pending.Covers(batch->tenant, signal.customer())) one.outcome = v1::INGEST_OUTCOME_ERASED;
  }
  for (Rejected& one : batch->rejected) {
    WM_RETURN_IF_ERROR(ParseSignal(one.signal, &signal));
    if (pending.Covers(batch->tenant, signal.customer())) one.outcome = v1::INGEST_OUTCOME_ERASED;
  }
  return absl::OkStatus();
}

/// Whether the entries that count for known keys are of customers whose erasure is under way.
class KnownEntries {
 public:
  KnownEntries(sql::Connection* connection, const PendingErasures* pending)
      : connection_(*connection), pending_(*pending) {}

  /// Positions are best asked for in their order: the last block is kept.
  absl::StatusOr<bool> IsCovered(const Position& position) {
    if (block_.tx != position.tx || block_.seq != position.seq) {
      WM_ASSIGN_OR_RETURN(block_, Store::ReadBlock(connection_, position.block()));
    }
    bool covered = false;
    absl::Status status;
    v1::Signal signal;
    WM_RETURN_IF_ERROR(ReadEntries(
        block_.keys, block_.payload, [&](const EntryHeader& header, absl::string_view payload) {
          if (header.index == position.index && HoldsSignal(header.kind) &&
              pending_.MayCover(header.shard_hash)) {
            status = ParseSignal(payload, &signal);
            covered = pending_.Covers(block_.tenant, signal.customer());
          }
          return header.index < position.index;
        }));
    WM_RETURN_IF_ERROR(status);
    return covered;
  }

 private:
  sql::Connection& connection_;
  const PendingErasures& pending_;
  Block block_;
};

absl::Status TurnAwayKnown(sql::Connection& connection, KeyStore& keys,
                           const PendingErasures& pending, Submission* batch) {
  std::vector<Candidate*> open;
  std::vector<Hash128> open_keys;
  for (Candidate& one : batch->candidates) {
    if (one.outcome == v1::INGEST_OUTCOME_ERASED) continue;
    open.push_back(&one);
    open_keys.push_back(one.key);
  }
  WM_ASSIGN_OR_RETURN(const auto positions, keys.FindAll(connection, open_keys));
  std::vector<std::pair<Position, Candidate*>> known;
  for (size_t i = 0; i < open.size(); ++i) {
    if (positions[i].has_value() && *positions[i] != Position()) {
      known.emplace_back(*positions[i], open[i]);
    }
  }
  std::sort(known.begin(), known.end());
  KnownEntries entries(&connection, &pending);
  for (const auto& [position, candidate] : known) {
    WM_ASSIGN_OR_RETURN(const bool covered, entries.IsCovered(position));
    if (covered) candidate->outcome = v1::INGEST_OUTCOME_ERASED;
  }
  return absl::OkStatus();
}

absl::Status TurnAwayRejected(sql::Connection& connection, KeyStore& keys,
                              absl::Span<Submission* const> batches) {
  std::vector<Rejected*> rejected;
  std::vector<Hash128> rejected_keys;
  for (Submission* batch : batches) {
    for (Rejected& one : batch->rejected) {
      rejected.push_back(&one);
      rejected_keys.push_back(one.key);
    }
  }
  if (rejected.empty()) return absl::OkStatus();
  WM_ASSIGN_OR_RETURN(const auto positions, keys.FindAll(connection, rejected_keys));
  for (size_t i = 0; i < rejected.size(); ++i) {
    if (positions[i] == Position()) rejected[i]->outcome = v1::INGEST_OUTCOME_ERASED;
  }
  return absl::OkStatus();
}

}  // namespace

// What was ERASED in an earlier run of the transaction still is: an erasure is not taken back.
absl::Status TurnAwayErased(sql::Connection& connection, KeyStore& keys,
                            absl::Span<Submission* const> batches) {
  WM_RETURN_IF_ERROR(TurnAwayRejected(connection, keys, batches));
  WM_ASSIGN_OR_RETURN(const PendingErasures pending, PendingErasures::Read(connection));
  if (pending.empty()) return absl::OkStatus();
  for (Submission* batch : batches) {
    if (!pending.Has(batch->tenant)) continue;
    WM_RETURN_IF_ERROR(TurnAwayCustomers(pending, batch));
    WM_RETURN_IF_ERROR(TurnAwayKnown(connection, keys, pending, batch));
  }
  return absl::OkStatus();
}

}  // namespace waymark::feedback
