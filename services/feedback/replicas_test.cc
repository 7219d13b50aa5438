// Several replicas on one PostgreSQL, and the order in which its transactions become visible.
#include <atomic>
#include <set>
#include <thread>

#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class ReplicasTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND("postgres");
    url_ = testing::FreshDatabaseUrl("postgres");
    first_ = std::make_unique<TestService>(url_);
    second_ = std::make_unique<TestService>(url_);
  }

  // Whichever takes them in, each waits until its feed has come to them.
  v1::IngestResponse Ingest(TestService& service, const std::vector<v1::Signal>& signals) {
    const v1::IngestResponse response = service.Ingest(signals);
    for (TestService* replica : {first_.get(), second_.get()}) {
      replica->Await("demo", response.position());
    }
    return response;
  }

  std::string url_;
  std::unique_ptr<TestService> first_;
  std::unique_ptr<TestService> second_;
};

TEST_F(ReplicasTest, RecordEachKeyOnceWhenBothGetItAtTheSameTime) {
  constexpr int kKeys = 10'000;
  constexpr int kBatch = 500;
  std::atomic<int> recorded = 0;
  std::atomic<int> duplicate = 0;
  const auto send = [&](TestService& service, bool backwards) {
    for (int batch = 0; batch < kKeys / kBatch; ++batch) {
      std::vector<v1::Signal> signals;
      for (int i = 0; i < kBatch; ++i) {
        const int key = batch * kBatch + i;
        signals.push_back(Visit(absl::StrCat(backwards ? kKeys - 1 - key : key)));
      }
      const v1::IngestResponse response = Ingest(service, signals);
      for (const int outcome : response.outcomes()) {
        recorded += outcome == v1::INGEST_OUTCOME_RECORDED;
        duplicate += outcome == v1::INGEST_OUTCOME_DUPLICATE;
      }
    }
  };
  std::thread one([&] { send(*first_, false); });
  std::thread two([&] { send(*second_, true); });
  std::thread three([&] { send(*second_, false); });
  one.join();
  two.join();
  three.join();
  EXPECT_EQ(recorded, kKeys);
  EXPECT_EQ(duplicate, 2 * kKeys);
  std::set<std::string> ids;
  for (const v1::Change& change : first_->PullAll()) ids.insert(change.signal().external_id());
  EXPECT_THAT(ids, SizeIs(kKeys));
}

TEST_F(ReplicasTest, AFeedThatIsFollowedWhileBothWriteSkipsNothing) {
  constexpr int kBatches = 60;
  std::atomic<int> writing = 2;
  const auto send = [&](TestService& service, int offset) {
    for (int batch = 0; batch < kBatches; ++batch) {
      Ingest(service, {Visit(absl::StrCat(offset, "-", batch, "-a")),
                       Visit(absl::StrCat(offset, "-", batch, "-b"))});
    }
    --writing;
  };
  std::thread one([&] { send(*first_, 1); });
  std::thread two([&] { send(*second_, 2); });
  std::set<std::string> ids;
  std::string cursor;
  for (bool last = false; !last;) {
    last = writing == 0;
    for (const v1::Change& change : first_->PullAll(cursor, 3)) {
      EXPECT_LT(cursor, change.position());
      cursor = change.position();
      EXPECT_TRUE(ids.insert(change.signal().external_id()).second);
    }
  }
  one.join();
  two.join();
  EXPECT_THAT(ids, SizeIs(4 * kBatches));
}

// Follows the journal's transactions without looking at what may still commit before them.
class NaiveReader {
 public:
  explicit NaiveReader(const std::string& url) : database_(*sql::Database::Open(url)) {}

  void Follow() {
    for (const int64_t tx : After(last_)) {
      last_ = tx;
      seen_.insert(tx);
    }
  }
  size_t skipped() {
    size_t skipped = 0;
    for (const int64_t tx : After(0)) skipped += seen_.contains(tx) || tx > last_ ? 0 : 1;
    return skipped;
  }

 private:
  std::vector<int64_t> After(int64_t tx) {
    const sql::Value params[] = {tx};
    const auto rows = database_->Query(
        "SELECT DISTINCT tx FROM journal_blocks WHERE tx > $1 ORDER BY tx", params);
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<int64_t> found;
    for (const sql::Row row : *rows) found.push_back(row.Int(0));
    return found;
  }

  const std::unique_ptr<sql::Database> database_;
  std::set<int64_t> seen_;
  int64_t last_ = 0;
};

TEST_F(ReplicasTest, ACursorWithoutRegardToOpenTransactionsSkipsWhatOursDoesNot) {
  std::atomic<bool> enough = false;
  std::atomic<int> sent = 0;
  const auto send = [&](TestService& service, int number) {
    for (int i = 0; !enough; ++i) {
      Ingest(service, {Visit(absl::StrCat(number, "-", i))});
      ++sent;
    }
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back(send, std::ref(i % 2 == 0 ? *first_ : *second_), i);
  }
  NaiveReader naive(url_);
  std::set<std::string> ids;
  std::string cursor;
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  const auto follow = [&] {
    for (const v1::Change& change : first_->PullAll(cursor)) {
      cursor = change.position();
      EXPECT_TRUE(ids.insert(change.signal().external_id()).second);
    }
  };
  while (absl::Now() < deadline && naive.skipped() == 0) {
    for (int i = 0; i < 50; ++i) naive.Follow();
    follow();
  }
  enough = true;
  for (std::thread& caller : callers) caller.join();
  follow();
  EXPECT_GT(naive.skipped(), 0u) << "of " << sent << " commits none overtook another";
  EXPECT_THAT(ids, SizeIs(sent.load()));
}

