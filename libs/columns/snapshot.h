#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
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

/// Customers whose events are grouped with those of another one.
using CustomerAliases = absl::flat_hash_map<Id, Id>;

inline Id GroupOf(const CustomerAliases& aliases, Id customer) {
  const auto it = aliases.find(customer);
  return it == aliases.end() ? customer : it->second;
}

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
  /// Event i, as one of `customer`.
  Row At(size_t i, Id customer) const;
  /// Whether event i comes before event j of the same case: by time, the source's sequence, the
  /// feed's position, arrival.
  bool Before(size_t i, size_t j) const;
};

/// The events of a store at one moment: dense columns, grouped by customer, in order within each.
/// Those of customers that count as one stand together under one of them.
/// Immutable, so any number of threads may read it; it outlives its store.
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const Dictionaries> names) : names_(std::move(names)) {}

  /// What makes a snapshot of another one, besides new rows.
  struct Edits {
    /// Rows and customers that are left out.
    absl::flat_hash_set<uint64_t> dead;
    absl::flat_hash_set<Id> erased;
    /// Which customers count as another one now, and the groups of the base that are to be grouped
    /// anew: where aliases have changed, and where erased customers have rows.
    CustomerAliases aliases;
    absl::flat_hash_set<Id> regrouped;
    uint64_t version = 0;
  };
  /// `base` with the rows of `tail` added.
  static std::shared_ptr<const Snapshot> Merge(const Snapshot& base, std::vector<Row> tail,
                                               const Edits& edits);

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

  /// Adds the rows of the groups to be grouped anew to *rows, with their customers as handed in.
  void Lift(const absl::flat_hash_set<Id>& groups, std::vector<Row>* rows) const;

  std::shared_ptr<const Dictionaries> names_;
  uint64_t version_ = 0;
  Columns columns_;
  std::vector<size_t> customer_begin_ = {0};
  /// By row_id: the customers of rows that stand under another one.
  absl::flat_hash_map<uint64_t, Id> own_customers_;
  bool all_have_activity_ = true;
  bool all_have_touchpoint_ = true;
};

}  // namespace waymark::columns
