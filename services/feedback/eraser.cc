#include "services/feedback/eraser.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "libs/base/ids.h"
#include "libs/base/log.h"
#include "libs/base/status_macros.h"
#include "services/feedback/block_erasure.h"
#include "services/feedback/customer_link_store.h"
#include "services/feedback/errors.h"
#include "services/feedback/index_erasure_store.h"
#include "services/feedback/preparation.h"
#include "services/feedback/quarantine_store.h"

namespace waymark::feedback {
namespace {

// How long work that another replica left unfinished may lie, and work that waits for something.
constexpr absl::Duration kPollInterval = absl::Seconds(2);
constexpr absl::Duration kWaitInterval = absl::Milliseconds(50);
constexpr int kMostAtOnce = 1000;
// What a page takes at most. The journal is rewritten by the thread that takes signals in, so
// little at a time; looking for what is to be rewritten is cheap.
constexpr int kIndexRows = 200;
constexpr int kBlocksToLookAt = 128;
constexpr size_t kBlocksToRewrite = 4;
constexpr int kQuarantineRows = 32;

/// Signals of the index as they were indexed, read from the journal.
class IndexedSignals {
 public:
  /// `erasure` must outlive it.
  IndexedSignals(const HashKey& key, const Erasure* erasure) : key_(key), erasure_(*erasure) {}

  absl::Status Read(sql::Connection& journal, const std::vector<IndexRow>& rows) {
    for (const IndexRow& row : rows) {
      if (block_.tx != row.position.tx || block_.seq != row.position.seq) {
        WM_ASSIGN_OR_RETURN(block_, Store::ReadBlock(journal, row.position.block()));
      }
      WM_RETURN_IF_ERROR(Add(row));
    }
    return absl::OkStatus();
  }
  const std::vector<IndexedSignal>& signals() const { return signals_; }

 private:
  absl::Status Add(const IndexRow& row) {
    Block alone = {.tx = block_.tx,
                   .seq = block_.seq,
                   .tenant = block_.tenant,
                   .record_time = block_.record_time};
    WM_RETURN_IF_ERROR(ReadEntries(block_.keys, block_.payload,
                                   [&](const EntryHeader& header, absl::string_view payload) {
                                     if (header.index < row.position.index) return true;
                                     BlockBuilder builder;
                                     builder.Append(header, payload);
                                     alone.keys = builder.keys();
                                     alone.payload = builder.payload();
                                     return false;
                                   }));
    IndexPage& page = pages_.emplace_back(key_, row.key.number);
    WM_RETURN_IF_ERROR(page.Add(alone, Position()));
    if (!page.signals().empty()) {
      signals_.push_back(page.signals().front());
      return absl::OkStatus();
    }
    // An index older than its journal, from a backup, may name what was removed before: what is
    // known of that is its row.
    signals_.push_back({.tenant = erasure_.tenant,
                        .number = row.key.number,
                        .event_time = row.key.event_time,
                        .sequence = row.key.sequence,
                        .customer = static_cast<int64_t>(erasure_.customer.lo)});
    return absl::OkStatus();
  }

