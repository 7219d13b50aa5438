#include "libs/columns/snapshot.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace waymark::columns {
namespace {

auto Order(const Row& row) { return std::tie(row.time, row.sequence, row.position, row.row_id); }

bool RowBefore(const Row& a, const Row& b) { return Order(a) < Order(b); }

/// Sorts by customer, then by order in the case: a counting sort, since customers are dense and
/// their events few and mostly in order already.
std::vector<Row> GroupByCustomer(const std::vector<Row>& rows, std::vector<size_t>* begin) {
  Id customers = 0;
  for (const Row& row : rows) customers = std::max(customers, row.customer + 1);
  begin->assign(customers + 1, 0);
  for (const Row& row : rows) ++(*begin)[row.customer + 1];
  for (size_t c = 1; c < begin->size(); ++c) (*begin)[c] += (*begin)[c - 1];

  std::vector<Row> grouped(rows.size());
  std::vector<size_t> next(begin->begin(), begin->end() - 1);
  for (const Row& row : rows) grouped[next[row.customer]++] = row;
  for (size_t c = 0; c < customers; ++c) {
    const auto first = grouped.begin() + (*begin)[c];
    const auto last = grouped.begin() + (*begin)[c + 1];
    if (!std::is_sorted(first, last, RowBefore)) std::sort(first, last, RowBefore);
  }
  return grouped;
}

template <typename T>
void AppendRange(const std::vector<T>& from, size_t begin, size_t end, std::vector<T>* to) {
  to->insert(to->end(), from.begin() + begin, from.begin() + end);
}

bool LacksNone(const std::vector<Id>& ids) {
  return std::find(ids.begin(), ids.end(), kNone) == ids.end();
}

}  // namespace

void Columns::Reserve(size_t rows) {
  time.reserve(rows);
  sequence.reserve(rows);
  position.reserve(rows);
  row_id.reserve(rows);
  for (auto* ids : {&session, &activity, &touchpoint, &channel, &source, &attributes}) {
    ids->reserve(rows);
  }
}

void Columns::Append(const Row& row) {
  time.push_back(row.time);
  sequence.push_back(row.sequence);
  position.push_back(row.position);
  row_id.push_back(row.row_id);
  session.push_back(row.session);
  activity.push_back(row.activity);
  touchpoint.push_back(row.touchpoint);
  channel.push_back(row.channel);
  source.push_back(row.source);
  attributes.push_back(row.attributes);
}

Row Columns::At(size_t i, Id customer) const {
  return {.time = time[i],
          .sequence = sequence[i],
          .position = position[i],
          .row_id = row_id[i],
          .customer = customer,
          .session = session[i],
          .activity = activity[i],
          .touchpoint = touchpoint[i],
          .channel = channel[i],
          .source = source[i],
          .attributes = attributes[i]};
}

void Columns::Append(const Columns& from, size_t begin, size_t end) {
  if (begin == end) return;
  AppendRange(from.time, begin, end, &time);
  AppendRange(from.sequence, begin, end, &sequence);
  AppendRange(from.position, begin, end, &position);
  AppendRange(from.row_id, begin, end, &row_id);
  AppendRange(from.session, begin, end, &session);
  AppendRange(from.activity, begin, end, &activity);
  AppendRange(from.touchpoint, begin, end, &touchpoint);
  AppendRange(from.channel, begin, end, &channel);
  AppendRange(from.source, begin, end, &source);
  AppendRange(from.attributes, begin, end, &attributes);
}

bool Columns::Before(size_t i, size_t j) const {
  return std::tie(time[i], sequence[i], position[i], row_id[i]) <
         std::tie(time[j], sequence[j], position[j], row_id[j]);
}

/// Merges customer by customer; stretches of the base that stay as they are get copied in one go.
class Snapshot::Builder {
 public:
  Builder(const Snapshot& base, const absl::flat_hash_set<uint64_t>& dead, Snapshot* out)
      : base_(base.columns_), dead_(dead), out_(out->columns_) {}

  void Copy(size_t begin, size_t end) {
    if (dead_.empty()) return Extend(begin, end);
    for (size_t i = begin; i < end; ++i) {
      if (!dead_.contains(base_.row_id[i])) Extend(i, i + 1);
    }
  }

