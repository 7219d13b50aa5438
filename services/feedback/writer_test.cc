#include "services/feedback/writer.h"

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/error.h"
#include "libs/testing/databases.h"
#include "services/feedback/ingestor.h"
#include "services/feedback/module.h"

namespace waymark::feedback {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

/// What goes wrong with a FaultyConnection.
struct Faults {
  /// Inserting a block fails.
  std::atomic<bool> insert = false;
  /// Commit fails and nothing is committed.
  std::atomic<bool> commit = false;
  /// Commit takes effect, but an error is answered.
  std::atomic<bool> lost_answer = false;
  /// Commit waits as long as this is set.
  std::atomic<bool> hold = false;
  std::atomic<int> commits = 0;
};

absl::Status Broken() {
  return MakeError(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE", "broken on purpose");
}

class FaultyConnection : public sql::Connection {
 public:
  FaultyConnection(std::unique_ptr<sql::Connection> inner, Faults* faults)
      : inner_(std::move(inner)), faults_(faults) {}

  sql::Dialect dialect() const override { return inner_->dialect(); }

 private:
  absl::StatusOr<sql::Result> DoExecute(absl::string_view sql,
                                        absl::Span<const sql::Value> params) override {
    if (faults_->insert && sql.find("INSERT INTO journal_blocks") != sql.npos) return Broken();
    return inner_->Execute(sql, params);
  }
  absl::Status DoExecuteScript(absl::string_view sql) override {
    return inner_->ExecuteScript(sql);
  }
  absl::StatusOr<int64_t> DoBulkInsert(absl::string_view table,
                                       absl::Span<const absl::string_view> columns,
                                       absl::Span<const sql::Value> values,
                                       sql::OnConflict on_conflict) override {
    return inner_->BulkInsert(table, columns, values, on_conflict);
  }
  absl::Status DoBegin(sql::Isolation isolation) override { return inner_->Begin(isolation); }
  absl::Status DoCommit() override {
    ++faults_->commits;
    while (faults_->hold) std::this_thread::yield();
    if (faults_->commit) return Broken();
    const absl::Status status = inner_->Commit();
    return status.ok() && faults_->lost_answer ? Broken() : status;
  }
  void DoRollback() override { inner_->Rollback(); }

  const std::unique_ptr<sql::Connection> inner_;
  Faults* const faults_;
};

/// Hands out faulty sessions.
class FaultyDatabase : public sql::Database {
 public:
  FaultyDatabase(std::unique_ptr<sql::Database> inner, Faults* faults)
      : inner_(std::move(inner)), faults_(faults) {}

  absl::Status RunRead(Function fn) override { return inner_->RunRead(fn); }
  absl::Status RunTransaction(Function fn, sql::Isolation isolation) override {
    return inner_->RunTransaction(fn, isolation);
  }
  absl::StatusOr<sql::Result> Query(absl::string_view sql,
                                    absl::Span<const sql::Value> params) override {
    return inner_->Query(sql, params);
  }
  absl::StatusOr<std::unique_ptr<sql::Connection>> Dedicated() override {
    return Wrap(inner_->Dedicated());
  }
  absl::StatusOr<std::unique_ptr<sql::Connection>> Dedicated(absl::Duration timeout) override {
    return Wrap(inner_->Dedicated(timeout));
  }
  absl::Status Purge(absl::Span<const absl::string_view> tables) override {
    return inner_->Purge(tables);
  }
  absl::Status Ping() override { return inner_->Ping(); }
  sql::Dialect dialect() const override { return inner_->dialect(); }
  const std::string& name() const override { return inner_->name(); }
  sql::DatabaseStats stats() const override { return inner_->stats(); }

 private:
  absl::StatusOr<std::unique_ptr<sql::Connection>> Wrap(
      absl::StatusOr<std::unique_ptr<sql::Connection>> inner) {
    if (!inner.ok()) return inner;
    return std::unique_ptr<sql::Connection>(new FaultyConnection(*std::move(inner), faults_));
  }

  const std::unique_ptr<sql::Database> inner_;
  Faults* const faults_;
};

class WriterTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND(GetParam());
    auto database = sql::Database::Open(testing::FreshDatabaseUrl(GetParam()));
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = std::make_unique<FaultyDatabase>(*std::move(database), &faults_);
    store_ = *Store::Open(database_.get());
    faults_.commits = 0;  // without the schema's
    Open(1 << 20);
  }