  const HashKey key_;
  const Erasure& erasure_;
  Block block_;
  /// What the signals' views point to.
  std::deque<IndexPage> pages_;
  std::vector<IndexedSignal> signals_;
};

/// A part of the journal, and which of its blocks may hold entries of the customer.
struct JournalPage {
  Position to;
  std::vector<BlockKeys> blocks;
};

absl::StatusOr<JournalPage> ReadJournalPage(sql::Connection& connection, const Erasure& erasure,
                                            const Position& from) {
  JournalPage page = {.to = from};
  WM_ASSIGN_OR_RETURN(const std::vector<BlockKeys> found,
                      Store::NextKeys(connection, erasure.tenant, from, kBlocksToLookAt));
  for (const BlockKeys& block : found) {
    if (page.to >= erasure.position || page.blocks.size() >= kBlocksToRewrite) break;
    page.to = {block.tx, block.seq, block.last_index};
    WM_ASSIGN_OR_RETURN(const bool may, MayHoldCustomer(block.keys, erasure.customer));
    if (may) page.blocks.push_back(block);
  }
  return page;
}

// See EraseFromBlock.
absl::StatusOr<std::optional<Position>> PreviousOf(sql::Connection& connection,
                                                   const Position& position) {
  WM_ASSIGN_OR_RETURN(const Block block, Store::ReadBlock(connection, position.block()));
  std::optional<Position> previous;
  WM_RETURN_IF_ERROR(
      ReadEntries(block.keys, block.payload, [&](const EntryHeader& header, absl::string_view) {
        if (header.index < position.index) return true;
        previous = header.kind == EntryKind::kRemoved ? header.previous : position;
        return false;
      }));
  return previous;
}

// Returns how many entries it removed.
absl::StatusOr<int64_t> Rewrite(const JournalTransaction& transaction, const HashKey& key,
                                const Hash128& customer, const BlockKeys& which) {
  sql::Connection& connection = *transaction.connection;
  WM_ASSIGN_OR_RETURN(const Block block, Store::ReadBlock(connection, {which.tx, which.seq}));
  WM_ASSIGN_OR_RETURN(const ErasedBlock erased,
                      EraseFromBlock(block, key, customer, [&](const Position& position) {
                        return PreviousOf(connection, position);
                      }));
  if (erased.removed.empty()) return 0;
  WM_RETURN_IF_ERROR(Store::RewriteBlock(connection, {which.tx, which.seq}, erased.block));
  WM_RETURN_IF_ERROR(transaction.keys->Erase(connection, erased.removed));
  return static_cast<int64_t>(erased.removed.size());
}

}  // namespace

Eraser::Eraser(Store* journal, const ErasureStore* erasures, IndexStore* index, Writer* writer,
               Clock* clock)
    : journal_(journal), erasures_(erasures), index_(index), writer_(writer), clock_(clock) {}

Eraser::~Eraser() { Stop(); }

void Eraser::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Eraser::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

bool Eraser::stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

void Eraser::Run() {
  const auto has_work = [this]()
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return woken_ || stopping_; };
  absl::Duration pause = kPollInterval;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(&has_work), pause);
      if (stopping_) return;
      woken_ = false;
    }
    const absl::StatusOr<bool> left = RunAll();
    pause = left.ok() && *left ? kWaitInterval : kPollInterval;
    if (!left.ok()) {
      LogLine(LogLevel::kWarning, "customers not erased").Add("error", left.status().ToString());
    }
  }
}

absl::StatusOr<bool> Eraser::RunAll() {
  WM_ASSIGN_OR_RETURN(const std::vector<Erasure> pending, erasures_->Pending(kMostAtOnce));
  absl::Status status;
  for (const Erasure& erasure : pending) {
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more && !stopping()) more = Step(erasure.tenant, erasure.id);
    status.Update(more.status());  // one that fails does not hold up the others
  }
  if (stopping() || pending.empty()) return false;
  status.Update(Purge());
  WM_RETURN_IF_ERROR(status);
  WM_ASSIGN_OR_RETURN(const std::vector<Erasure> left, erasures_->Pending(1));
  return !left.empty();
}

// All ids that are the same person; the one asked for first, and the others with it.
absl::StatusOr<Erasure> Eraser::AcceptIn(const JournalTransaction& transaction,
                                         const std::string& tenant, const std::string& customer,
                                         const std::string& request_id, BlockBuilder* block) const {
  sql::Connection& connection = *transaction.connection;
  WM_ASSIGN_OR_RETURN(std::vector<std::string> ids,
                      CustomerLinkStore::IdsOf(connection, tenant, customer));
  std::stable_partition(ids.begin(), ids.end(), [&](const auto& id) { return id == customer; });
  Position last = transaction.next;
  last.index += static_cast<uint32_t>(ids.size() - 1);
  Erasure first;
  for (const std::string& id : ids) {
    const Hash128 hash = CustomerHash(journal_->hash_key(), id);
    const Erasure erasure = {.tenant = tenant,
                             .id = NewId(transaction.now),
                             .customer = hash,
                             .create_time = transaction.now,
                             .position = last,
                             .accepted_with = first.id};
    block->Append({.shard_hash = static_cast<uint32_t>(hash.lo),
                   .index = static_cast<uint32_t>(block->entries()),
                   .kind = EntryKind::kErased},
                  EncodeCustomer(hash));
    WM_RETURN_IF_ERROR(
        ErasureStore::Insert(connection, erasure, first.id.empty() ? request_id : ""));
    WM_RETURN_IF_ERROR(CustomerLinkStore::DeleteOf(connection, tenant, id));
    if (first.id.empty()) first = erasure;
  }
  return first;
}

