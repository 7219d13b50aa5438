#include "services/feedback/signal_reader.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <queue>
#include <utility>

#include "absl/time/clock.h"
#include "libs/base/status_macros.h"
#include "services/feedback/entry_store.h"
#include "services/feedback/preparation.h"
#include "services/feedback/signal_filter.h"

namespace waymark::feedback {
namespace {

constexpr int kFirstRows = 64;
constexpr int kMostRows = 2048;
// A filter that few signals pass: after so many the page is returned as it is.
constexpr int kMaxExamined = 50'000;
constexpr int kExaminedBetweenClocks = 256;

/// A bucket's rows in the query's order, read in growing parts.
class RowStream {
 public:
  RowStream(const RowQuery* query, const Bucket& bucket, const std::optional<RowKey>& after)
      : query_(*query), bucket_(bucket), after_(after) {}

  /// Where its next row stands, or, before any was read, where it stands at the earliest.
  RowKey Bound() const {
    if (!rows_.empty()) return rows_.front().key;
    return query_.ascending ? RowKey{bucket_.first_time, INT64_MIN, INT64_MIN}
                            : RowKey{bucket_.last_time, INT64_MAX, INT64_MAX};
  }
  bool loaded() const { return !rows_.empty(); }

  /// Reads the next part; false: there are no more rows.
  absl::StatusOr<bool> Load(sql::Connection& index) {
    if (ended_) return false;
    WM_ASSIGN_OR_RETURN(const std::vector<IndexRow> rows,
                        IndexStore::Rows(index, query_, bucket_.id, after_, part_));
    ended_ = static_cast<int>(rows.size()) < part_;
    part_ = std::min(2 * part_, kMostRows);
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    if (!rows_.empty()) after_ = rows_.back().key;
    return !rows_.empty();
  }

  IndexRow Pop() {
    const IndexRow row = rows_.front();
    rows_.pop_front();
    return row;
  }

 private:
  const RowQuery& query_;
  const Bucket bucket_;
  std::optional<RowKey> after_;
  int part_ = kFirstRows;
  bool ended_ = false;
  std::deque<IndexRow> rows_;
};

/// The rows of all buckets in the query's order. A bucket is read only when its turn may have come:
/// where signals come about in order of time, few are.
class RowMerge {
 public:
  RowMerge(const RowQuery* query, const std::vector<Bucket>& buckets,
           const std::optional<RowKey>& after)
      : ascending_(query->ascending) {
    for (const Bucket& bucket : buckets) {
      Push(std::make_unique<RowStream>(query, bucket, after));
    }
  }

  absl::StatusOr<std::optional<IndexRow>> Next(sql::Connection& index) {
    while (!streams_.empty()) {
      std::pop_heap(streams_.begin(), streams_.end(), Later{ascending_});
      std::unique_ptr<RowStream> stream = std::move(streams_.back());
      streams_.pop_back();
      if (!stream->loaded()) {
        WM_ASSIGN_OR_RETURN(const bool more, stream->Load(index));
        if (more) Push(std::move(stream));
        continue;
      }
      const IndexRow row = stream->Pop();
      if (!stream->loaded()) WM_RETURN_IF_ERROR(stream->Load(index).status());
      if (stream->loaded()) Push(std::move(stream));
      return row;
    }
    return std::nullopt;
  }

 private:
  struct Later {
    bool ascending;
    bool operator()(const std::unique_ptr<RowStream>& a,
                    const std::unique_ptr<RowStream>& b) const {
      return ascending ? a->Bound() > b->Bound() : a->Bound() < b->Bound();
    }
  };

  void Push(std::unique_ptr<RowStream> stream) {
    streams_.push_back(std::move(stream));
    std::push_heap(streams_.begin(), streams_.end(), Later{ascending_});
  }

  const bool ascending_;
  std::vector<std::unique_ptr<RowStream>> streams_;
};

sql::Value ToValue(const filter::SqlValue& value) {
  return std::visit([](const auto& one) { return sql::Value(one); }, value);
}

RowQuery MakeRowQuery(const SignalQuery& query, const HashKey& key, sql::Dialect dialect) {
  RowQuery rows = {.tenant = query.tenant, .ascending = query.ascending};
  const filter::Filter::Range times = query.filter.RequiredRange(EventTimeField());
  rows.from = times.min;
  rows.to = times.max;
  if (query.after.has_value()) {
    (query.ascending ? rows.from : rows.to) = query.after->event_time;
  }
  if (const auto customer = query.filter.RequiredEqual(CustomerField()); customer.has_value()) {
    rows.customer = IndexHash(key, *customer);
  }
  if (query.search.has_value()) {
    rows.search =
        dialect == sql::Dialect::kPostgres ? query.search->ToTsquery() : query.search->ToFts5();
  }
  const filter::SqlCondition condition =
      filter::ToSql(query.filter, SignalColumns(key), RowQuery::kFirstParam);
  if (!condition.text.empty()) rows.conditions = absl::StrCat(" AND ", condition.text);
  for (const auto& value : condition.parameters) rows.condition_params.push_back(ToValue(value));
  return rows;
}

/// Fills one page.
class PageFinder {
 public:
  PageFinder(const SignalQuery& query, sql::Connection* index, EntryStore* entries)
      : query_(query), index_(*index), entries_(*entries) {}