  void Open(int64_t max_queued_bytes, int64_t commit_bytes = 1 << 20) {
    ingestor_ = nullptr;
    writer_ = nullptr;
    auto journal = JournalStore::Create(store_.get(), Clock::Real());
    ASSERT_TRUE(journal.ok()) << journal.status();
    writer_ = std::make_unique<Writer>(
        *std::move(journal), &commits_,
        WriterOptions{.max_queued_bytes = max_queued_bytes, .commit_bytes = commit_bytes},
        IngestMetrics(&metrics_));
    writer_->Start();
    ingestor_ = std::make_unique<Ingestor>(
        store_->hash_key(), writer_.get(),
        IndexLagBound{.waiting = [this] { return index_waiting_.load(); }, .most = 100},
        IngestMetrics(&metrics_));
  }

  static Ingestor::Signals Signals(int first, int count, int64_t revision = 0) {
    Ingestor::Signals signals;
    for (int i = first; i < first + count; ++i) {
      v1::Signal* signal = signals.Add();
      signal->set_source("web");
      signal->set_external_id(absl::StrCat(i));
      signal->set_revision(revision);
      signal->mutable_event_time()->set_seconds(1);
      signal->mutable_interaction()->set_activity(absl::StrCat("visit", revision));
    }
    return signals;
  }

  absl::StatusOr<std::shared_ptr<Submission>> Submit(int first, int count, int64_t revision = 0,
                                                     const std::string& tenant = "demo") {
    Ingestor::Signals signals = Signals(first, count, revision);
    return ingestor_->Submit(tenant, &signals);
  }

  // Submits batches until one is shed; returns how it was.
  absl::Status Fill(const std::string& tenant, std::vector<std::shared_ptr<Submission>>* accepted) {
    for (int i = 0;; ++i) {
      auto batch = Submit(i * 10, 10, 0, tenant);
      if (!batch.ok()) return batch.status();
      accepted->push_back(*std::move(batch));
    }
  }

  double ShedFor(const std::string& reason) {
    return metrics_
        .Counter("waymark_feedback_shed_total", "Batches refused under overload, by reason",
                 {{"reason", reason}})
        .Value();
  }

  absl::Status Ingest(int first, int count, int64_t revision = 0) {
    auto batch = Submit(first, count, revision);
    if (!batch.ok()) return batch.status();
    const absl::Status status = ingestor_->Await(**batch, absl::InfiniteFuture());
    outcomes_.clear();
    for (const Candidate& one : (*batch)->candidates) outcomes_.push_back(one.outcome);
    return status;
  }