absl::StatusOr<Erasure> Eraser::Accept(const std::string& tenant, absl::string_view customer,
                                       const std::string& request_id) {
  const Hash128 hash = CustomerHash(journal_->hash_key(), customer);
  Erasure erasure;
  WM_RETURN_IF_ERROR(writer_->Append(
      tenant, [&](const JournalTransaction& transaction, BlockBuilder* block) -> absl::Status {
        WM_ASSIGN_OR_RETURN(
            const std::optional<Erasure> known,
            ErasureStore::FindByRequest(*transaction.connection, tenant, request_id));
        if (known.has_value()) {
          erasure = *known;
          return absl::OkStatus();
        }
        WM_ASSIGN_OR_RETURN(
            erasure, AcceptIn(transaction, tenant, std::string(customer), request_id, block));
        return absl::OkStatus();
      }));
  if (erasure.customer != hash) return ErasureRequestIdReused(request_id);
  absl::MutexLock lock(&mutex_);
  woken_ = true;
  return erasure;
}

absl::StatusOr<bool> Eraser::Step(const std::string& tenant, const std::string& id) {
  WM_ASSIGN_OR_RETURN(const std::optional<Erasure> erasure, erasures_->Find(tenant, id));
  if (!erasure.has_value()) return false;
  switch (erasure->stage) {
    case ErasureStage::kIndex:
      return StepIndex(*erasure);
    case ErasureStage::kJournal:
      return StepJournal(*erasure);
    case ErasureStage::kQuarantine:
      return StepQuarantine(*erasure);
    default:
      return false;
  }
}

// The index must have come to the erasure: from then on it takes nothing of the customer up.
absl::StatusOr<bool> Eraser::StepIndex(const Erasure& erasure) {
  const int64_t shard = Store::ShardOf(index_->database().dialect(), erasure.tenant);
  WM_ASSIGN_OR_RETURN(const ShardCursor cursor, index_->Cursor(shard));
  if (cursor.position < erasure.position) return false;
  std::vector<IndexRow> rows;
  WM_RETURN_IF_ERROR(index_->database().RunRead([&](sql::Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(
        rows, RowsOfCustomer(connection, erasure.tenant, static_cast<int64_t>(erasure.customer.lo),
                             kIndexRows));
    return absl::OkStatus();
  }));
  if (rows.empty()) {
    WM_RETURN_IF_ERROR(erasures_->EndStage(erasure, clock_->Now()));
    return true;
  }
  std::optional<IndexedSignals> indexed;
  WM_RETURN_IF_ERROR(journal_->database().RunRead([&](sql::Connection& connection) {
    return indexed.emplace(journal_->hash_key(), &erasure).Read(connection, rows);
  }));
  bool ours = false;
  WM_RETURN_IF_ERROR(index_->database().RunTransaction(
      [&](sql::Connection& connection) -> absl::Status {
        WM_ASSIGN_OR_RETURN(const std::optional<ShardCursor> claimed,
                            IndexStore::Claim(connection, shard));
        ours = claimed.has_value();
        return ours ? RemoveFromIndex(connection, indexed->signals()) : absl::OkStatus();
      },
      sql::Isolation::kReadCommitted));
  return ours;
}

