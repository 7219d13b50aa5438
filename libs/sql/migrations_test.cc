#include "libs/sql/migrations.h"

#include <thread>

#include "libs/sql/test_database.h"

namespace waymark::sql {
namespace {

using ::testing::HasSubstr;

constexpr Migration kFirst = {
    .version = 1,
    .sql =
        "CREATE TABLE m (id BIGINT PRIMARY KEY, b BYTEA);"
        "INSERT INTO m VALUES (1, NULL); -- a script of two; with a comment\n"};
constexpr Migration kSecond = {.version = 2,
                               .sql = "ALTER TABLE m ADD COLUMN kind TEXT;",
                               .sqlite_sql = "UPDATE m SET kind = 'sqlite'",
                               .postgres_sql = "UPDATE m SET kind = 'postgres'"};

class MigrationsTest : public OnEveryDatabase {};

WM_ON_EVERY_DATABASE(MigrationsTest);

TEST_P(MigrationsTest, AppliesWhatIsMissing) {
  ASSERT_TRUE(Migrate(*database_, "feedback", {kFirst}).ok());
  ASSERT_TRUE(Migrate(*database_, "feedback", {kFirst, kSecond}).ok());
  ASSERT_TRUE(Migrate(*database_, "feedback", {kFirst, kSecond}).ok());
  EXPECT_EQ(Scalar("SELECT kind FROM m"), Value(GetParam()));
  EXPECT_EQ(Scalar("SELECT COUNT(*) FROM schema_migrations"), Value(2));
}

TEST_P(MigrationsTest, KeepsComponentsApart) {
  constexpr Migration other = {.version = 1, .sql = "CREATE TABLE o (id BIGINT)"};
  ASSERT_TRUE(Migrate(*database_, "feedback", {kFirst, kSecond}).ok());
  const absl::Status status = Migrate(*database_, "journey", {other});
  EXPECT_TRUE(status.ok()) << status;
}

TEST_P(MigrationsTest, LeavesNothingBehindWhenAStepFails) {
  constexpr Migration broken = {.version = 2, .sql = "CREATE TABLE n (id BIGINT); CREATE NONSENSE"};
  const absl::Status status = Migrate(*database_, "feedback", {kFirst, broken});
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("migration 2 of feedback"));
  EXPECT_FALSE(database_->Query("SELECT * FROM m").ok());
  EXPECT_FALSE(database_->Query("SELECT * FROM n").ok());
  EXPECT_TRUE(Migrate(*database_, "feedback", {kFirst, kSecond}).ok());
}

TEST_P(MigrationsTest, RefusesADatabaseOfANewerProgram) {
  ASSERT_TRUE(Migrate(*database_, "feedback", {kFirst, kSecond}).ok());
  const absl::Status status = Migrate(*database_, "feedback", {kFirst});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("schema version 2"));
}

TEST_P(MigrationsTest, RefusesAGapInTheVersions) {
  EXPECT_EQ(Migrate(*database_, "feedback", {kSecond}).code(), absl::StatusCode::kInternal);
}

TEST_P(MigrationsTest, RunsOnceWhenSeveralStartTogether) {
  std::vector<std::unique_ptr<Database>> others;
  for (int i = 0; i < 3 && !sqlite(); ++i) others.push_back(*Database::Open(url_));
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    Database* const database = sqlite() ? database_.get() : others[i].get();
    threads.emplace_back([database] {
      const absl::Status status = Migrate(*database, "feedback", {kFirst, kSecond});
      EXPECT_TRUE(status.ok()) << status;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Scalar("SELECT COUNT(*) FROM schema_migrations"), Value(2));
  EXPECT_EQ(Scalar("SELECT COUNT(*) FROM m"), Value(1));
}

}  // namespace
}  // namespace waymark::sql
