#include "libs/testing/databases.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/ids.h"
#include "libs/sql/database.h"

namespace waymark::testing {
namespace {

std::string Environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

/// Runs `cleanup` when all tests have ended, so that a database may belong to a whole suite.
class CleanUpAtEnd : public ::testing::EmptyTestEventListener {
 public:
  explicit CleanUpAtEnd(std::function<void()> cleanup) : cleanup_(std::move(cleanup)) {}
  void OnTestProgramEnd(const ::testing::UnitTest&) override { cleanup_(); }

 private:
  const std::function<void()> cleanup_;
};

void AtProgramEnd(std::function<void()> cleanup) {
  ::testing::UnitTest::GetInstance()->listeners().Append(new CleanUpAtEnd(std::move(cleanup)));
}

std::string FreshSqliteUrl() {
  std::string folder = (std::filesystem::temp_directory_path() / "waymark-XXXXXX").string();
  EXPECT_NE(mkdtemp(folder.data()), nullptr) << folder;
  AtProgramEnd([folder] {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  });
  return absl::StrCat("sqlite:", folder, "/test.db");
}

void RunOnServer(const std::string& sql) {
  const auto server = sql::Database::Open(Environment("WAYMARK_TEST_POSTGRES"));
  ASSERT_TRUE(server.ok()) << server.status();
  const auto session = (*server)->Dedicated();
  ASSERT_TRUE(session.ok()) << session.status();
  const absl::Status done = (*session)->ExecuteScript(sql);
  EXPECT_TRUE(done.ok()) << done;
}

std::string FreshPostgresUrl() {
  const std::string server = Environment("WAYMARK_TEST_POSTGRES");
  const std::string schema = absl::StrCat("test_", NewId(absl::Now()));
  RunOnServer(absl::StrCat("CREATE SCHEMA ", schema));
  AtProgramEnd([schema] { RunOnServer(absl::StrCat("DROP SCHEMA ", schema, " CASCADE")); });
  return absl::StrCat(server, server.find('?') == std::string::npos ? "?" : "&",
                      "options=-csearch_path%3D", schema);
}

}  // namespace

std::vector<std::string> Backends() { return {"sqlite", "postgres"}; }

std::string MissingBackend(const std::string& backend) {
  if (backend == "postgres" && Environment("WAYMARK_TEST_POSTGRES").empty()) {
    return "no PostgreSQL to test on: set WAYMARK_TEST_POSTGRES to its URL, or use tests/run.sh";
  }
  if (backend == "redis" && Environment("WAYMARK_TEST_REDIS").empty()) {
    return "no Redis to test on: set WAYMARK_TEST_REDIS to its URL, or use tests/run.sh";
  }
  return "";
}

std::string FreshDatabaseUrl(const std::string& backend) {
  return backend == "postgres" ? FreshPostgresUrl() : FreshSqliteUrl();
}

bool MissingServerFails() { return Environment("CI") == "true"; }

}  // namespace waymark::testing
