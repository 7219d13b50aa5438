#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "services/cli/client.h"
#include "waymark/feedback/v1/source.pb.h"

namespace waymark::cli {

/// Why a row of a file was not recorded.
struct Problem {
  std::vector<std::string> reasons;
  /// True: known already with other content. False: not valid.
  bool conflict = false;
};

/// Adds one signal of that outcome.
void CountOutcome(int outcome, feedback::v1::IngestCounts* counts);

/// What became of the rows of a file.
struct IngestTotals {
  feedback::v1::IngestCounts counts;
  /// How many of counts.quarantined were never sent, because they were no signal or too large.
  int64_t unreadable = 0;
  /// The first ones by row.
  std::map<int64_t, Problem> problems;
  int64_t problem_count = 0;
  /// The furthest that a server acknowledged.
  std::string position;

  int64_t signals() const;
};

struct IngesterOptions {
  size_t batch_size = 1000;
  /// Calls at the same time; memory holds twice as many batches.
  int in_flight = 4;
  size_t max_problems = 20;
  /// How long to try again when the server is away; a server that never answered gets less.
  absl::Duration patience = absl::Minutes(1);
  absl::Duration first_patience = absl::Seconds(3);
  std::function<void(absl::Duration)> sleep = absl::SleepFor;
  /// Told of each wait; may be called by several threads at once.
  std::function<void(const absl::Status&, absl::Duration)> on_retry = [](const auto&, auto) {};
};

/// Sends signals in batches, several at a time, and again when the server is away: ingestion is
/// idempotent. Batches may arrive in any order. Used by one thread.
class Ingester {
 public:
  /// Borrows `client`.
  Ingester(Client* client, IngesterOptions options);
  /// Ends without sending what was not flushed.
  ~Ingester();

  /// Takes `*signal`, leaving a cleared one whose memory may be reused, and sends when a batch is
  /// full; waits while too many are under way. A signal that no batch can hold is quarantined here.
  /// Once a batch has failed for good, answers why and takes nothing more.
  absl::Status Add(int64_t row, feedback::v1::Signal* signal);

  /// Counts a row that could not be made into a signal.
  void AddUnreadable(int64_t row, std::string reason);

  /// Sends what is left and waits until all is answered.
  absl::Status Flush();

  /// Of all batches answered so far.
  IngestTotals totals() const;

 private:
  struct Batch {
    feedback::v1::IngestRequest request;
    std::vector<int64_t> rows;
    size_t bytes = 0;
  };

  absl::Status Enqueue();
  void SendBatches();
  absl::StatusOr<feedback::v1::IngestResponse> Send(const feedback::v1::IngestRequest& request);
  absl::Duration Patience() const;
  bool HasFailed() const;
  void Count(const Batch& batch, const feedback::v1::IngestResponse& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddProblem(int64_t row, Problem problem) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::unique_ptr<Batch> NewBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Client& client_;
  const IngesterOptions options_;
  std::unique_ptr<Batch> filling_;

  mutable absl::Mutex mutex_;
  std::deque<std::unique_ptr<Batch>> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Batch>> spare_ ABSL_GUARDED_BY(mutex_);
  int sending_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool answered_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  IngestTotals totals_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace waymark::cli
