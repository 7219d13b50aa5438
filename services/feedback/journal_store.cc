#include "services/feedback/journal_store.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "libs/base/status_macros.h"
#include "services/feedback/catalogue_store.h"
#include "services/feedback/erasure_guard.h"
#include "services/feedback/memory_key_store.h"
#include "services/feedback/outcomes.h"
#include "services/feedback/quarantine_store.h"
#include "services/feedback/table_key_store.h"

namespace waymark::feedback {
namespace {

constexpr size_t kBlockBytes = 256 << 10;
constexpr int kMaxAttempts = 10;

bool IsRecorded(const Candidate& candidate) {
  return candidate.outcome == v1::INGEST_OUTCOME_RECORDED ||
         candidate.outcome == v1::INGEST_OUTCOME_UPDATED;
}

EntryKind KindOf(const Candidate& candidate) {
  if (candidate.deleted) return EntryKind::kDeleted;
  return candidate.outcome == v1::INGEST_OUTCOME_UPDATED ? EntryKind::kRevised
                                                         : EntryKind::kRecorded;
}

EntryHeader HeaderOf(const Candidate& candidate) {
  return {.key = candidate.key,
          .content = candidate.content,
          .revision = candidate.revision,
          .shard_hash = candidate.shard_hash,
          .index = candidate.position.index,
          .partial = candidate.partial,
          .kind = KindOf(candidate),
          .previous = candidate.previous};
}

// One for each source of each tenant.
std::vector<SourceCounts> Merge(std::vector<SourceCounts> counts) {
  const auto id = [](const SourceCounts& one) { return std::tie(one.tenant, one.source); };
  std::stable_sort(counts.begin(), counts.end(),
                   [&](const SourceCounts& a, const SourceCounts& b) { return id(a) < id(b); });
  std::vector<SourceCounts> merged;
  for (SourceCounts& one : counts) {
    if (merged.empty() || id(merged.back()) != id(one)) {
      merged.push_back(std::move(one));
      continue;
    }
    merged.back().sent |= one.sent;
    v1::IngestCounts& sum = merged.back().counts;
    sum.set_recorded(sum.recorded() + one.counts.recorded());
    sum.set_updated(sum.updated() + one.counts.updated());
    sum.set_duplicate(sum.duplicate() + one.counts.duplicate());
    sum.set_stale(sum.stale() + one.counts.stale());
    sum.set_conflict(sum.conflict() + one.counts.conflict());
    sum.set_quarantined(sum.quarantined() + one.counts.quarantined());
    sum.set_erased(sum.erased() + one.counts.erased());
  }
  return merged;
}

// Every candidate that is not turned away gets the place it would have if all were new; those that
// are not leave a gap in the indexes of their block. `batches` are sorted by tenant, since a block
// belongs to one.
std::vector<Candidate*> Plan(absl::Span<Submission* const> batches, uint64_t tx, uint64_t seq) {
  std::vector<Candidate*> candidates;
  const std::string* tenant = nullptr;
  size_t bytes = 0;
  uint32_t index = 0;
  for (Submission* batch : batches) {
    for (Candidate& candidate : batch->candidates) {
      if (candidate.outcome == v1::INGEST_OUTCOME_ERASED) continue;
      const bool same_tenant = tenant != nullptr && *tenant == batch->tenant;
      if (!same_tenant || bytes + candidate.bytes > kBlockBytes) {
        tenant = &batch->tenant;
        ++seq;
        bytes = 0;
        index = 0;
      }
      bytes += candidate.bytes;
      candidate.position = {tx, seq, index++};
      candidate.previous.reset();
      candidates.push_back(&candidate);
    }
  }
  return candidates;
}

}  // namespace

absl::StatusOr<std::unique_ptr<JournalStore>> JournalStore::Create(Store* store, Clock* clock) {
  WM_ASSIGN_OR_RETURN(std::unique_ptr<sql::Connection> connection, store->database().Dedicated());
  std::unique_ptr<KeyStore> keys;
  if (store->postgres()) {
    keys = std::make_unique<TableKeyStore>();
  } else {
    keys = std::make_unique<MemoryKeyStore>();
  }
  WM_ASSIGN_OR_RETURN(const uint64_t last_seq, Store::LastSeq(*connection));
  WM_RETURN_IF_ERROR(keys->CatchUp(*connection, last_seq));
  return std::unique_ptr<JournalStore>(
      new JournalStore(store, clock, std::move(connection), std::move(keys)));
}

absl::Status JournalStore::Commit(absl::Span<Submission* const> batches) {
  std::vector<Submission*> by_tenant(batches.begin(), batches.end());
  std::stable_sort(by_tenant.begin(), by_tenant.end(),
                   [](const Submission* a, const Submission* b) { return a->tenant < b->tenant; });
  return Run([&](Cursor* cursor) { return Fill(by_tenant, cursor); });
}

absl::Status JournalStore::Append(const ReplacementPage& page) {
  return Run([&](Cursor* cursor) { return FillPage(page, cursor); });
}

absl::Status JournalStore::Append(const std::string& tenant, Addition addition) {
  return Run([&](Cursor* cursor) { return FillAddition(tenant, addition, cursor); });
}

absl::Status JournalStore::AppendAlone(const std::string& tenant, Addition addition) {
  return Run([&](Cursor* cursor) { return FillAddition(tenant, addition, cursor); },
             WriterTurn::kAlone);
}

absl::Status JournalStore::TryWriting() {
  return Run([&](Cursor*) { return Store::TryWriting(*connection_); });
}

absl::Status JournalStore::Run(absl::FunctionRef<absl::Status(Cursor*)> fill, WriterTurn turn) {
  absl::Status status;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    status = RunOnce(fill, turn);
    if (!absl::IsAborted(status)) break;
  }
  return status;
}

