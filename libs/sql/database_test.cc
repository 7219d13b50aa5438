#include "libs/sql/database.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/strip.h"
#include "libs/base/error.h"
#include "libs/base/status_macros.h"
#include "libs/sql/test_database.h"

namespace waymark::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string FileOf(const std::string& url) {
  return std::string(absl::StripPrefix(url, "sqlite:"));
}

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(OpenTest, NamesWhatItUnderstands) {
  for (const char* url : {"", "mysql://x", "sqlite:", "sqlite::memory:"}) {
    const absl::Status status = Database::Open(url).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_THAT(std::string(status.message()), HasSubstr("sqlite:PATH")) << url;
  }
}

TEST(OpenTest, NeverShowsAPassword) {
  for (const char* url : {"postgresql://me:geheim@127.0.0.1:1/db",
                          "postgresql://me:geheim@127.0.0.1:1/db?password=geheim",
                          "postgresql://me:geheim@[/", "mysql://me:geheim@h/db"}) {
    const absl::Status status = Database::Open(url).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("geheim")));
  }
}

TEST(OpenTest, TellsThatAServerCannotBeReached) {
  const absl::Status status = Database::Open("postgresql://me@127.0.0.1:1/db").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetErrorDetails(status)->reason, "STORE_UNAVAILABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("postgresql://me@127.0.0.1:1/db"));
}

class SqliteFileTest : public ::testing::Test {
 protected:
  const std::string url_ = testing::FreshDatabaseUrl("sqlite");
  const std::string path_ = FileOf(url_);
};

TEST_F(SqliteFileTest, BelongsToOneDatabaseObject) {
  auto first = Database::Open(url_);
  ASSERT_TRUE(first.ok()) << first.status();
  const absl::Status second = Database::Open(url_).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorDetails(second)->reason, "STORE_LOCKED");
  EXPECT_THAT(std::string(second.message()), HasSubstr(path_));
  EXPECT_THAT(std::string(second.message()), HasSubstr(absl::StrCat("process ", getpid())));
  first->reset();
  EXPECT_TRUE(Database::Open(url_).ok());
}

