#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "libs/columns/dictionary.h"
#include "libs/columns/snapshot.h"

namespace waymark::columns {

/// The identity of an event: a well-mixed 128-bit hash of (source, external_id).
struct EventKey {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const EventKey&, const EventKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const EventKey& key) {
    return H::combine(std::move(state), key.high, key.low);
  }
};

/// One behaviour event as a writer hands it in. The texts are copied; "" means "none".
struct Event {
  EventKey key;
  uint64_t revision = 0;
  absl::string_view customer;
  absl::string_view session;
  absl::string_view activity;
  absl::string_view touchpoint;
  absl::string_view channel;
  absl::string_view source;
  /// When it happened, microseconds since 1970 UTC.
  int64_t time_micros = 0;
  /// The source's own order among events of equal time.
  int64_t sequence = 0;
  /// Where the feed delivered it: the order among events of equal time and sequence.
  uint64_t position = 0;
  absl::Span<const std::pair<absl::string_view, absl::string_view>> attributes;
};

/// The behaviour events of one tenant, in memory, for the kernels of discovery (graph.h,
/// variants.h, funnel.h, handoff.h). Writers append to a tail; GetSnapshot folds the tail into
/// dense columns. Thread-safe. Writers are never held up by a snapshot being built, except shortly
/// at its ends. About 56 bytes an event in the columns and 60 in the key index.
class EventStore {
 public:
  EventStore();

  /// Records `event`, replacing the row of the same key when the event's revision is equal (a
  /// correction: re-enriched, linked to another customer) or higher. False: ignored, because a
  /// higher revision is known, or the key was removed and the revision is not higher than then.
  bool Append(const Event& event);

  /// Removes the event of `key`, if there is one; only a higher revision brings it back.
  void Remove(EventKey key);

  /// Counts the events of `customer`, those to come too, as if they were of `as`, from the next
  /// snapshot on; as `customer`: as they were handed in. Costs that snapshot the events of both.
  void CountAs(absl::string_view customer, absl::string_view as);

  /// Removes all events of `customer`, as they were handed in. The name is gone from memory at
  /// once; the rows, sessions and attribute values that no other event shares are gone with the
  /// next snapshot. Snapshots handed out before keep the rows, nameless. What remains is the hash
  /// of each key.
  void Erase(absl::string_view customer);

  /// Everything recorded before the call. Without a change since the last call this costs a lock;
  /// else it sorts the tail by case, O(tail), and copies the columns once, O(events): some 40 ms a
  /// million events. Concurrent callers wait for one build and share it.
  std::shared_ptr<const Snapshot> GetSnapshot() const;

  /// Changes with every effective write: results computed from a snapshot stay valid while its
  /// version() equals this.
  uint64_t version() const;

 private:
  struct Entry {
    /// kNoRow once removed.
    uint64_t row;
    uint64_t revision;
  };
  /// What has changed since the base was built.
  struct Changes {
    std::vector<Row> tail;
    absl::flat_hash_set<uint64_t> dead_rows;
    absl::flat_hash_set<Id> erased_customers;
    /// Those under which events are grouped in the base that may belong elsewhere now.
    absl::flat_hash_set<Id> regrouped_customers;
  };

  Row Encode(const Event& event, uint64_t row_id);
  /// Forgets sessions and attributes that neither `snapshot` nor the tail uses.
  void Sweep(const Snapshot& snapshot) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<Dictionaries> names_;
  /// Held while a snapshot is built; taken before mutex_.
  mutable absl::Mutex build_mutex_;
  mutable absl::Mutex mutex_;
  mutable Changes changes_ ABSL_GUARDED_BY(mutex_);
  mutable std::shared_ptr<const Snapshot> base_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<EventKey, Entry> index_ ABSL_GUARDED_BY(mutex_);
  /// Of customers that count as another one.
  CustomerAliases aliases_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_row_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace waymark::columns
