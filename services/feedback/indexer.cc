#include "services/feedback/indexer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/status_macros.h"
#include "services/feedback/errors.h"
#include "services/feedback/source_schema_store.h"

namespace waymark::feedback {
namespace {

// How much of the journal a page takes: much, since rows are sorted within a page; on PostgreSQL
// less, whose statements have to end within their timeout on a slow server, too.
constexpr int64_t kSqlitePageBytes = 72 << 20;
constexpr int64_t kPostgresPageBytes = 16 << 20;
// A pause after a pass that found little, so that a trickle of signals costs few transactions.
constexpr absl::Duration kPause = absl::Milliseconds(25);
// How long another replica's commit, or that the lag has shrunk, may go unnoticed.
constexpr absl::Duration kPollInterval = absl::Milliseconds(100);
constexpr absl::Duration kWaitInterval = absl::Milliseconds(10);
constexpr absl::Duration kRetryInterval = absl::Seconds(1);
// A page is put off for so long at most, and only as long as less than so much waits.
constexpr absl::Duration kLongestYield = absl::Seconds(1);
constexpr absl::Duration kYieldInterval = absl::Milliseconds(5);
constexpr int64_t kYieldBelow = 1'000'000;

}  // namespace

Indexer::Indexer(Store* journal, IndexStore* index, const CommitSignal* commits, Clock* clock,
                 const IndexMetrics& metrics, std::function<bool()> yields)
    : journal_(journal),
      index_(index),
      commits_(commits),
      clock_(clock),
      metrics_(metrics),
      yields_(std::move(yields)) {}

Indexer::~Indexer() { Stop(); }

void Indexer::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Indexer::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

bool Indexer::stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

void Indexer::Run() {
  while (!stopping()) {
    const int64_t commits = commits_->commits();
    // One cheap question while there is nothing to do.
    absl::Status status = MeasureLag();
    if (status.ok() && waiting() > 0) status = CatchUp();
    absl::Duration pause = kPause;
    if (!status.ok()) {
      LogLine(LogLevel::kWarning, "the journal is not indexed").Add("error", status.ToString());
      pause = kRetryInterval;
    }
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), pause);
    if (stopping_) return;
    mutex_.Unlock();
    commits_->Wait(commits, kPollInterval);
    mutex_.Lock();
  }
}

absl::Status Indexer::CatchUp() {
  absl::MutexLock lock(&pass_);
  for (bool more = true; more && !stopping();) {
    more = false;
    for (int64_t shard = 0; shard < Store::ShardCount(index_->database().dialect()); ++shard) {
      WM_ASSIGN_OR_RETURN(const bool indexed, IndexPageOf(shard));
      more |= indexed;
    }
    if (more) WM_RETURN_IF_ERROR(MeasureLag());
  }
  return absl::OkStatus();
}

void Indexer::Yield() {
  if (!yields_) return;
  const absl::Time until = absl::Now() + kLongestYield;
  while (yields_() && waiting() < kYieldBelow && absl::Now() < until) {
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kYieldInterval)) return;
  }
}

// The journal is read and parsed before the transaction begins, which keeps it short. Whether the
// page is still the next one is asked again in it.
absl::StatusOr<bool> Indexer::IndexPageOf(int64_t shard) {
  WM_ASSIGN_OR_RETURN(const ShardCursor cursor, index_->Cursor(shard));
  const int64_t bytes = journal_->postgres() ? kPostgresPageBytes : kSqlitePageBytes;
  std::vector<Block> blocks;
  PendingErasures erasures;
  WM_RETURN_IF_ERROR(journal_->database().RunRead([&](sql::Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(blocks,
                        Store::NextBlocksOfShard(connection, shard, cursor.position, bytes));
    WM_ASSIGN_OR_RETURN(erasures, PendingErasures::Read(connection));
    return absl::OkStatus();
  }));
  if (blocks.empty()) return false;
  Yield();
  IndexPage page(journal_->hash_key(), cursor.next_number, std::move(erasures));
  for (const Block& block : blocks) WM_RETURN_IF_ERROR(page.Add(block, cursor.position));
  bool ours = false;
  WM_RETURN_IF_ERROR(index_->database().RunTransaction(
      [&](sql::Connection& connection) -> absl::Status {
        WM_ASSIGN_OR_RETURN(const std::optional<ShardCursor> claimed,
                            IndexStore::Claim(connection, shard));
        ours = claimed.has_value() && claimed->position == cursor.position;
        if (!ours) return absl::OkStatus();
        WM_RETURN_IF_ERROR(IndexStore::Write(connection, shard, page));
        return SourceSchemaStore::Merge(connection, page.learner());
      },
      sql::Isolation::kReadCommitted));
  if (!ours) return false;  // another replica is at it
  metrics_.indexed.Increment(static_cast<double>(page.entries()));
  pages_.Notify();
  return true;
}

