#pragma once

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "tests/system/ack_journal.h"

namespace waymark::system_test {

/// Code and reason of a failed call; its message when it carries no reason.
using Failure = std::pair<grpc::StatusCode, std::string>;

Failure FailureOf(const grpc::Status& status);

/// Clients that send without a pause, unary batches and streams: new signals, new revisions of what
/// was acknowledged, what was acknowledged once more, and whatever was not. What they do is in a
/// journal.
class Load {
 public:
  /// Each call goes to one of `addresses`. Clients of one Load keep their keys over Start and Stop.
  Load(AckJournal* journal, std::vector<std::string> addresses, uint64_t seed);
  ~Load();

  /// New signals get `source`.
  void Start(const std::string& source);
  void Stop();

  /// The failures of calls since Start, with how many there were of each.
  std::map<Failure, int> failures() const;
  /// Calls that were answered, since Start.
  int64_t answered() const { return answered_.load(); }

 private:
  /// One client's keys; those that are not acknowledged are sent again first.
  struct Client {
    std::vector<SignalId> acknowledged;
    std::vector<SignalId> pending;
    int64_t made = 0;
  };

  void Run(int number, const std::string& source);
  /// Distinct keys of that client, taken out of it until it is known what became of them.
  std::vector<SignalId> Take(int number, const std::string& source, uint64_t random);
  grpc::Status Send(FeedbackClient& client, const std::vector<SignalId>& batch, uint64_t random);

  AckJournal* const journal_;
  const std::vector<std::string> addresses_;
  const uint64_t seed_;
  std::vector<Client> clients_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int64_t> answered_ = 0;
  int starts_ = 0;
  mutable absl::Mutex mutex_;
  std::map<Failure, int> failures_;
};

}  // namespace waymark::system_test