absl::Status JournalStore::RunOnce(absl::FunctionRef<absl::Status(Cursor*)> fill, WriterTurn turn) {
  WM_RETURN_IF_ERROR(connection_->Begin(sql::Isolation::kReadCommitted));
  Cursor cursor;
  absl::Status status = [&]() -> absl::Status {
    // Before the transaction has its id, so that those who take turns have theirs in that order.
    WM_RETURN_IF_ERROR(store_->AwaitTurn(*connection_, turn));
    WM_ASSIGN_OR_RETURN(cursor.tx, Store::CurrentTransaction(*connection_));
    WM_ASSIGN_OR_RETURN(cursor.seq, Store::LastSeq(*connection_));
    WM_RETURN_IF_ERROR(keys_->CatchUp(*connection_, cursor.seq));
    WM_RETURN_IF_ERROR(fill(&cursor));
    return connection_->Commit();
  }();
  if (!status.ok()) {
    connection_->Rollback();
    keys_->RolledBack();
    return status;
  }
  keys_->Committed(cursor.seq);
  return absl::OkStatus();
}

absl::Status JournalStore::Fill(absl::Span<Submission* const> batches, Cursor* cursor) {
  WM_RETURN_IF_ERROR(QuarantineStore::LockReplayed(*connection_, batches));
  WM_RETURN_IF_ERROR(TurnAwayErased(*connection_, *keys_, batches));
  const std::vector<Candidate*> candidates = Plan(batches, cursor->tx, cursor->seq);
  WM_RETURN_IF_ERROR(keys_->Resolve({connection_.get(), cursor->tx}, candidates));
  WM_RETURN_IF_ERROR(InsertBlocks(batches, cursor));
  WM_RETURN_IF_ERROR(QuarantineStore::Settle(*connection_, batches, clock_->Now()));
  return Count(batches);
}

absl::Status JournalStore::InsertBlocks(absl::Span<Submission* const> batches, Cursor* cursor) {
  block_.Clear();
  const absl::Time now = clock_->Now();
  const std::string* tenant = nullptr;
  uint64_t seq = cursor->seq;
  const auto flush = [&]() -> absl::Status {
    if (block_.empty()) return absl::OkStatus();
    cursor->seq = seq;
    absl::Status status = Store::InsertBlock(*connection_, *tenant, cursor->tx, seq, now, block_);
    block_.Clear();
    return status;
  };
  for (const Submission* batch : batches) {
    for (const Candidate& candidate : batch->candidates) {
      if (!IsRecorded(candidate)) continue;
      if (candidate.position.seq != seq) {
        WM_RETURN_IF_ERROR(flush());
        seq = candidate.position.seq;
        tenant = &batch->tenant;
      }
      block_.Append(HeaderOf(candidate), batch->payload_of(candidate));
    }
  }
  return flush();
}

absl::Status JournalStore::Count(absl::Span<Submission* const> batches) {
  std::vector<SourceCounts> counts;
  for (const Submission* batch : batches) {
    std::vector<SourceCounts> of_batch(batch->sources.size());
    for (size_t i = 0; i < of_batch.size(); ++i) {
      of_batch[i].sent = batch->replays.empty();
      of_batch[i].tenant = batch->tenant;
      of_batch[i].source = batch->sources[i];
    }
    for (const Candidate& one : batch->candidates) {
      AddOutcome(one.outcome, &of_batch[one.source].counts);
    }
    for (const Rejected& one : batch->rejected) {
      if (one.source < 0) continue;
      AddOutcome(one.outcome, &of_batch[one.source].counts);
    }
    std::move(of_batch.begin(), of_batch.end(), std::back_inserter(counts));
  }
  return store_->AddCounts(*connection_, Merge(std::move(counts)), clock_->Now());
}

absl::Status JournalStore::FillPage(const ReplacementPage& page, Cursor* cursor) {
  WM_ASSIGN_OR_RETURN(const bool ours, CatalogueStore::MoveScan(*connection_, page.tenant,
                                                                page.revision, page.from, page.to));
  if (!ours || page.entries.empty()) return absl::OkStatus();
  std::vector<EntryReference> references;
  for (const auto& entry : page.entries) references.push_back(entry.reference);
  WM_ASSIGN_OR_RETURN(const std::vector<bool> live, keys_->AreLive(*connection_, references));
  block_.Clear();
  for (size_t i = 0; i < page.entries.size(); ++i) {
    if (!live[i]) continue;
    EntryHeader header = page.entries[i].header;
    header.kind = EntryKind::kReenriched;
    header.index = static_cast<uint32_t>(i);
    block_.Append(header, EncodeReference(page.entries[i].reference.position));
  }
  if (block_.empty()) return absl::OkStatus();
  ++cursor->seq;
  return Store::InsertBlock(*connection_, page.tenant, cursor->tx, cursor->seq, clock_->Now(),
                            block_);
}

absl::Status JournalStore::FillAddition(const std::string& tenant, Addition addition,
                                        Cursor* cursor) {
  block_.Clear();
  const absl::Time now = clock_->Now();
  const Position next = {cursor->tx, cursor->seq + 1, 0};
  WM_RETURN_IF_ERROR(addition({connection_.get(), keys_.get(), next, now}, &block_));
  if (block_.empty()) return absl::OkStatus();
  ++cursor->seq;
  return Store::InsertBlock(*connection_, tenant, cursor->tx, cursor->seq, now, block_);
}

}  // namespace waymark::feedback
