#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "tests/system/feedback.h"

namespace waymark::system_test {

/// A signal of MakeSignal.
struct SignalId {
  std::string source;
  std::string external_id;
  int64_t revision = 0;

  feedback::v1::Signal Make() const;
  friend auto operator<=>(const SignalId&, const SignalId&) = default;
};

/// A client's own journal of what it sent and what was acknowledged, and the judge of what a server
/// then holds. A key's revisions are sent one after another, each until it is acknowledged.
/// Thread-safe.
class AckJournal {
 public:
  /// To be told before the call.
  void Sent(const std::vector<SignalId>& batch);
  /// The answer to a batch; fails the test when an outcome cannot be.
  void Acknowledged(const std::vector<SignalId>& batch, const feedback::v1::IngestResponse& answer);
  /// The same for a stream, which tells sums only.
  void Acknowledged(const std::vector<SignalId>& stream,
                    const feedback::v1::StreamIngestResponse& answer);

  /// Takes note of changes of the feed, in its order; fails the test when something stands twice,
  /// was never sent, or is not what was sent.
  void SeenInFeed(const std::vector<feedback::v1::Change>& changes);

  /// Follows the feed at `client` to what was acknowledged and compares: every acknowledged signal
  /// is in it, once; GetSignal returns it (for `gets` keys drawn at random); the index lists, for
  /// each of `sources`, what the feed says; what was acknowledged is a DUPLICATE when sent again.
  void Verify(FeedbackClient& client, const std::vector<std::string>& sources, int gets);

  int64_t acknowledged() const;
  /// Of those acknowledged, how many the last Verify missed.
  int64_t lost() const;
  /// How many entries of the feed stand there twice.
  int64_t twice() const;
  /// How many entries of the feed were seen.
  int64_t in_feed() const;

 private:
  /// What is known of a key.
  struct Key {
    int64_t sent = -1;          // highest revision
    int attempts = 0;           // at sending that
    bool acknowledged = false;  // that
    int64_t known = -1;         // highest revision acknowledged
    int64_t in_feed = -1;       // the last one there
    bool deleted = false;
    std::string position;
  };
  using Keys = std::map<std::pair<std::string, std::string>, Key>;

  Key& Of(const SignalId& id) { return keys_[{id.source, id.external_id}]; }
  /// The only outcome that `key`'s sent revision may get, or UNSPECIFIED when several are possible.
  static feedback::v1::IngestOutcome Expected(const Key& key);
  void CheckFeed();
  void CheckGet(FeedbackClient& client, int gets);
  void CheckIndex(FeedbackClient& client, const std::string& source);
  void CheckDuplicates(FeedbackClient& client, int count);
  std::vector<SignalId> SomeAcknowledged(int count);

  mutable absl::Mutex mutex_;
  Keys keys_;
  /// Every revision that was acknowledged and has not been seen in the feed yet.
  std::set<SignalId> awaited_;
  std::string position_;
  std::string cursor_;
  int64_t acknowledged_ = 0;
  int64_t lost_ = 0;
  int64_t twice_ = 0;
  int64_t in_feed_ = 0;
  uint64_t draws_ = 0;
};

}  // namespace waymark::system_test