absl::StatusOr<Indexer::Progress> Indexer::ProgressOfShard(int64_t shard) const {
  WM_ASSIGN_OR_RETURN(const ShardCursor cursor, index_->Cursor(shard));
  Progress progress = {.reached = cursor.position};
  WM_RETURN_IF_ERROR(journal_->database().RunRead([&](sql::Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(const Store::Backlog backlog,
                        Store::ReadBacklog(connection, shard, cursor.position));
    progress.waiting = backlog.entries;
    if (backlog.entries > 0) {
      progress.lag = std::max(absl::ZeroDuration(), clock_->Now() - backlog.oldest);
    }
    return absl::OkStatus();
  }));
  return progress;
}

absl::StatusOr<Indexer::Progress> Indexer::ProgressOf(absl::string_view tenant) const {
  return ProgressOfShard(Store::ShardOf(index_->database().dialect(), tenant));
}

absl::StatusOr<Indexer::Progress> Indexer::ProgressOfAll() const {
  // Where the journal has one shard it lies in another database than the index.
  if (Store::ShardCount(index_->database().dialect()) == 1) return ProgressOfShard(0);
  Progress all;
  WM_ASSIGN_OR_RETURN(const Store::Backlog backlog, index_->ReadBacklogOfAll());
  all.waiting = backlog.entries;
  if (backlog.entries > 0) {
    all.lag = std::max(absl::ZeroDuration(), clock_->Now() - backlog.oldest);
  }
  return all;
}

absl::Status Indexer::MeasureLag() {
  WM_ASSIGN_OR_RETURN(const Progress all, ProgressOfAll());
  waiting_.store(all.waiting, std::memory_order_relaxed);
  metrics_.waiting.Set(static_cast<double>(all.waiting));
  metrics_.lag_seconds.Set(absl::ToDoubleSeconds(all.lag));
  return absl::OkStatus();
}

// A position of another shard, of an entry that is gone or of the whole feed's end is reached when
// nothing of this shard is left before it.
absl::StatusOr<bool> Indexer::HasReached(int64_t shard, const Position& cursor,
                                         const Position& wanted) const {
  if (cursor >= wanted) return true;
  bool reached = false;
  WM_RETURN_IF_ERROR(journal_->database().RunRead([&](sql::Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(const Position end, Store::End(connection));
    reached = end >= wanted;
    if (!reached) return absl::OkStatus();
    WM_ASSIGN_OR_RETURN(const Store::Backlog backlog,
                        Store::ReadBacklog(connection, shard, cursor));
    reached = backlog.entries == 0;
    return absl::OkStatus();
  }));
  return reached;
}

absl::Status Indexer::WaitFor(absl::string_view tenant, absl::string_view position,
                              absl::Time deadline) {
  WM_ASSIGN_OR_RETURN(const Position wanted, ParsePosition(position));
  if (wanted == Position()) return absl::OkStatus();
  const int64_t shard = Store::ShardOf(index_->database().dialect(), tenant);
  for (;;) {
    const int64_t pages = pages_.commits();
    WM_ASSIGN_OR_RETURN(const ShardCursor cursor, index_->Cursor(shard));
    WM_ASSIGN_OR_RETURN(const bool reached, HasReached(shard, cursor.position, wanted));
    if (reached) return absl::OkStatus();
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) return IndexNotThere(position, ToString(cursor.position));
    pages_.Wait(pages, std::min(left, kWaitInterval));
  }
}

}  // namespace waymark::feedback
