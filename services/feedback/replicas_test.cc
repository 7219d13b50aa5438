// Several replicas on one PostgreSQL, and the order in which its transactions become visible.
#include <atomic>
#include <set>
#include <thread>

#include "libs/base/status_macros.h"
#include "services/feedback/store.h"
#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReplicasTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND("postgres");
    url_ = testing::FreshDatabaseUrl("postgres");
    first_ = std::make_unique<TestService>(url_);
    second_ = std::make_unique<TestService>(url_);
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
      const v1::IngestResponse response = service.Ingest(signals);
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
      service.Ingest({Visit(absl::StrCat(offset, "-", batch, "-a")),
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

TEST_F(ReplicasTest, RevisionsOfOneKeyComeInTheirOrderWhicheverReplicaTookThem) {
  constexpr int kRevisions = 40;
  const auto send = [&](TestService& service, int parity) {
    for (int revision = parity; revision < kRevisions; revision += 2) {
      service.Ingest({Visit(absl::StrCat("filler", revision)), Visit("key", revision)});
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
  first_->Ingest({Visit("a"), Visit("b")});
  first_ = nullptr;
  EXPECT_EQ(second_->IngestOne(Visit("a")), v1::INGEST_OUTCOME_DUPLICATE);
  EXPECT_THAT(second_->PullAll(), SizeIs(2));
}

// Two writers at once: each takes a number from a plain sequence, and a block of the journal.
class OverlappingWritersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND("postgres");
    database_ = *sql::Database::Open(testing::FreshDatabaseUrl("postgres"));
    store_ = *Store::Open(database_.get());
    slow_ = *database_->Dedicated();
    quick_ = *database_->Dedicated();
    ASSERT_TRUE(slow_->Execute("CREATE SEQUENCE naive").ok());
    ASSERT_TRUE(slow_->Execute("CREATE TABLE numbers (number BIGINT)").ok());
  }

  static absl::Status InsertNumber(sql::Connection& connection) {
    return connection.Execute("INSERT INTO numbers VALUES (nextval('naive'))").status();
  }

  absl::Status InsertBlock(sql::Connection& connection) {
    WM_RETURN_IF_ERROR(store_->AwaitTurn(connection));
    WM_ASSIGN_OR_RETURN(BlockId id, Store::LastBlock(connection));
    ++id.seq;
    BlockBuilder block;
    block.Append({}, "");
    return Store::InsertBlock(connection, "demo", id, absl::Now(), block);
  }

  std::vector<uint64_t> BlocksAfter(uint64_t seq) {
    std::vector<uint64_t> found;
    const auto read = [&](sql::Connection& connection) -> absl::Status {
      const Position after = {0, seq, 0};
      WM_ASSIGN_OR_RETURN(const std::vector<Block> blocks,
                          Store::NextBlocks(connection, kEveryTenant, after, 1 << 20));
      for (const Block& block : blocks) found.push_back(block.seq);
      return absl::OkStatus();
    };
    EXPECT_TRUE(database_->RunRead(read).ok());
    return found;
  }

  /// What a consumer of the plain sequence would read.
  std::vector<int64_t> NumbersAfter(int64_t number) {
    const auto rows = database_->Query("SELECT number FROM numbers WHERE number > $1", {number});
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<int64_t> numbers;
    for (const sql::Row row : *rows) numbers.push_back(row.Int(0));
    return numbers;
  }

  void AwaitWaitingWriter() {
    const absl::Time end = absl::Now() + absl::Seconds(30);
    int64_t waiting = 0;
    while (waiting == 0 && absl::Now() < end) {
      const auto rows = database_->Query(
          "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
          "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
      ASSERT_TRUE(rows.ok()) << rows.status();
      waiting = (*rows)[0].Int(0);
    }
    ASSERT_EQ(waiting, 1);
  }

  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<sql::Connection> slow_;
  std::unique_ptr<sql::Connection> quick_;
};

TEST_F(OverlappingWritersTest, ASequenceCursorSkipsWhatOursDoesNot) {
  ASSERT_TRUE(slow_->Begin(sql::Isolation::kReadCommitted).ok());
  ASSERT_TRUE(InsertNumber(*slow_).ok());
  ASSERT_TRUE(InsertBlock(*slow_).ok());
  std::thread quick([&] {
    EXPECT_TRUE(InsertNumber(*quick_).ok());
    ASSERT_TRUE(quick_->Begin(sql::Isolation::kReadCommitted).ok());
    EXPECT_TRUE(InsertBlock(*quick_).ok());
    EXPECT_TRUE(quick_->Commit().ok());
  });
  AwaitWaitingWriter();
  EXPECT_THAT(NumbersAfter(0), ElementsAre(2));
  EXPECT_THAT(BlocksAfter(0), IsEmpty()) << "the second block must not be seen before the first";
  ASSERT_TRUE(slow_->Commit().ok());
  quick.join();
  EXPECT_THAT(NumbersAfter(2), IsEmpty()) << "number 1 is never seen";
  EXPECT_THAT(BlocksAfter(0), ElementsAre(1, 2));
}

// Otherwise one process that hangs would stop all the others.
TEST_F(OverlappingWritersTest, AWriterThatFallsSilentLosesItsTurn) {
  ASSERT_TRUE(slow_->Begin(sql::Isolation::kReadCommitted).ok());
  ASSERT_TRUE(InsertBlock(*slow_).ok());
  ASSERT_TRUE(quick_->Begin(sql::Isolation::kReadCommitted).ok());
  EXPECT_TRUE(InsertBlock(*quick_).ok());
  EXPECT_TRUE(quick_->Commit().ok());
  EXPECT_FALSE(slow_->Commit().ok());
  EXPECT_THAT(BlocksAfter(0), ElementsAre(1));
}

}  // namespace
}  // namespace waymark::feedback
