#pragma once

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/sql/database.h"
#include "libs/testing/databases.h"

namespace waymark::sql {

/// The base of suites that run on every kind of database: a fresh one, opened.
class OnEveryDatabase : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND(GetParam());
    url_ = testing::FreshDatabaseUrl(GetParam());
    Reopen({});
  }

  void Reopen(const DatabaseOptions& options) {
    database_ = nullptr;
    auto opened = Database::Open(url_, options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    database_ = *std::move(opened);
  }

  bool sqlite() const { return GetParam() == "sqlite"; }

  absl::Status Run(absl::string_view sql, absl::Span<const Value> params = {}) {
    return database_->RunTransaction(
        [&](Connection& connection) { return connection.Execute(sql, params).status(); });
  }

  /// The only cell of a query's only row.
  Value Scalar(absl::string_view sql, absl::Span<const Value> params = {}) {
    const auto result = database_->Query(sql, params);
    EXPECT_TRUE(result.ok()) << result.status();
    if (!result.ok() || result->size() != 1) return Value();
    return (*result)[0][0];
  }

  std::string url_;
  std::unique_ptr<Database> database_;
};

#define WM_ON_EVERY_DATABASE(suite)                                                               \
  INSTANTIATE_TEST_SUITE_P(Databases, suite, ::testing::ValuesIn(::waymark::testing::Backends()), \
                           [](const auto& info) { return info.param; })

}  // namespace waymark::sql