  absl::StatusOr<SignalPage> Find(RowMerge* merge) {
    SignalPage page;
    for (int examined = 0;; ++examined) {
      WM_ASSIGN_OR_RETURN(const std::optional<IndexRow> row, merge->Next(index_));
      if (!row.has_value()) {
        page.next = std::nullopt;
        return page;
      }
      // One row more than is wanted tells that there is another page.
      if (static_cast<int>(page.signals.size()) == query_.limit || Tired(examined)) return page;
      WM_ASSIGN_OR_RETURN(std::optional<v1::StoredSignal> stored, entries_.Read(row->position));
      page.next = row->key;
      if (stored.has_value() && query_.filter.Matches(SignalRecord(&*stored))) {
        bytes_ += stored->ByteSizeLong();
        page.signals.push_back(*std::move(stored));
      }
    }
  }

 private:
  // A page has a bound in bytes, too, and something to go on from.
  bool Tired(int examined) const {
    if (examined == 0) return false;
    if (examined >= kMaxExamined || bytes_ >= kMaxPageBytes) return true;
    return examined % kExaminedBetweenClocks == 0 && absl::Now() >= query_.deadline;
  }

  static constexpr size_t kMaxPageBytes = 3 << 20;

  const SignalQuery& query_;
  sql::Connection& index_;
  EntryStore& entries_;
  size_t bytes_ = 0;
};

}  // namespace

absl::StatusOr<std::optional<v1::StoredSignal>> SignalReader::Get(const std::string& tenant,
                                                                  absl::string_view source,
                                                                  absl::string_view external_id) {
  const Hash128 key = SignalKey(journal_->hash_key(), tenant, source, external_id);
  std::optional<v1::StoredSignal> stored;
  WM_ASSIGN_OR_RETURN(const std::optional<Position> position, writer_->Find(key));
  if (!position.has_value()) return stored;
  WM_RETURN_IF_ERROR(journal_->database().RunRead([&](sql::Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(stored, EntryStore(&connection, placements_).Read(*position));
    return absl::OkStatus();
  }));
  return stored;
}

// On PostgreSQL both are in one database, and one snapshot. A call never holds two sessions of one
// pool, or calls could wait for each other.
absl::Status SignalReader::ReadBoth(
    absl::FunctionRef<absl::Status(sql::Connection& index, sql::Connection& journal)> read) {
  return index_->database().RunRead([&](sql::Connection& index) -> absl::Status {
    if (&index_->database() == &journal_->database()) return read(index, index);
    return journal_->database().RunRead(
        [&](sql::Connection& journal) -> absl::Status { return read(index, journal); });
  });
}

absl::StatusOr<SignalPage> SignalReader::List(const SignalQuery& query) {
  const RowQuery rows = MakeRowQuery(query, journal_->hash_key(), journal_->database().dialect());
  SignalPage page;
  WM_RETURN_IF_ERROR(
      ReadBoth([&](sql::Connection& index, sql::Connection& journal) -> absl::Status {
        WM_ASSIGN_OR_RETURN(const std::vector<Bucket> buckets,
                            IndexStore::Buckets(index, rows.tenant, rows.from, rows.to));
        RowMerge merge(&rows, buckets, query.after);
        EntryStore entries(&journal, placements_);
        WM_ASSIGN_OR_RETURN(page, PageFinder(query, &index, &entries).Find(&merge));
        return absl::OkStatus();
      }));
  return page;
}

absl::StatusOr<std::vector<v1::StoredSignal>> SignalReader::Conversation(
    const std::string& tenant, absl::string_view source, absl::string_view conversation) {
  std::vector<v1::StoredSignal> messages;
  const int64_t hash = ConversationHash(journal_->hash_key(), source, conversation);
  WM_RETURN_IF_ERROR(
      ReadBoth([&](sql::Connection& index, sql::Connection& journal) -> absl::Status {
        WM_ASSIGN_OR_RETURN(const std::vector<Position> positions,
                            IndexStore::Conversation(index, tenant, hash, kMaxMessages));
        messages.clear();
        EntryStore entries(&journal, placements_);
        for (const Position& position : positions) {
          WM_ASSIGN_OR_RETURN(std::optional<v1::StoredSignal> stored, entries.Read(position));
          // Hashes may collide.
          if (!stored.has_value() || stored->signal().source() != source ||
              stored->signal().chat_message().conversation() != conversation) {
            continue;
          }
          messages.push_back(*std::move(stored));
        }
        return absl::OkStatus();
      }));
  return messages;
}

}  // namespace waymark::feedback
