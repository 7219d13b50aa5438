#include "services/feedback/journal_store.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "libs/base/status_macros.h"
#include "services/feedback/catalogue_store.h"
#include "services/feedback/erasure_guard.h"
#include "services/feedback/journal_key_store.h"
#include "services/feedback/memory_key_store.h"
#include "services/feedback/outcomes.h"
#include "services/feedback/quarantine_store.h"

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
std::vector<Candidate*> Plan(absl::Span<Submission* const> batches, BlockId block) {
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
        ++block.seq;
        bytes = 0;
        index = 0;
      }
      bytes += candidate.bytes;
      candidate.position = {block.tx, block.seq, index++};
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
    keys = std::make_unique<JournalKeyStore>();
  } else {
    keys = std::make_unique<MemoryKeyStore>();
  }
  WM_ASSIGN_OR_RETURN(const BlockId last, Store::LastBlock(*connection));
  WM_RETURN_IF_ERROR(keys->CatchUp(*connection, last));
  return std::unique_ptr<JournalStore>(
      new JournalStore(store, clock, std::move(connection), std::move(keys)));
}

absl::Status JournalStore::Commit(absl::Span<Submission* const> batches) {
  std::vector<Submission*> by_tenant(batches.begin(), batches.end());
  std::stable_sort(by_tenant.begin(), by_tenant.end(),
                   [](const Submission* a, const Submission* b) { return a->tenant < b->tenant; });
  return Run([&](BlockId* last) { return Fill(by_tenant, last); });
}

absl::Status JournalStore::Append(const ReplacementPage& page) {
  return Run([&](BlockId* last) { return FillPage(page, last); });
}

absl::Status JournalStore::Append(const std::string& tenant, Addition addition) {
  return Run([&](BlockId* last) { return FillAddition(tenant, addition, last); });
}

absl::Status JournalStore::TryWriting() {
  return Run([&](BlockId*) { return Store::TryWriting(*connection_); });
}

absl::StatusOr<std::optional<Position>> JournalStore::Find(const Hash128& key) {
  WM_ASSIGN_OR_RETURN(const BlockId last, Store::LastBlock(*connection_));
  WM_RETURN_IF_ERROR(keys_->CatchUp(*connection_, last));
  return keys_->Find(*connection_, key);
}

absl::Status JournalStore::Run(FillFunction fill) {
  absl::Status status;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    status = RunOnce(fill);
    if (!absl::IsAborted(status)) break;
  }
  return status;
}

absl::Status JournalStore::RunOnce(FillFunction fill) {
  WM_RETURN_IF_ERROR(connection_->Begin(sql::Isolation::kReadCommitted));
  BlockId last;
  absl::Status status = [&]() -> absl::Status {
    WM_RETURN_IF_ERROR(store_->AwaitTurn(*connection_));
    WM_ASSIGN_OR_RETURN(last, Store::LastBlock(*connection_));
    WM_RETURN_IF_ERROR(keys_->CatchUp(*connection_, last));
    WM_RETURN_IF_ERROR(fill(&last));
    return connection_->Commit();
  }();
  if (!status.ok()) {
    connection_->Rollback();
    keys_->RolledBack();
    return status;
  }
  keys_->Committed(last);
  return absl::OkStatus();
}

absl::Status JournalStore::Fill(absl::Span<Submission* const> batches, BlockId* last) {
  WM_RETURN_IF_ERROR(QuarantineStore::LockReplayed(*connection_, batches));
  WM_RETURN_IF_ERROR(TurnAwayErased(*connection_, *keys_, batches));
  WM_RETURN_IF_ERROR(keys_->Resolve(*connection_, Plan(batches, *last)));
  WM_RETURN_IF_ERROR(InsertBlocks(batches, last));
  WM_RETURN_IF_ERROR(QuarantineStore::Settle(*connection_, batches, clock_->Now()));
  return Count(batches);
}

absl::Status JournalStore::InsertBlocks(absl::Span<Submission* const> batches, BlockId* last) {
  block_.Clear();
  const absl::Time now = clock_->Now();
  const std::string* tenant = nullptr;
  uint64_t seq = last->seq;
  const auto flush = [&]() -> absl::Status {
    if (block_.empty()) return absl::OkStatus();
    last->seq = seq;
    absl::Status status = Store::InsertBlock(*connection_, *tenant, *last, now, block_);
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

absl::Status JournalStore::FillPage(const ReplacementPage& page, BlockId* last) {
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
  ++last->seq;
  return Store::InsertBlock(*connection_, page.tenant, *last, clock_->Now(), block_);
}

absl::Status JournalStore::FillAddition(const std::string& tenant, Addition addition,
                                        BlockId* last) {
  block_.Clear();
  const absl::Time now = clock_->Now();
  const Position next = {last->tx, last->seq + 1, 0};
  WM_RETURN_IF_ERROR(addition({connection_.get(), keys_.get(), next, now}, &block_));
  if (block_.empty()) return absl::OkStatus();
  ++last->seq;
  return Store::InsertBlock(*connection_, tenant, *last, now, block_);
}

}  // namespace waymark::feedback
