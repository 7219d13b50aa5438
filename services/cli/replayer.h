#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "services/cli/client.h"
#include "waymark/feedback/v1/quarantine_service.pb.h"

namespace waymark::cli {

/// What became of replays.
struct ReplayTotals {
  feedback::v1::IngestCounts counts;
  /// They are not in quarantine (any more).
  int64_t gone = 0;
  /// What stays, with the reasons.
  struct Remaining {
    std::string name;
    feedback::v1::IngestOutcome outcome = feedback::v1::INGEST_OUTCOME_UNSPECIFIED;
    std::vector<std::string> reasons;
  };
  std::vector<Remaining> remaining;
  /// The furthest that the server acknowledged.
  std::string position;
};

/// Replays quarantined signals in batches, and again when the server is away: what was recorded
/// then is gone. Not thread-safe.
class Replayer {
 public:
  /// Borrows `client`.
  explicit Replayer(Client* client, std::function<void(absl::Duration)> sleep = absl::SleepFor);

  /// Takes one, and sends when a batch is full.
  absl::Status Add(feedback::v1::QuarantineReplay replay);
  /// Sends what is left.
  absl::Status Flush();

  const ReplayTotals& totals() const { return totals_; }

 private:
  using Request = feedback::v1::ReplayQuarantinedSignalsRequest;
  using Response = feedback::v1::ReplayQuarantinedSignalsResponse;

  absl::Status Send(const Request& request);
  absl::StatusOr<Response> Call(const Request& request);
  void Count(const Request& request, const Response& response);

  Client& client_;
  const std::function<void(absl::Duration)> sleep_;
  Request filling_;
  size_t bytes_ = 0;
  ReplayTotals totals_;
};

}  // namespace waymark::cli
