#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/node_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/feedback/erasure_store.h"
#include "services/feedback/position.h"
#include "services/feedback/siphash.h"
#include "services/feedback/source_schema.h"
#include "services/feedback/store.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::feedback {

/// Signals of 2^18 consecutive numbers share a bucket.
inline constexpr int kBucketBits = 18;
inline constexpr int64_t BucketOf(int64_t number) { return number >> kBucketBits; }
/// Numbers of different shards never meet: a shard's begin here.
inline constexpr int64_t FirstNumber(int64_t shard) { return shard << 44; }

/// Hashes in the index are keyed, 64 bits, and read as signed numbers; that of nothing is 0.
int64_t IndexHash(const HashKey& key, absl::string_view text);
/// The same for a conversation of a source.
int64_t ConversationHash(const HashKey& key, absl::string_view source,
                         absl::string_view conversation);

/// Microseconds since 1970; what is finer is cut off.
int64_t EventMicros(const v1::Signal& signal);

/// How many words of a signal can be searched: PostgreSQL tells no more places apart.
inline constexpr int kMaxWords = 16'383;

/// What the index keeps of a signal.
struct IndexedSignal {
  /// Views into the page.
  absl::string_view tenant;
  absl::string_view source;
  /// The first kMaxWords words of its texts; empty when it has none.
  absl::string_view words;
  int64_t number = 0;
  int64_t event_time = 0;
  int64_t sequence = 0;
  int64_t customer = 0;
  int64_t account = 0;
  int64_t conversation = 0;
  Position position;
  v1::SourceKind kind = v1::SOURCE_KIND_UNSPECIFIED;
};

/// What a stretch of the journal adds to the index. Not thread-safe.
class IndexPage {
 public:
  /// Numbers go on from `next_number`; `key` is the journal's. Signals of customers whose erasure
  /// is under way do not enter the index any more.
  IndexPage(const HashKey& key, int64_t next_number, PendingErasures erasures = {})
      : key_(key), next_number_(next_number), erasures_(std::move(erasures)) {}
  IndexPage(const IndexPage&) = delete;
  IndexPage& operator=(const IndexPage&) = delete;

  /// Adds the block's entries after `after`. DATA_LOSS: the block is damaged.
  absl::Status Add(const Block& block, const Position& after);

  const std::vector<IndexedSignal>& signals() const { return signals_; }
  /// Entries that no longer count.
  const std::vector<Position>& superseded() const { return superseded_; }
  /// What the signals teach of their sources.
  const SchemaLearner& learner() const { return learner_; }
  int64_t next_number() const { return next_number_; }
  /// Of the last entry added.
  const Position& end() const { return end_; }
  int64_t entries() const { return entries_; }

 private:
  void AddSignal(const Block& block, const Position& position);
  absl::string_view Intern(absl::string_view text);
  absl::string_view Words();

  const HashKey key_;
  int64_t next_number_;
  const PendingErasures erasures_;
  std::vector<IndexedSignal> signals_;
  std::vector<Position> superseded_;
  SchemaLearner learner_;
  Position end_;
  int64_t entries_ = 0;
  /// Reused from signal to signal.
  v1::Signal signal_;
  std::string scratch_;
  /// What the views point to: neither moves its elements.
  absl::node_hash_set<std::string> names_;
  std::deque<std::string> words_;
};

}  // namespace waymark::feedback
