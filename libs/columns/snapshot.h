#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "libs/columns/dictionary.h"

namespace waymark::columns {

/// One event in numbers, as it waits in the tail of an EventStore.
struct Row {
  int64_t time;
  int64_t sequence;
  uint64_t position;
  /// Counts the writes of the store; the last tie-break, so equal rows keep their arrival order.
  uint64_t row_id;
  Id customer;
  Id session;
  Id activity;
  Id touchpoint;
  Id channel;
  Id source;
  Id attributes;
};

/// The columns of a snapshot; entry i of each belongs to event i.
struct Columns {
  std::vector<int64_t> time;
  std::vector<int64_t> sequence;
  std::vector<uint64_t> position;
  std::vector<uint64_t> row_id;
  std::vector<Id> session;
  std::vector<Id> activity;
  std::vector<Id> touchpoint;
  std::vector<Id> channel;
  std::vector<Id> source;
  std::vector<Id> attributes;

  size_t size() const { return time.size(); }
  void Reserve(size_t rows);
  void Append(const Row& row);
  void Append(const Columns& from, size_t begin, size_t end);
  /// Whether event i comes before event j of the same case: by time, the source's sequence, the
  /// feed's position, arrival.
  bool Before(size_t i, size_t j) const;
};

/// The events of a store at one moment: dense columns, grouped by customer, in order within each.
/// Immutable, so any number of threads may read it; it outlives its store.
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const Dictionaries> names) : names_(std::move(names)) {}

  /// `base` with the rows of `tail` added, without the rows of `dead` and of `erased` customers.
  static std::shared_ptr<const Snapshot> Merge(const Snapshot& base, std::vector<Row> tail,
                                               const absl::flat_hash_set<uint64_t>& dead,
                                               const absl::flat_hash_set<Id>& erased,
                                               uint64_t version);

  uint64_t version() const { return version_; }
  size_t size() const { return columns_.size(); }
  const Dictionaries& names() const { return *names_; }
  const Columns& columns() const { return columns_; }
  /// The events of customer c are [customer_begin()[c], customer_begin()[c + 1]); those of customer
  /// kNone have none. Customers without events have empty ranges.
  absl::Span<const size_t> customer_begin() const { return customer_begin_; }
  /// Whether every event has an activity, or a touchpoint.
  bool all_have_activity() const { return all_have_activity_; }
  bool all_have_touchpoint() const { return all_have_touchpoint_; }

 private:
  class Builder;

  std::shared_ptr<const Dictionaries> names_;
  uint64_t version_ = 0;
  Columns columns_;
  std::vector<size_t> customer_begin_ = {0};
  bool all_have_activity_ = true;
  bool all_have_touchpoint_ = true;
};

}  // namespace waymark::columns