TEST_F(SqliteFileTest, IsReadableByItsOwnerAlone) {
  const auto database = Database::Open("sqlite:" + path_ + ".d/folder/x.db");
  ASSERT_TRUE(database.ok()) << database.status();
  const auto session = (*database)->Dedicated();
  ASSERT_TRUE((*session)->Execute("CREATE TABLE t (x BIGINT)").ok());
  for (const char* file : {"", "-wal", "-shm", ".lock"}) {
    struct stat info;
    ASSERT_EQ(stat((path_ + ".d/folder/x.db" + file).c_str(), &info), 0) << file;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << file;
  }
  struct stat info;
  ASSERT_EQ(stat((path_ + ".d/folder").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST_F(SqliteFileTest, RunsWithTheSettingsThatDurabilityNeeds) {
  DatabaseOptions options;
  options.page_size = 32768;
  const auto database = Database::Open(url_, options);
  ASSERT_TRUE(database.ok()) << database.status();
  const auto pragma = [&](const char* name) {
    return (*database)->Query(absl::StrCat("PRAGMA ", name)).value()[0][0];
  };
  EXPECT_EQ(pragma("journal_mode"), Value("wal"));
  EXPECT_EQ(pragma("synchronous"), Value(2));
  EXPECT_EQ(pragma("foreign_keys"), Value(1));
  EXPECT_EQ(pragma("secure_delete"), Value(1));
  EXPECT_EQ(pragma("page_size"), Value(32768));
}

TEST_F(SqliteFileTest, KeepsNoByteOfWhatWasDeletedAfterACheckpoint) {
  const auto database = Database::Open(url_);
  ASSERT_TRUE(database.ok()) << database.status();
  const auto session = (*database)->Dedicated();
  ASSERT_TRUE((*session)->Execute("CREATE TABLE t (x TEXT)").ok());
  ASSERT_TRUE((*session)->Execute("INSERT INTO t VALUES ($1)", {"geheimnis"}).ok());
  EXPECT_THAT(Contents(path_ + "-wal"), HasSubstr("geheimnis"));
  ASSERT_TRUE((*session)->Execute("DELETE FROM t").ok());
  ASSERT_TRUE((*session)->Execute("PRAGMA wal_checkpoint(TRUNCATE)").ok());
  EXPECT_THAT(Contents(path_), Not(HasSubstr("geheimnis")));
  EXPECT_THAT(Contents(path_ + "-wal"), Not(HasSubstr("geheimnis")));
}

TEST_F(SqliteFileTest, RefusesAFileThatIsNoDatabase) {
  std::ofstream(path_) << std::string(10'000, 'x');
  const absl::Status status = Database::Open(url_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
}

TEST_F(SqliteFileTest, TellsThatTheFileIsFull) {
  const auto database = Database::Open(url_);
  ASSERT_TRUE(database.ok()) << database.status();
  const auto session = (*database)->Dedicated();
  ASSERT_TRUE((*session)->Execute("CREATE TABLE t (x BYTEA)").ok());
  ASSERT_TRUE((*session)->Execute("PRAGMA max_page_count = 10").ok());
  const absl::Status status =
      (*session)
          ->Execute("INSERT INTO t VALUES ($1)", {Value::Bytes(std::string(100'000, 'x'))})
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetails(status)->reason, "STORE_FULL");
}

class PostgresServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND("postgres");
    const std::string url = testing::FreshDatabaseUrl("postgres");
    DatabaseOptions options;
    options.pool_size = 2;
    auto database = Database::Open(url, options);
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    auto killer = Database::Open(url);
    ASSERT_TRUE(killer.ok()) << killer.status();
    killer_ = *std::move(killer);
  }

  static int64_t IdOf(Connection& connection) {
    return connection.Execute("SELECT pg_backend_pid()").value()[0].Int(0);
  }

  /// Ends a server process and returns when it is gone.
  void Kill(int64_t id) {
    const auto killed =
        killer_->Query("SELECT pg_terminate_backend(CAST($1 AS INTEGER), 10000)", {id});
    ASSERT_TRUE(killed.ok()) << killed.status();
    ASSERT_TRUE((*killed)[0].Bool(0));
  }

  std::unique_ptr<Database> database_;
  std::unique_ptr<Database> killer_;
};

TEST_F(PostgresServerTest, ReadsOnAfterItsConnectionWasKilled) {
  Kill(database_->Query("SELECT pg_backend_pid()").value()[0].Int(0));
  EXPECT_TRUE(database_->Ping().ok());
  EXPECT_EQ(database_->stats().connections_lost, 1);
  Kill(database_->Query("SELECT pg_backend_pid()").value()[0].Int(0));
  const absl::Status read = database_->RunRead(
      [](Connection& connection) { return connection.Execute("SELECT 1").status(); });
  EXPECT_TRUE(read.ok()) << read;
}

TEST_F(PostgresServerTest, RunsATransactionAgainThatWasKilledBeforeItsCommit) {
  ASSERT_TRUE(database_->Dedicated().value()->Execute("CREATE TABLE k (x BIGINT)").ok());
  int runs = 0;
  const absl::Status status = database_->RunTransaction([&](Connection& connection) {
    WM_RETURN_IF_ERROR(connection.Execute("INSERT INTO k VALUES (1)").status());
    if (++runs == 1) Kill(IdOf(connection));
    return connection.Execute("INSERT INTO k VALUES (2)").status();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(database_->Query("SELECT COUNT(*) FROM k").value()[0].Int(0), 2);
}

TEST_F(PostgresServerTest, TellsThatTheOutcomeOfACommitIsUnknown) {
  int runs = 0;
  const absl::Status status = database_->RunTransaction([&](Connection& connection) {
    ++runs;
    Kill(IdOf(connection));
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(database_->Ping().ok());
}

TEST_F(PostgresServerTest, ReconnectsADedicatedSessionOutsideATransaction) {
  const auto session = database_->Dedicated();
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE((*session)->Begin().ok());
  Kill(IdOf(**session));
  EXPECT_EQ((*session)->Execute("SELECT 1").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ((*session)->Execute("SELECT 1").status().code(), absl::StatusCode::kFailedPrecondition);
  (*session)->Rollback();
  EXPECT_TRUE((*session)->Execute("SELECT 1").ok());
}

TEST_F(PostgresServerTest, ServesManyThreadsWithFewSessions) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) EXPECT_TRUE(database_->Ping().ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(database_->stats().connections_open, 2);
}

}  // namespace
}  // namespace waymark::sql
