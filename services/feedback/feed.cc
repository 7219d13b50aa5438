#include "services/feedback/feed.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "libs/base/status_macros.h"
#include "services/feedback/block.h"
#include "services/feedback/erasure_store.h"
#include "services/feedback/errors.h"
#include "services/feedback/proto_time.h"

namespace waymark::feedback {
namespace {

constexpr int64_t kPageBytes = 3 << 20;
// What is read for one page at most: entries of other shards, and blocks referred to, count too.
constexpr int64_t kScanBytes = 32 << 20;
constexpr int64_t kReadBytes = 4 << 20;
// How long another replica's commit may go unnoticed, and a client that has left.
constexpr absl::Duration kPollInterval = absl::Milliseconds(50);

bool ReachesShard(const EntryHeader& header, const FeedQuery& query) {
  switch (header.kind) {
    case EntryKind::kRevised:
    case EntryKind::kDeleted:
    case EntryKind::kLinked:
    case EntryKind::kUnlinked:
    case EntryKind::kErased:
      return true;
    case EntryKind::kRemoved:
      return header.previous.has_value();
    default:
      break;
  }
  return header.shard_hash % query.shard_count == query.shard;
}

v1::Change::Kind ToProto(EntryKind kind) {
  switch (kind) {
    case EntryKind::kRecorded:
      return v1::Change::KIND_RECORDED;
    case EntryKind::kRevised:
      return v1::Change::KIND_REVISED;
    case EntryKind::kDeleted:
      return v1::Change::KIND_DELETED;
    case EntryKind::kReenriched:
      return v1::Change::KIND_REENRICHED;
    case EntryKind::kCorrected:
      return v1::Change::KIND_CORRECTED;
    case EntryKind::kLinked:
      return v1::Change::KIND_LINKED;
    case EntryKind::kUnlinked:
      return v1::Change::KIND_UNLINKED;
    case EntryKind::kErased:
      return v1::Change::KIND_ERASED;
    case EntryKind::kRemoved:
      return v1::Change::KIND_DELETED;
  }
  return v1::Change::KIND_UNSPECIFIED;
}

// Fills one page, within one transaction.
class PageReader {
 public:
  PageReader(sql::Connection* connection, const HashKey& key, const FeedQuery& query,
             const PlacementStores& placements, v1::PullFeedResponse* page)
      : connection_(*connection),
        key_(key),
        query_(query),
        placer_(connection, placements),
        page_(page) {}

  absl::Status Read() {
    WM_ASSIGN_OR_RETURN(erasures_, PendingErasures::Read(connection_));
    end_ = query_.after;
    bool at_end = false;
    while (!full_ && !at_end) WM_RETURN_IF_ERROR(ReadSome(&at_end));
    page_->set_at_end(!full_ && at_end);
    page_->set_next_cursor(end_ == Position() ? "" : ToString(end_));
    return absl::OkStatus();
  }

 private:
  absl::Status ReadSome(bool* at_end) {
    WM_ASSIGN_OR_RETURN(const std::vector<Block> blocks,
                        Store::NextBlocks(connection_, query_.tenant, end_, kReadBytes));
    *at_end = blocks.empty();
    for (size_t i = 0; i < blocks.size() && !full_; ++i) {
      WM_RETURN_IF_ERROR(AddBlock(blocks[i]));
      scanned_bytes_ += static_cast<int64_t>(blocks[i].payload.size());
    }
    full_ |= scanned_bytes_ >= kScanBytes;
    return absl::OkStatus();
  }

  absl::Status AddBlock(const Block& block) {
    const bool first = block.tx == end_.tx && block.seq == end_.seq;
    const uint32_t from = first ? end_.index + 1 : 0;
    absl::Status status;
    WM_RETURN_IF_ERROR(ReadEntries(
        block.keys, block.payload, [&](const EntryHeader& header, absl::string_view payload) {
          if (header.index < from) return true;
          const Position position = {block.tx, block.seq, header.index};
          if (ReachesShard(header, query_)) {
            full_ = page_->changes_size() >= query_.limit || page_bytes_ >= kPageBytes ||
                    scanned_bytes_ >= kScanBytes;
            if (full_) return false;
            status = AddEntry(block, header, position, payload);
          }
          end_ = position;
          return status.ok();
        }));
    return status;
  }

  absl::Status AddEntry(const Block& block, const EntryHeader& header, const Position& position,
                        absl::string_view payload) {
    v1::Change change;
    change.set_kind(ToProto(header.kind));
    change.set_tenant(block.tenant);
    change.set_position(ToString(position));
    SetTime(block.record_time, change.mutable_record_time());
    if (header.kind == EntryKind::kErased) {
      Hash128 customer;
      WM_RETURN_IF_ERROR(DecodeCustomer(payload, &customer));
      change.set_customer_hash(customer.lo);
      *page_->add_changes() = std::move(change);
      return absl::OkStatus();
    }
    if (HoldsLink(header.kind)) return AddLink(payload, std::move(change));
    WM_ASSIGN_OR_RETURN(const bool tells, FillSignal(header, payload, &change));
    if (!tells) return absl::OkStatus();
    if (!change.signal().customer().empty()) {
      change.set_customer_hash(CustomerHash(key_, change.signal().customer()).lo);
    }
    WM_ASSIGN_OR_RETURN(*change.mutable_enrichment(),
                        placer_.Place(block.tenant, header.key, change.signal()));
    *page_->add_changes() = std::move(change);
    return absl::OkStatus();
  }

