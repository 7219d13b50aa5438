// SQLite's checkpoints: what was committed must survive a sync that fails once (see ReadGate).
#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "libs/sql/database.h"
#include "libs/testing/databases.h"

namespace waymark::sql {
namespace {

constexpr int kPages = 20;
constexpr int64_t kPageBytes = 4096;

class CheckpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string url = testing::FreshDatabaseUrl("sqlite");
    path_ = std::string(absl::StripPrefix(url, "sqlite:"));
    DatabaseOptions options;
    options.wal_autocheckpoint = kPages;
    database_ = *Database::Open(url, options);
    ASSERT_TRUE(Write("CREATE TABLE t (n BIGINT)").ok());
  }

  absl::Status Write(absl::string_view sql = "INSERT INTO t VALUES (1)") {
    return database_->RunTransaction(
        [&](Connection& connection) { return connection.Execute(sql).status(); });
  }

  std::string File() const {
    std::ifstream in(path_, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  std::string path_;
  std::unique_ptr<Database> database_;
};

// The file is synced only when a checkpoint is complete, but what a partial one copied counts as
// copied: if that sync fails once, nothing copies it again, and the log is given up later.
TEST_F(CheckpointTest, NeverStopsHalfwayAtAReadersSnapshot) {
  for (int i = 0; i < kPages / 4; ++i) ASSERT_TRUE(Write().ok());
  const std::string before = File();
  const absl::Status read = database_->RunRead([&](Connection& connection) {
    const absl::Status snapshot = connection.Execute("SELECT COUNT(*) FROM t").status();
    for (int i = 0; i < 2 * kPages; ++i) EXPECT_TRUE(Write().ok());
    EXPECT_TRUE(File() == before) << "a part of the log was copied";
    return snapshot;
  });
  ASSERT_TRUE(read.ok()) << read;
  ASSERT_TRUE(Write().ok());
  EXPECT_FALSE(File() == before) << "nothing was copied when the reader had gone";
}

TEST_F(CheckpointTest, IsNotPutOffForEverByReadersThatOverlap) {
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        EXPECT_TRUE(database_
                        ->RunRead([](Connection& connection) {
                          return connection.Execute("SELECT COUNT(*) FROM t").status();
                        })
                        .ok());
      }
    });
  }
  int64_t longest = 0;
  for (int i = 0; i < 40 * kPages; ++i) {
    ASSERT_TRUE(Write().ok());
    longest = std::max<int64_t>(longest, std::filesystem::file_size(path_ + "-wal"));
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_LT(longest, 8 * kPages * kPageBytes);
}

TEST_F(CheckpointTest, PurgeLeavesNothingInTheLogOfWhatWasDeleted) {
  const auto somewhere = [&](const std::string& text) {
    for (const char* end : {"", "-wal"}) {
      std::ifstream in(path_ + end, std::ios::binary);
      std::ostringstream bytes;
      bytes << in.rdbuf();
      if (bytes.str().find(text) != std::string::npos) return true;
    }
    return false;
  };
  ASSERT_TRUE(Write("CREATE TABLE words (word TEXT)").ok());
  ASSERT_TRUE(Write("INSERT INTO words VALUES ('jabberwocky')").ok());
  ASSERT_TRUE(Write("DELETE FROM words").ok());
  ASSERT_TRUE(somewhere("jabberwocky"));
  const absl::Status read = database_->RunRead([&](Connection& connection) {
    const absl::Status snapshot = connection.Execute("SELECT COUNT(*) FROM t").status();
    EXPECT_TRUE(absl::IsAborted(database_->Purge({"words"}))) << "a reader needs the log";
    return snapshot;
  });
  ASSERT_TRUE(read.ok()) << read;
  EXPECT_TRUE(somewhere("jabberwocky"));
  EXPECT_EQ(database_->Purge({"words"}), absl::OkStatus());
  EXPECT_FALSE(somewhere("jabberwocky"));
  EXPECT_TRUE(Write().ok());
}

}  // namespace
}  // namespace waymark::sql
