#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "libs/testing/process.h"
#include "waymark/feedback/v1/feedback_service.grpc.pb.h"
#include "waymark/feedback/v1/signal_service.grpc.pb.h"

namespace waymark::system_test {

/// Calls a feedback process as tenant demo. A call that has no status to return fails the test when
/// it fails. Thread-safe.
class FeedbackClient {
 public:
  explicit FeedbackClient(const std::string& address);

  grpc::Status Ingest(const std::vector<feedback::v1::Signal>& signals,
                      feedback::v1::IngestResponse* response,
                      absl::Duration timeout = absl::Seconds(60));
  grpc::Status Stream(const std::vector<std::vector<feedback::v1::Signal>>& batches,
                      feedback::v1::StreamIngestResponse* response);

  /// The changes after `*cursor`, up to the end or, when `until` is given, at least up to there: a
  /// feed on PostgreSQL lags behind transactions that other tests have open. Moves the cursor.
  /// Fails the test when a call fails, and returns nothing then; and when the feed ends before
  /// `until`.
  std::optional<std::vector<feedback::v1::Change>> Pull(std::string* cursor,
                                                        const std::string& until = "");

  /// Every signal that matches, page by page, by event time.
  std::vector<feedback::v1::StoredSignal> List(const std::string& filter,
                                               const std::string& min_position = "");
  grpc::Status TryList(const std::string& filter, const std::string& min_position,
                       absl::Duration timeout);

  /// Nothing when it was never recorded, or deleted.
  std::optional<feedback::v1::StoredSignal> Get(const std::string& source,
                                                const std::string& external_id);
  feedback::v1::Conversation Conversation(const std::string& source, const std::string& id,
                                          const std::string& min_position);

 private:
  std::unique_ptr<feedback::v1::FeedbackService::Stub> feedback_;
  std::unique_ptr<feedback::v1::SignalService::Stub> signals_;
};

/// waymark-feedback alone, on a database of its own or with other replicas.
class FeedbackProcess {
 public:
  /// Starts it, with `environment` on top of this process's.
  explicit FeedbackProcess(std::string database, testing::Process::Environment environment = {});

  /// Kills it with SIGKILL.
  void Kill();
  /// Starts it on the same database and address, after a kill.
  void Restart();
  /// The same, killed `after` its start: perhaps before it serves.
  void KillWhileStarting(absl::Duration after);

  const std::string& address() const { return address_; }
  FeedbackClient& client() { return *client_; }
  /// Whether it has not ended.
  bool running() { return process_->running(); }
  /// Whether /readyz says so.
  bool ready();

 private:
  void Spawn();

  const std::string database_;
  const testing::Process::Environment environment_;
  std::unique_ptr<testing::Process> process_;
  std::unique_ptr<FeedbackClient> client_;
  std::string address_;
};

/// Calls `condition` until it holds, and whether it did before the time was over.
template <typename Condition>
bool Eventually(Condition condition, absl::Duration timeout = absl::Seconds(30)) {
  const absl::Time until = absl::Now() + timeout;
  while (!condition()) {
    if (absl::Now() > until) return false;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return true;
}

/// How many rounds a test that repeats itself takes: many in heavy runs.
int Rounds(int light, int heavy);

}  // namespace waymark::system_test