TEST_F(ReplicasTest, RevisionsOfOneKeyComeInTheirOrderWhicheverReplicaTookThem) {
  constexpr int kRevisions = 40;
  const auto send = [&](TestService& service, int parity) {
    for (int revision = parity; revision < kRevisions; revision += 2) {
      Ingest(service, {Visit(absl::StrCat("filler", revision)), Visit("key", revision)});
    }
  };
  std::thread one([&] { send(*first_, 0); });
  std::thread two([&] { send(*second_, 1); });
  one.join();
  two.join();
  int64_t last = -1;
  for (const v1::Change& change : first_->PullAll()) {
    if (change.signal().external_id() != "key") continue;
    EXPECT_GT(change.signal().revision(), last);
    last = change.signal().revision();
  }
  EXPECT_EQ(last, kRevisions - 1);
}

TEST_F(ReplicasTest, ALongPollAtOneIsAnsweredByACommitAtTheOther) {
  v1::PullFeedRequest request;
  request.set_parent("tenants/demo");
  request.mutable_wait()->set_seconds(20);
  absl::StatusOr<v1::PullFeedResponse> page;
  std::thread poll([&] { page = first_->TryPull(request, "demo"); });
  second_->Ingest({Visit("a")});
  poll.join();
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->changes(), SizeIs(1));
}

TEST_F(ReplicasTest, OneThatEndsLosesNothingThatItAcknowledged) {
  Ingest(*first_, {Visit("a"), Visit("b")});
  first_ = nullptr;
  EXPECT_EQ(second_->IngestOne(Visit("a")), v1::INGEST_OUTCOME_DUPLICATE);
  EXPECT_THAT(second_->PullAll(), SizeIs(2));
}

// Blocks of two transactions that overlap: the one with the lower numbers commits last.
class OverlappingTransactionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND("postgres");
    database_ = *sql::Database::Open(testing::FreshDatabaseUrl("postgres"));
    ASSERT_TRUE(Store::Open(database_.get()).ok());
    ASSERT_TRUE(Run(*database_->Dedicated(), "CREATE SEQUENCE naive").ok());
    slow_ = *database_->Dedicated();
    quick_ = *database_->Dedicated();
  }

  static absl::Status Run(const std::unique_ptr<sql::Connection>& connection,
                          absl::string_view sql) {
    return connection->Execute(sql).status();
  }

  // Inserts a block, and a row that only has a sequence number.
  static void Insert(sql::Connection& connection) {
    BlockBuilder block;
    block.Append({}, "");
    ASSERT_TRUE(connection.Begin(sql::Isolation::kReadCommitted).ok());
    const auto tx = Store::CurrentTransaction(connection);
    ASSERT_TRUE(tx.ok());
    ASSERT_TRUE(Store::InsertBlock(connection, "demo", *tx, 1, absl::Now(), block).ok());
    ASSERT_TRUE(connection
                    .Execute("INSERT INTO sources VALUES ('demo', CAST(nextval('naive') AS TEXT), "
                             "0, 0, 0, 0, 0, 0, 0, 0, 0)")
                    .ok());
  }

  size_t BlocksAfter(const Position& after) {
    size_t count = 0;
    EXPECT_TRUE(database_
                    ->RunRead([&](sql::Connection& connection) -> absl::Status {
                      const auto blocks =
                          Store::NextBlocks(connection, kEveryTenant, after, 1 << 20);
                      EXPECT_TRUE(blocks.ok()) << blocks.status();
                      count = blocks->size();
                      return absl::OkStatus();
                    })
                    .ok());
    return count;
  }

  /// Rows with a number above `after`: what a consumer of a plain sequence would read.
  std::vector<std::string> NaiveAfter(int after) {
    const sql::Value params[] = {after};
    const auto rows = database_->Query(
        "SELECT source FROM sources WHERE CAST(source AS BIGINT) > $1 ORDER BY source", params);
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<std::string> sources;
    for (const sql::Row row : *rows) sources.push_back(row.Text(0));
    return sources;
  }

  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Connection> slow_;
  std::unique_ptr<sql::Connection> quick_;
};

TEST_F(OverlappingTransactionsTest, ASequenceCursorSkipsWhatOursDoesNot) {
  Insert(*slow_);
  Insert(*quick_);
  ASSERT_TRUE(quick_->Commit().ok());
  EXPECT_THAT(NaiveAfter(0), UnorderedElementsAre("2"));
  EXPECT_EQ(BlocksAfter({}), 0u);
  ASSERT_TRUE(slow_->Commit().ok());
  EXPECT_THAT(NaiveAfter(2), SizeIs(0));  // number 1 is never seen
  // Whatever else is open in the cluster holds the feed back, too.
  const absl::Time end = absl::Now() + absl::Seconds(30);
  while (BlocksAfter({}) < 2 && absl::Now() < end) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(BlocksAfter({}), 2u);
}

}  // namespace
}  // namespace waymark::feedback
