#include <atomic>
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "libs/base/error.h"
#include "libs/base/status_macros.h"
#include "libs/sql/test_database.h"

namespace waymark::sql {
namespace {

class TransactionsTest : public OnEveryDatabase {
 protected:
  void SetUp() override {
    OnEveryDatabase::SetUp();
    if (database_ == nullptr) return;
    ASSERT_TRUE(Run("CREATE TABLE t (id BIGINT PRIMARY KEY, n BIGINT)").ok());
    ASSERT_TRUE(Run("INSERT INTO t VALUES (1, 0)").ok());
  }

  Value N() { return Scalar("SELECT n FROM t WHERE id = 1"); }

  static absl::Status Increment(Connection& connection) {
    WM_ASSIGN_OR_RETURN(const Result found, connection.Execute("SELECT n FROM t WHERE id = 1"));
    return connection.Execute("UPDATE t SET n = $1 WHERE id = 1", {found[0].Int(0) + 1}).status();
  }
};

WM_ON_EVERY_DATABASE(TransactionsTest);

TEST_P(TransactionsTest, CommitsWhatSucceeds) {
  ASSERT_TRUE(database_->RunTransaction(Increment).ok());
  EXPECT_EQ(N(), Value(1));
}

TEST_P(TransactionsTest, RollsBackWhatFailsAndReturnsItsStatus) {
  const absl::Status status = database_->RunTransaction([](Connection& connection) {
    EXPECT_TRUE(Increment(connection).ok());
    return absl::NotFoundError("not here");
  });
  EXPECT_EQ(status, absl::NotFoundError("not here"));
  EXPECT_EQ(N(), Value(0));
}

TEST_P(TransactionsTest, CommitsNothingAfterAStatementFailedEvenIfThatWasIgnored) {
  int runs = 0;
  const absl::Status status = database_->RunTransaction([&](Connection& connection) {
    ++runs;
    EXPECT_TRUE(Increment(connection).ok());
    connection.Execute("INSERT INTO t VALUES (1, 9)").IgnoreError();
    EXPECT_EQ(connection.Execute("SELECT 1").status().code(),
              absl::StatusCode::kFailedPrecondition);
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(N(), Value(0));
}

TEST_P(TransactionsTest, RunsAnAbortOfTheCallersOwnOnlyOnce) {
  int runs = 0;
  const absl::Status status = database_->RunTransaction([&](Connection&) {
    ++runs;
    return absl::AbortedError("etag does not match");
  });
  EXPECT_EQ(status, absl::AbortedError("etag does not match"));
  EXPECT_EQ(runs, 1);
}

TEST_P(TransactionsTest, LosesNoIncrementOfConcurrentWriters) {
  DatabaseOptions options;
  options.max_attempts = 1000;
  Reopen(options);
  constexpr int kThreads = 4, kEach = 25;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this] {
      for (int j = 0; j < kEach; ++j) {
        const absl::Status status = database_->RunTransaction(Increment);
        EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(N(), Value(kThreads * kEach));
}

/// SQLite's writers wait for each other and never conflict.
class ConflictsTest : public TransactionsTest {};

INSTANTIATE_TEST_SUITE_P(Databases, ConflictsTest, ::testing::Values("postgres"),
                         [](const auto& info) { return info.param; });

TEST_P(ConflictsTest, RunsAgainAfterAConflict) {
  int runs = 0;
  const absl::Status status = database_->RunTransaction([&](Connection& connection) {
    EXPECT_TRUE(connection.Execute("SELECT n FROM t").ok());
    if (++runs == 1) {
      EXPECT_TRUE(database_->RunTransaction(Increment).ok());
    }
    return Increment(connection);
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(N(), Value(2));
  EXPECT_EQ(database_->stats().retries, 1);
}

TEST_P(ConflictsTest, GivesUpAfterItsAttempts) {
  DatabaseOptions options;
  options.max_attempts = 3;
  Reopen(options);
  int runs = 0;
  const absl::Status status = database_->RunTransaction([&](Connection& connection) {
    ++runs;
    EXPECT_TRUE(connection.Execute("SELECT n FROM t").ok());
    std::thread other([&] { EXPECT_TRUE(Run("UPDATE t SET n = n + 1").ok()); });
    other.join();
    return Increment(connection);
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(GetErrorDetails(status)->reason, "STORE_CONFLICT");
  EXPECT_EQ(runs, 3);
}

TEST_P(TransactionsTest, ReadsOneSnapshotWhileOthersWrite) {
  const absl::Status status = database_->RunRead([&](Connection& connection) {
    WM_ASSIGN_OR_RETURN(const Result before, connection.Execute("SELECT n FROM t"));
    EXPECT_TRUE(database_->RunTransaction(Increment).ok());
    WM_ASSIGN_OR_RETURN(const Result after, connection.Execute("SELECT n FROM t"));
    EXPECT_EQ(before[0][0], after[0][0]);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(N(), Value(1));
}

TEST_P(TransactionsTest, RefusesToWriteInARead) {
  const absl::Status status = database_->RunRead(Increment);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(N(), Value(0));
  const auto session = database_->Dedicated();
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE((*session)->Begin(Isolation::kReadOnly).ok());
  EXPECT_FALSE(Increment(**session).ok());
  (*session)->Rollback();
  EXPECT_TRUE(Increment(**session).ok());
}

TEST_P(TransactionsTest, KeepsADedicatedSessionsOwnRhythm) {
  const auto session = database_->Dedicated();
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE((*session)->Begin().ok());
  EXPECT_EQ((*session)->Begin().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(Increment(**session).ok());
  EXPECT_EQ(N(), Value(0));
  ASSERT_TRUE((*session)->Commit().ok());
  EXPECT_EQ(N(), Value(1));
  EXPECT_EQ((*session)->Commit().code(), absl::StatusCode::kFailedPrecondition);
  (*session)->Rollback();
}

TEST_P(TransactionsTest, LetsOthersWriteBetweenTransactionsOfABusyWriter) {
  auto busy = database_->Dedicated();
  ASSERT_TRUE(busy.ok()) << busy.status();
  absl::Notification started;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int64_t id = 2; !stop; ++id) {
      ASSERT_TRUE((*busy)->Begin(Isolation::kReadCommitted).ok());
      ASSERT_TRUE((*busy)->Execute("INSERT INTO t VALUES ($1, 0)", {id}).ok());
      ASSERT_TRUE((*busy)->Commit().ok());
      if (!started.HasBeenNotified()) started.Notify();
    }
  });
  started.WaitForNotification();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(database_->RunTransaction(Increment).ok());
  stop = true;
  writer.join();
  EXPECT_EQ(N(), Value(20));
}

TEST_P(TransactionsTest, GivesUpWaitingForASessionAtTheAcquireTimeout) {
  DatabaseOptions options;
  options.pool_size = 1;
  options.acquire_timeout = absl::Milliseconds(50);
  Reopen(options);
  const absl::Status status = database_->RunRead([&](Connection&) {
    const absl::Status inner = database_->Query("SELECT 1").status();
    EXPECT_EQ(inner.code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(GetErrorDetails(inner)->reason, "STORE_TIMEOUT");
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(database_->stats().acquire_timeouts, 1);
  EXPECT_EQ(database_->stats().connections_in_use, 0);
}

}  // namespace
}  // namespace waymark::sql
