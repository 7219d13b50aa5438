#include "libs/columns/view.h"

#include <algorithm>
#include <limits>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace waymark::columns {
namespace {

bool TakesEverything(const EventFilter& filter) {
  return filter.sources.empty() && filter.attributes.empty() && !filter.from_micros &&
         !filter.to_micros;
}

/// By attribute set: whether it has, for each key, one of the values wanted of it.
std::vector<bool> MatchingSets(const Dictionaries& names,
                               absl::Span<const std::pair<std::string, std::string>> wanted) {
  absl::flat_hash_map<absl::string_view, std::vector<bool>> by_key;
  std::vector<bool> all;
  for (const auto& [key, value] : wanted) {
    const std::pair<Id, Id> pair = {names.attribute_keys.Find(key),
                                    names.attribute_values.Find(value)};
    const std::vector<bool> matching = names.attribute_sets.Matching({&pair, 1});
    if (all.empty()) all.assign(matching.size(), true);
    std::vector<bool>& any = by_key[key];
    any.resize(all.size());
    for (size_t set = 0; set < all.size(); ++set) any[set] = any[set] || matching[set];
  }
  for (const auto& [key, any] : by_key) {
    for (size_t set = 0; set < all.size(); ++set) all[set] = all[set] && any[set];
  }
  return all;
}

/// An EventFilter in numbers.
class Matcher {
 public:
  Matcher(const Snapshot& snapshot, const EventFilter& filter)
      : columns_(snapshot.columns()),
        from_(filter.from_micros.value_or(std::numeric_limits<int64_t>::min())),
        to_(filter.to_micros) {
    const Dictionaries& names = snapshot.names();
    if (!filter.sources.empty()) {
      sources_.emplace(names.sources.size());
      for (const std::string& source : filter.sources) {
        if (const Id id = names.sources.Find(source); id != kNone) (*sources_)[id] = true;
      }
    }
    if (!filter.attributes.empty()) {
      attributes_ = MatchingSets(names, filter.attributes);
    }
  }

  bool Takes(size_t i) const {
    return columns_.time[i] >= from_ && (!to_ || columns_.time[i] < *to_) &&
           (!sources_ || (*sources_)[columns_.source[i]]) &&
           (!attributes_ || (*attributes_)[columns_.attributes[i]]);
  }

 private:
  const Columns& columns_;
  int64_t from_;
  std::optional<int64_t> to_;
  /// By source id, and by attribute set.
  std::optional<std::vector<bool>> sources_;
  std::optional<std::vector<bool>> attributes_;
};

}  // namespace

/// Copies the events that a query takes into a view's own columns.
class View::Selector {
 public:
  Selector(const Snapshot& snapshot, const Query& query, View* view)
      : snapshot_(snapshot),
        columns_(snapshot.columns()),
        steps_(query.step_by == StepBy::kActivity ? columns_.activity : columns_.touchpoint),
        matcher_(snapshot, query.filter),
        view_(view) {}

  /// `gap_micros` cuts a customer's events into several cases.
  void ByCustomer(std::optional<int64_t> gap_micros) {
    const absl::Span<const size_t> begin = snapshot_.customer_begin();
    for (size_t c = 1; c + 1 < begin.size(); ++c) {
      for (size_t i = begin[c]; i < begin[c + 1]; ++i) {
        if (!Takes(i)) continue;
        if (gap_micros && CaseIsOpen() && columns_.time[i] - own().times.back() > *gap_micros) {
          CloseCase();
        }
        Add(i);
      }
      CloseCase();
    }
  }

