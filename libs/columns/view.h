#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "libs/columns/dictionary.h"
#include "libs/columns/snapshot.h"

namespace waymark::columns {

/// Which events make up one case (one walk through a journey).
struct CaseBy {
  enum class Kind {
    /// The events of one customer.
    kCustomer,
    /// The events of one session id, which must be unique within the tenant.
    kSession,
    /// The events of one customer, cut where two lie more than `gap_micros` apart.
    kGap,
    /// The events with one value of the attribute `attribute`.
    kAttribute,
  };
  Kind kind = Kind::kCustomer;
  int64_t gap_micros = 0;
  std::string attribute;
};

/// What the nodes of a journey are.
enum class StepBy { kActivity, kTouchpoint };

/// Which events count; every condition must hold.
struct EventFilter {
  /// Any of these; all sources when empty.
  std::vector<std::string> sources;
  /// from_micros <= time < to_micros.
  std::optional<int64_t> from_micros;
  std::optional<int64_t> to_micros;
  /// (key, value): of each key, one of the values given must be the event's.
  std::vector<std::pair<std::string, std::string>> attributes;
};

struct Query {
  CaseBy case_by;
  StepBy step_by = StepBy::kActivity;
  EventFilter filter;
};

/// A snapshot as one query sees it: cases of at least one event, each in order. Events without a
/// case (no customer, session or attribute value) and events without a step are left out.
/// Immutable; movable; keeps its snapshot alive. Made for free when the query takes everything by
/// customer (then it only notes where cases begin), else in one or two passes over the events.
class View {
 public:
  View(std::shared_ptr<const Snapshot> snapshot, const Query& query);
  View(View&&) = default;
  View& operator=(View&&) = default;

  size_t cases() const { return case_begin_.size() - 1; }
  size_t events() const { return steps_.size(); }
  /// The events of case c are [case_begin()[c], case_begin()[c + 1]) of the columns below.
  absl::Span<const size_t> case_begin() const { return case_begin_; }
  absl::Span<const Id> steps() const { return steps_; }
  absl::Span<const Id> channels() const { return channels_; }
  /// Microseconds since 1970 UTC.
  absl::Span<const int64_t> times() const { return times_; }

  /// The names behind steps() and channels().
  const Dictionary& step_names() const;
  const Dictionary& channel_names() const { return snapshot_->names().channels; }

 private:
  /// A copy of the events that the query takes, regrouped.
  struct Selection {
    std::vector<Id> steps;
    std::vector<Id> channels;
    std::vector<int64_t> times;
  };
  class Selector;

  void Borrow();
  void Select(const Query& query);

  std::shared_ptr<const Snapshot> snapshot_;
  StepBy step_by_;
  Selection own_;
  std::vector<size_t> case_begin_;
  absl::Span<const Id> steps_;
  absl::Span<const Id> channels_;
  absl::Span<const int64_t> times_;
};

}  // namespace waymark::columns