  // On PostgreSQL the feed ends before what any transaction of the cluster still has open: other
  // tests' too. So it may take a while until it comes to `expected`.
  int CountRecorded(int expected) {
    CatalogueStore catalogues(database_.get());
    CorrectionStore corrections;
    Feed feed(store_.get(), {&catalogues, &corrections}, &commits_);
    v1::PullFeedResponse page;
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    do {
      const absl::Status status = feed.Read({.tenant = "-", .limit = 10'000}, &page);
      EXPECT_TRUE(status.ok()) << status;
    } while (page.changes_size() < expected && absl::Now() < deadline);
    return page.changes_size();
  }

  Faults faults_;
  std::atomic<int64_t> index_waiting_ = 0;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<Store> store_;
  metrics::Registry metrics_;
  CommitSignal commits_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Ingestor> ingestor_;
  std::vector<v1::IngestOutcome> outcomes_;
};
INSTANTIATE_TEST_SUITE_P(Databases, WriterTest, ::testing::ValuesIn(testing::Backends()),
                         [](const auto& info) { return info.param; });

TEST_P(WriterTest, ABatchThatCannotBeCommittedIsNotAcknowledgedAndNotKnown) {
  ASSERT_TRUE(Ingest(0, 3).ok());
  for (std::atomic<bool>* fault : {&faults_.insert, &faults_.commit}) {
    *fault = true;
    EXPECT_EQ(Ingest(0, 200, 1).code(), absl::StatusCode::kUnavailable);
    EXPECT_FALSE(writer_->last_error().ok());
    *fault = false;
    EXPECT_EQ(CountRecorded(3), 3);
  }
  ASSERT_TRUE(Ingest(0, 3).ok());
  EXPECT_THAT(outcomes_, Each(v1::INGEST_OUTCOME_DUPLICATE));
  ASSERT_TRUE(Ingest(3, 197, 1).ok());
  EXPECT_THAT(outcomes_, Each(v1::INGEST_OUTCOME_RECORDED));
  ASSERT_TRUE(Ingest(0, 3, 1).ok());
  EXPECT_THAT(outcomes_, Each(v1::INGEST_OUTCOME_UPDATED));
  EXPECT_TRUE(writer_->last_error().ok());
  EXPECT_EQ(CountRecorded(203), 203);
}

TEST_P(WriterTest, NoticesWithoutCallersThatTheJournalCanBeWrittenAgain) {
  faults_.commit = true;
  EXPECT_FALSE(Ingest(0, 1).ok());
  const int commits = faults_.commits;
  while (faults_.commits == commits) std::this_thread::yield();
  EXPECT_FALSE(writer_->last_error().ok());
  faults_.commit = false;
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (!writer_->last_error().ok() && absl::Now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(writer_->last_error().ok());
  EXPECT_EQ(CountRecorded(0), 0);
}

TEST_P(WriterTest, ACommitWhoseAnswerIsLostIsKnownAfterwards) {
  faults_.lost_answer = true;
  EXPECT_EQ(Ingest(0, 50).code(), absl::StatusCode::kUnavailable);
  faults_.lost_answer = false;
  ASSERT_TRUE(Ingest(0, 50).ok());
  EXPECT_THAT(outcomes_, Each(v1::INGEST_OUTCOME_DUPLICATE));
  EXPECT_EQ(CountRecorded(50), 50);
}

TEST_P(WriterTest, AKeyIsErasedWhenTheJournalSaysSoWhateverTheCommitAnswered) {
  const auto batch = Submit(0, 10);
  ASSERT_TRUE(batch.ok() && ingestor_->Await(**batch, absl::InfiniteFuture()).ok());
  const EntryReference fourth = {(*batch)->candidates[3].key, (*batch)->candidates[3].position};
  const auto erase = [&] {
    return writer_->Append(
        "demo", [&](const JournalTransaction& transaction, BlockBuilder*) -> absl::Status {
          const BlockId id = fourth.position.block();
          const auto block = Store::ReadBlock(*transaction.connection, id);
          if (!block.ok()) return block.status();
          BlockBuilder without;
          const absl::Status read = ReadEntries(
              block->keys, block->payload, [&](EntryHeader header, absl::string_view payload) {
                const bool is_it = header.index == fourth.position.index;
                if (is_it) header.kind = EntryKind::kRemoved;
                without.Append(header, is_it ? "" : payload);
                return true;
              });
          const absl::Status written =
              read.ok() ? Store::RewriteBlock(*transaction.connection, id, without) : read;
          return written.ok() ? transaction.keys->Erase(*transaction.connection, {fourth})
                              : written;
        });
  };
  faults_.commit = true;
  EXPECT_FALSE(erase().ok());
  faults_.commit = false;
  EXPECT_TRUE(Ingest(0, 10).ok());
  EXPECT_THAT(outcomes_, Each(v1::INGEST_OUTCOME_DUPLICATE));
  faults_.lost_answer = true;
  EXPECT_FALSE(erase().ok());
  faults_.lost_answer = false;
  EXPECT_TRUE(Ingest(0, 10, 1).ok());
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(outcomes_[i], i == 3 ? v1::INGEST_OUTCOME_ERASED : v1::INGEST_OUTCOME_UPDATED) << i;
  }
}

TEST_P(WriterTest, BatchesThatComeDuringACommitShareTheNext) {
  faults_.hold = true;
  std::vector<std::shared_ptr<Submission>> batches = {*Submit(0, 1)};
  while (faults_.commits == 0) std::this_thread::yield();
  for (int i = 1; i < 20; ++i) batches.push_back(*Submit(i / 2, 1));
  faults_.hold = false;
  for (const auto& batch : batches) {
    EXPECT_TRUE(ingestor_->Await(*batch, absl::InfiniteFuture()).ok());
  }
  EXPECT_EQ(faults_.commits, 2);
  EXPECT_EQ(batches[1]->candidates[0].outcome, v1::INGEST_OUTCOME_DUPLICATE);
  EXPECT_EQ(CountRecorded(10), 10);
}

TEST_P(WriterTest, ADuplicateWaitsForItsOriginal) {
  faults_.hold = true;
  const auto original = *Submit(0, 1);
  while (faults_.commits == 0) std::this_thread::yield();
  const auto duplicate = *Submit(0, 1);
  EXPECT_EQ(ingestor_->Await(*duplicate, absl::Now() + absl::Milliseconds(20)).code(),
            absl::StatusCode::kDeadlineExceeded);
  faults_.commit = true;
  faults_.hold = false;
  EXPECT_FALSE(ingestor_->Await(*original, absl::InfiniteFuture()).ok());
  EXPECT_FALSE(ingestor_->Await(*duplicate, absl::InfiniteFuture()).ok());
}

TEST_P(WriterTest, ShedsWhatItsQueueCannotHoldAndRecovers) {
  Open(20'000);
  faults_.hold = true;
  std::vector<std::shared_ptr<Submission>> accepted;
  absl::Status shed;
  for (int i = 0; shed.ok(); ++i) {
    auto batch = Submit(i * 10, 10);
    shed = batch.status();
    if (batch.ok()) accepted.push_back(*std::move(batch));
  }
  EXPECT_EQ(shed.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetails(shed)->reason, "OVERLOADED");
  EXPECT_TRUE(GetErrorDetails(shed)->retry_after.has_value());
  faults_.hold = false;
  for (const auto& batch : accepted) {
    EXPECT_TRUE(ingestor_->Await(*batch, absl::InfiniteFuture()).ok());
  }
  EXPECT_TRUE(Ingest(1'000'000, 10).ok());
}

TEST_P(WriterTest, ATenantsBacklogDoesNotDelayAnothersBatch) {
  Open(1 << 20, 4'000);
  faults_.hold = true;
  std::vector<std::shared_ptr<Submission>> batches = {*Submit(0, 10)};
  while (faults_.commits == 0) std::this_thread::yield();
  for (int i = 1; i < 20; ++i) batches.push_back(*Submit(i * 10, 10));
  const auto quiet = *Submit(0, 1, 0, "other");
  faults_.hold = false;
  for (const auto& batch : batches) {
    EXPECT_TRUE(ingestor_->Await(*batch, absl::InfiniteFuture()).ok());
  }
  EXPECT_TRUE(ingestor_->Await(*quiet, absl::InfiniteFuture()).ok());
  // It came last, and is in the commit after the one that was under way.
  EXPECT_LT(quiet->candidates[0].position, batches[5]->candidates[0].position);
}

TEST_P(WriterTest, ATenantThatFillsTheQueueIsShedAndOthersAreNot) {
  Open(40'000);
  faults_.hold = true;
  std::vector<std::shared_ptr<Submission>> accepted;
  const absl::Status shed = Fill("demo", &accepted);
  EXPECT_EQ(GetErrorDetails(shed)->reason, "OVERLOADED");
  EXPECT_TRUE(GetErrorDetails(shed)->retry_after.has_value());
  EXPECT_EQ(ShedFor("tenant_queue_full"), 1);
  for (int i = 0; i < 3; ++i) {
    auto batch = Submit(i * 10, 10, 0, "other");
    ASSERT_TRUE(batch.ok()) << batch.status();
    accepted.push_back(*std::move(batch));
  }
  EXPECT_FALSE(Submit(1'000'000, 10).ok());
  faults_.hold = false;
  for (const auto& batch : accepted) {
    EXPECT_TRUE(ingestor_->Await(*batch, absl::InfiniteFuture()).ok());
  }
  EXPECT_TRUE(Ingest(1'000'000, 10).ok());
}

TEST_P(WriterTest, ABatchThatIsShedIsUntouchedAndLeavesNothingBehind) {
  Open(20'000);
  faults_.hold = true;
  std::vector<std::shared_ptr<Submission>> accepted;
  ASSERT_FALSE(Fill("demo", &accepted).ok());
  Ingestor::Signals signals = Signals(1'000'000, 10);
  signals[0].mutable_survey_response()->add_answers()->set_text("write to ann@example.com");
  const std::string before = signals[0].SerializeAsString();
  EXPECT_FALSE(ingestor_->Submit("demo", &signals).ok());
  EXPECT_EQ(signals[0].SerializeAsString(), before);
  faults_.hold = false;
  for (const auto& batch : accepted) {
    EXPECT_TRUE(ingestor_->Await(*batch, absl::InfiniteFuture()).ok());
  }
  EXPECT_TRUE(Ingest(1'000'000, 10).ok());
  EXPECT_THAT(outcomes_, Each(v1::INGEST_OUTCOME_RECORDED));
  const int recorded = static_cast<int>(accepted.size() + 1) * 10;
  EXPECT_EQ(CountRecorded(recorded), recorded);
}

TEST_P(WriterTest, RoomOfABatchThatIsNotSubmittedIsGivenBack) {
  Open(20'000);
  {
    auto room = writer_->Reserve("demo", 20'000);
    ASSERT_TRUE(room.ok()) << room.status();
    EXPECT_FALSE(Submit(0, 1).ok());
  }
  EXPECT_TRUE(Ingest(0, 1).ok());
}

TEST_P(WriterTest, ShedsWhileTheIndexIsTooFarBehindAndRecovers) {
  index_waiting_ = 101;
  const absl::Status shed = Ingest(0, 10);
  EXPECT_EQ(shed.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetails(shed)->reason, "OVERLOADED");
  EXPECT_TRUE(GetErrorDetails(shed)->retry_after.has_value());
  EXPECT_EQ(ShedFor("index_lag"), 1);
  index_waiting_ = 100;
  ASSERT_TRUE(Ingest(0, 10).ok());
  EXPECT_THAT(outcomes_, Each(v1::INGEST_OUTCOME_RECORDED));
}

TEST_P(WriterTest, StoppingCommitsWhatIsQueuedAndTakesNoMore) {
  faults_.hold = true;
  const auto first = *Submit(0, 1);
  while (faults_.commits == 0) std::this_thread::yield();
  const auto second = *Submit(1, 1);
  faults_.hold = false;
  writer_->Stop();
  EXPECT_TRUE(ingestor_->Await(*first, absl::InfinitePast()).ok());
  EXPECT_TRUE(ingestor_->Await(*second, absl::InfinitePast()).ok());
  EXPECT_EQ(Submit(2, 1).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace waymark::feedback