  /// `case_of(i)` is the case of event i, kNone for no case, below `case_ids`.
  template <typename CaseOf>
  void ByColumn(Id case_ids, CaseOf case_of) {
    std::vector<size_t> begin(case_ids + size_t{1}, 0);
    const auto takes = [&](size_t i) { return case_of(i) != kNone && Takes(i); };
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (takes(i)) ++begin[case_of(i) + 1];
    }
    for (size_t c = 1; c < begin.size(); ++c) begin[c] += begin[c - 1];
    std::vector<size_t> events(begin.back());
    std::vector<size_t> next(begin.begin(), begin.end() - 1);
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (takes(i)) events[next[case_of(i)]++] = i;
    }
    const auto before = [&](size_t i, size_t j) { return columns_.Before(i, j); };
    for (size_t c = 0; c + 1 < begin.size(); ++c) {
      std::sort(events.begin() + begin[c], events.begin() + begin[c + 1], before);
      for (size_t e = begin[c]; e < begin[c + 1]; ++e) Add(events[e]);
      CloseCase();
    }
  }

 private:
  Selection& own() { return view_->own_; }
  bool Takes(size_t i) const { return steps_[i] != kNone && matcher_.Takes(i); }

  void Add(size_t i) {
    own().steps.push_back(steps_[i]);
    own().channels.push_back(columns_.channel[i]);
    own().times.push_back(columns_.time[i]);
  }

  bool CaseIsOpen() { return own().steps.size() > view_->case_begin_.back(); }
  void CloseCase() {
    if (CaseIsOpen()) view_->case_begin_.push_back(own().steps.size());
  }

  const Snapshot& snapshot_;
  const Columns& columns_;
  const std::vector<Id>& steps_;
  const Matcher matcher_;
  View* const view_;
};

View::View(std::shared_ptr<const Snapshot> snapshot, const Query& query)
    : snapshot_(std::move(snapshot)), step_by_(query.step_by), case_begin_{0} {
  const bool complete = step_by_ == StepBy::kActivity ? snapshot_->all_have_activity()
                                                      : snapshot_->all_have_touchpoint();
  if (query.case_by.kind == CaseBy::Kind::kCustomer && complete && TakesEverything(query.filter)) {
    Borrow();
  } else {
    Select(query);
  }
}

void View::Borrow() {
  const Columns& columns = snapshot_->columns();
  const absl::Span<const size_t> begin = snapshot_->customer_begin();
  const size_t nameless = begin.size() > 1 ? begin[1] : 0;
  case_begin_.reserve(begin.size());
  for (size_t c = 1; c + 1 < begin.size(); ++c) {
    if (begin[c + 1] > begin[c]) case_begin_.push_back(begin[c + 1] - nameless);
  }
  steps_ = step_by_ == StepBy::kActivity ? columns.activity : columns.touchpoint;
  steps_.remove_prefix(nameless);
  channels_ = absl::MakeConstSpan(columns.channel).subspan(nameless);
  times_ = absl::MakeConstSpan(columns.time).subspan(nameless);
}

void View::Select(const Query& query) {
  Selector selector(*snapshot_, query, this);
  const Columns& columns = snapshot_->columns();
  const Dictionaries& names = snapshot_->names();
  switch (query.case_by.kind) {
    case CaseBy::Kind::kCustomer:
      selector.ByCustomer(std::nullopt);
      break;
    case CaseBy::Kind::kGap:
      selector.ByCustomer(query.case_by.gap_micros);
      break;
    case CaseBy::Kind::kSession:
      selector.ByColumn(names.sessions.size(), [&](size_t i) { return columns.session[i]; });
      break;
    case CaseBy::Kind::kAttribute: {
      const std::vector<Id> value_of =
          names.attribute_sets.ValuesOf(names.attribute_keys.Find(query.case_by.attribute));
      selector.ByColumn(names.attribute_values.size(),
                        [&](size_t i) { return value_of[columns.attributes[i]]; });
      break;
    }
  }
  steps_ = own_.steps;
  channels_ = own_.channels;
  times_ = own_.times;
}

const Dictionary& View::step_names() const {
  return step_by_ == StepBy::kActivity ? snapshot_->names().activities
                                       : snapshot_->names().touchpoints;
}

}  // namespace waymark::columns