  void Interleave(size_t begin, size_t end, absl::Span<const Row> rows) {
    for (const Row& row : rows) {
      size_t stop = begin;
      while (stop < end && BaseBefore(stop, row)) ++stop;
      Copy(begin, stop);
      begin = stop;
      Flush();
      out_.Append(row);
    }
    Copy(begin, end);
  }

  void Flush() {
    out_.Append(base_, run_begin_, run_end_);
    run_begin_ = run_end_;
  }

  /// Rows written so far and those of the run that waits.
  size_t size() const { return out_.size() + (run_end_ - run_begin_); }

 private:
  void Extend(size_t begin, size_t end) {
    if (begin == end) return;
    if (begin != run_end_) {
      Flush();
      run_begin_ = begin;
    }
    run_end_ = end;
  }

  bool BaseBefore(size_t i, const Row& row) const {
    return std::tie(base_.time[i], base_.sequence[i], base_.position[i], base_.row_id[i]) <
           Order(row);
  }

  const Columns& base_;
  const absl::flat_hash_set<uint64_t>& dead_;
  Columns& out_;
  size_t run_begin_ = 0;
  size_t run_end_ = 0;
};

void Snapshot::Lift(const absl::flat_hash_set<Id>& groups, std::vector<Row>* rows) const {
  for (const Id group : groups) {
    if (group + 1 >= customer_begin_.size()) continue;
    for (size_t i = customer_begin_[group]; i < customer_begin_[group + 1]; ++i) {
      const auto own = own_customers_.find(columns_.row_id[i]);
      rows->push_back(columns_.At(i, own == own_customers_.end() ? group : own->second));
    }
  }
}

std::shared_ptr<const Snapshot> Snapshot::Merge(const Snapshot& base, std::vector<Row> tail,
                                                const Edits& edits) {
  base.Lift(edits.regrouped, &tail);
  std::erase_if(tail, [&](const Row& row) {
    return edits.dead.contains(row.row_id) || edits.erased.contains(row.customer);
  });
  absl::flat_hash_map<uint64_t, Id> own_customers = base.own_customers_;
  for (const uint64_t row_id : edits.dead) own_customers.erase(row_id);
  for (Row& row : tail) {
    const Id group = GroupOf(edits.aliases, row.customer);
    if (group == row.customer) {
      own_customers.erase(row.row_id);
    } else {
      own_customers[row.row_id] = std::exchange(row.customer, group);
    }
  }
  std::vector<size_t> tail_begin;
  const std::vector<Row> rows = GroupByCustomer(tail, &tail_begin);

  auto merged = std::make_shared<Snapshot>(base.names_);
  merged->version_ = edits.version;
  merged->own_customers_ = std::move(own_customers);
  merged->columns_.Reserve(base.size() + rows.size());
  Builder builder(base, edits.dead, merged.get());
  const size_t base_customers = base.customer_begin_.size() - 1;
  const size_t customers = std::max(base_customers, tail_begin.size() - 1);
  merged->customer_begin_.reserve(customers + 1);
  for (size_t c = 0; c < customers; ++c) {
    const Id id = static_cast<Id>(c);
    const bool stays =
        c < base_customers && !edits.erased.contains(id) && !edits.regrouped.contains(id);
    const bool in_tail = c + 1 < tail_begin.size();
    const size_t begin = stays ? base.customer_begin_[c] : 0;
    const size_t end = stays ? base.customer_begin_[c + 1] : 0;
    const absl::Span<const Row> added =
        in_tail
            ? absl::MakeConstSpan(rows).subspan(tail_begin[c], tail_begin[c + 1] - tail_begin[c])
            : absl::Span<const Row>();
    builder.Interleave(begin, end, added);
    merged->customer_begin_.push_back(builder.size());
  }
  builder.Flush();
  merged->all_have_activity_ = LacksNone(merged->columns_.activity);
  merged->all_have_touchpoint_ = LacksNone(merged->columns_.touchpoint);
  return merged;
}

}  // namespace waymark::columns