absl::StatusOr<bool> Eraser::StepJournal(const Erasure& erasure) {
  WM_ASSIGN_OR_RETURN(const Position from, ParsePosition(erasure.scanned));
  if (from >= erasure.position) {
    WM_RETURN_IF_ERROR(erasures_->EndStage(erasure, clock_->Now()));
    return true;
  }
  JournalPage page;
  WM_RETURN_IF_ERROR(journal_->database().RunRead([&](sql::Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(page, ReadJournalPage(connection, erasure, from));
    return absl::OkStatus();
  }));
  if (page.to == from) return JournalDamaged("an erasure that stands behind its end");
  WM_RETURN_IF_ERROR(writer_->Append(
      erasure.tenant, [&](const JournalTransaction& transaction, BlockBuilder*) -> absl::Status {
        sql::Connection& connection = *transaction.connection;
        WM_ASSIGN_OR_RETURN(const bool ours,
                            ErasureStore::Move(connection, erasure, ToString(page.to)));
        if (!ours) return absl::OkStatus();
        int64_t removed = 0;
        for (const BlockKeys& block : page.blocks) {
          WM_ASSIGN_OR_RETURN(const int64_t of_block,
                              Rewrite(transaction, journal_->hash_key(), erasure.customer, block));
          removed += of_block;
        }
        return ErasureStore::Count(connection, erasure, removed, 0);
      }));
  return true;
}

absl::StatusOr<bool> Eraser::StepQuarantine(const Erasure& erasure) {
  std::vector<QuarantineStore::Identity> page;
  WM_RETURN_IF_ERROR(journal_->database().RunRead([&](sql::Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(page, QuarantineStore::NextIdentities(connection, erasure.tenant,
                                                              erasure.scanned, kQuarantineRows));
    return absl::OkStatus();
  }));
  if (page.empty()) {
    WM_RETURN_IF_ERROR(erasures_->EndStage(erasure, clock_->Now()));
    return true;
  }
  const HashKey& key = journal_->hash_key();
  WM_RETURN_IF_ERROR(writer_->Append(
      erasure.tenant,
      [&](const JournalTransaction& transaction, BlockBuilder* block) -> absl::Status {
        sql::Connection& connection = *transaction.connection;
        WM_ASSIGN_OR_RETURN(const bool ours,
                            ErasureStore::Move(connection, erasure, page.back().id));
        if (!ours) return absl::OkStatus();
        int64_t removed = 0;
        for (const QuarantineStore::Identity& one : page) {
          if (CustomerHash(key, one.customer) != erasure.customer) continue;
          WM_ASSIGN_OR_RETURN(const bool was_there,
                              QuarantineStore::Delete(connection, erasure.tenant, one.id));
          removed += was_there ? 1 : 0;
          const Hash128 signal = SignalKey(key, erasure.tenant, one.source, one.external_id);
          WM_ASSIGN_OR_RETURN(const bool is_new,
                              transaction.keys->EraseUnknown(connection, signal));
          // This is what is left of it.
          if (is_new) {
            block->Append({.key = signal,
                           .shard_hash = static_cast<uint32_t>(signal.lo),
                           .index = static_cast<uint32_t>(block->entries()),
                           .kind = EntryKind::kRemoved},
                          "");
          }
        }
        return ErasureStore::Count(connection, erasure, 0, removed);
      }));
  return true;
}

absl::Status Eraser::Purge() {
  WM_ASSIGN_OR_RETURN(const std::vector<Erasure> pending, erasures_->Pending(kMostAtOnce));
  std::vector<Erasure> ready;
  for (const Erasure& one : pending) {
    if (one.stage == ErasureStage::kPurge) ready.push_back(one);
  }
  if (ready.empty()) return absl::OkStatus();
  WM_ASSIGN_OR_RETURN(const bool merged,
                      MergeWords(index_->database(), [this] { return stopping(); }));
  if (!merged) return absl::OkStatus();
  WM_RETURN_IF_ERROR(index_->database().Purge(
      {"index_signals", "index_customers", "index_conversations", "index_texts"}));
  WM_RETURN_IF_ERROR(
      journal_->database().Purge({"journal_blocks", "quarantine", "customer_links"}));
  for (const Erasure& one : ready) {
    WM_RETURN_IF_ERROR(erasures_->EndStage(one, clock_->Now()));
  }
  return absl::OkStatus();
}

}  // namespace waymark::feedback