  absl::Status AddLink(absl::string_view payload, v1::Change change) {
    page_bytes_ += static_cast<int64_t>(payload.size());
    if (!change.mutable_customer_link()->ParseFromArray(payload.data(),
                                                        static_cast<int>(payload.size()))) {
      return JournalDamaged("a link of customers");
    }
    const v1::CustomerLink& link = change.customer_link();
    change.set_customer_hash(CustomerHash(key_, link.customer()).lo);
    change.set_linked_customer_hash(CustomerHash(key_, link.linked_customer()).lo);
    *page_->add_changes() = std::move(change);
    return absl::OkStatus();
  }

  // Sets the change's signal; false: the entry tells nothing any more.
  absl::StatusOr<bool> FillSignal(const EntryHeader& header, absl::string_view payload,
                                  v1::Change* change) {
    if (header.kind == EntryKind::kRemoved) return FillTombstone(header, change);
    if (RefersToSignal(header.kind)) {
      Position original;
      WM_RETURN_IF_ERROR(DecodeReference(payload, &original));
      WM_ASSIGN_OR_RETURN(const Entry entry, FindEntry(original));
      if (!HoldsSignal(entry.header.kind)) return false;
      payload = entry.payload;
    }
    WM_RETURN_IF_ERROR(ParseInto(payload, change->mutable_signal()));
    page_bytes_ += static_cast<int64_t>(payload.size());
    // It may have been placed anew after its customer was erased, and before it was removed.
    return !RefersToSignal(header.kind) ||
           !erasures_.Covers(change->tenant(), change->signal().customer());
  }

  // Who holds the revision before the removed one must learn that it does not count any more.
  absl::StatusOr<bool> FillTombstone(const EntryHeader& removed, v1::Change* change) {
    Entry entry = {.header = removed};
    while (entry.header.kind == EntryKind::kRemoved) {
      if (!entry.header.previous.has_value()) return false;
      const Position previous = *entry.header.previous;
      WM_ASSIGN_OR_RETURN(entry, FindEntry(previous));
    }
    v1::Signal before;
    WM_RETURN_IF_ERROR(ParseInto(entry.payload, &before));
    v1::Signal* tombstone = change->mutable_signal();
    tombstone->set_source(before.source());
    tombstone->set_external_id(before.external_id());
    tombstone->set_revision(removed.revision);
    tombstone->set_deleted(true);
    // Of one key a finished survey counts more than a partial one of any revision.
    if (removed.partial) {
      tombstone->mutable_survey_response()->set_completion(v1::SurveyResponse::COMPLETION_PARTIAL);
    }
    return true;
  }

  static absl::Status ParseInto(absl::string_view payload, v1::Signal* signal) {
    if (signal->ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
      return absl::OkStatus();
    }
    return JournalDamaged("a signal");
  }

  struct Entry {
    EntryHeader header;
    /// Valid until the next one is looked for.
    absl::string_view payload;
  };

  // References come in the order of what they refer to: the block is mostly the one before.
  absl::StatusOr<Entry> FindEntry(const Position& position) {
    if (referred_.tx != position.tx || referred_.seq != position.seq) {
      WM_ASSIGN_OR_RETURN(referred_, Store::ReadBlock(connection_, position.block()));
      scanned_bytes_ += static_cast<int64_t>(referred_.payload.size());
    }
    Entry found;
    WM_RETURN_IF_ERROR(ReadEntries(referred_.keys, referred_.payload,
                                   [&](const EntryHeader& header, absl::string_view payload) {
                                     if (header.index == position.index) found = {header, payload};
                                     return header.index < position.index;
                                   }));
    return found;
  }

  sql::Connection& connection_;
  const HashKey& key_;
  const FeedQuery& query_;
  Placer placer_;
  v1::PullFeedResponse* const page_;
  PendingErasures erasures_;
  Block referred_;
  Position end_;
  bool full_ = false;
  int64_t page_bytes_ = 0;
  int64_t scanned_bytes_ = 0;
};

}  // namespace

absl::Status Feed::Read(const FeedQuery& query, v1::PullFeedResponse* page) {
  return store_->database().RunRead([&](sql::Connection& connection) {
    page->Clear();
    return PageReader(&connection, store_->hash_key(), query, placements_, page).Read();
  });
}

absl::Status Feed::Pull(const FeedQuery& query, absl::Time deadline, absl::FunctionRef<bool()> stop,
                        v1::PullFeedResponse* page) {
  for (;;) {
    int64_t commits = commits_->commits();
    WM_RETURN_IF_ERROR(Read(query, page));
    if (page->changes_size() > 0 || !page->at_end()) return absl::OkStatus();
    do {
      const absl::Duration left = deadline - absl::Now();
      if (left <= absl::ZeroDuration() || stop()) return absl::OkStatus();
      commits_->Wait(commits, std::min(left, kPollInterval));
    } while (!store_->postgres() && commits_->commits() == commits);
  }
}

}  // namespace waymark::feedback
