#include "libs/filter/sql.h"

#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/filter/test_filters.h"
#include "libs/sql/database.h"
#include "libs/testing/databases.h"

namespace waymark::filter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Loses: "a" and "A" share a bucket with others.
int64_t Bucket(const std::string& text) { return static_cast<int64_t>(text.size() % 2); }

std::string KindText(int64_t number) { return number == 1 ? "survey" : "chat"; }

std::vector<SqlColumn> Columns() {
  return {
      {.field = kSource, .column = "source"},
      {.field = kCustomer,
       .column = "customer_bucket",
       .tells = SqlColumn::Tells::kNecessary,
       .convert =
           [](const SqlValue& text) { return SqlValue(Bucket(std::get<std::string>(text))); }},
      {.field = kReach, .column = "reach"},
      {.field = kStance, .column = "stance"},
      {.field = kFinished, .column = "finished"},
      {.field = kEventTime, .column = "event_time"},
      // Milliseconds, of whole pairs of seconds only.
      {.field = kWait,
       .column = "wait",
       .convert = [](const SqlValue& micros) -> std::optional<SqlValue> {
         const int64_t whole = std::get<int64_t>(micros);
         if (whole % 2'000'000 != 0) return std::nullopt;
         return SqlValue(whole / 1000);
       }},
      {.field = kKind,
       .column = "kind",
       .convert =
           [](const SqlValue& number) { return SqlValue(KindText(std::get<int64_t>(number))); }},
  };
}

SqlCondition Sql(absl::string_view text) {
  const auto filter = Filter::Parse(text, &TestSchema());
  EXPECT_TRUE(filter.ok()) << filter.status();
  return ToSql(*filter, Columns(), 3);
}

TEST(ToSql, NumbersParametersFromWhereItIsTold) {
  const SqlCondition sql = Sql("source = sfo AND reach > 7 AND stance <= 0.5");
  EXPECT_EQ(sql.text, "(source = $3 AND reach > $4 AND stance <= $5)");
  EXPECT_THAT(sql.parameters, ElementsAre(SqlValue("sfo"), SqlValue(int64_t{7}), SqlValue(0.5)));
}

TEST(ToSql, WritesLiteralsAsTheColumnHasThem) {
  EXPECT_THAT(Sql("finished = true").parameters, ElementsAre(SqlValue(int64_t{1})));
  EXPECT_THAT(Sql("kind = CHAT").parameters, ElementsAre(SqlValue("chat")));
  EXPECT_THAT(Sql("wait < 4s").parameters, ElementsAre(SqlValue(int64_t{4000})));
  EXPECT_THAT(Sql("event_time > 1970-01-01T00:00:01Z").parameters,
              ElementsAre(SqlValue(int64_t{1'000'000})));
}

TEST(ToSql, WhatItCannotDecideIsTrue) {
  for (const char* text : {"", "tags:a", "attributes.x = 1", "source = a*", "source < a",
                           "wait = 1s", "customer:*", "customer != abc", "NOT customer = abc",
                           "reach = 1 OR tags:a", "NOT (reach = 1 AND tags:a)",
                           "reach = 1 OR (reach = 2 AND tags:a AND reach = 3) OR tags:b"}) {
    const SqlCondition sql = Sql(text);
    EXPECT_EQ(sql.text, "") << text;
    EXPECT_THAT(sql.parameters, IsEmpty()) << text;
  }
}

TEST(ToSql, KeepsTheRestOfAConjunction) {
  EXPECT_EQ(Sql("tags:a AND reach = 1 AND source = a*").text, "reach = $3");
  EXPECT_EQ(Sql("reach = 1 OR (reach = 2 AND tags:a)").text, "(reach = $3 OR reach = $4)");
  EXPECT_EQ(Sql("NOT (reach = 1 OR tags:a)").text, "(reach IS NULL OR reach <> $3)");
  const SqlCondition sql = Sql("(reach = 1 OR tags:a) reach = 2");
  EXPECT_EQ(sql.text, "reach = $3");
  EXPECT_THAT(sql.parameters, ElementsAre(SqlValue(int64_t{2})));
}

TEST(ToSql, UsesANecessaryColumnWhereItStandsUnnegatedOnly) {
  EXPECT_EQ(Sql("customer = abc reach = 1").text, "(customer_bucket = $3 AND reach = $4)");
  EXPECT_EQ(Sql("NOT (customer != abc)").text, "customer_bucket = $3");
  EXPECT_EQ(Sql("customer > abc").text, "");
}

TEST(ToSql, AbsentIsNull) {
  EXPECT_EQ(Sql("reach != 1").text, "(reach IS NULL OR reach <> $3)");
  EXPECT_EQ(Sql("NOT reach < 1").text, "(reach IS NULL OR reach >= $3)");
  EXPECT_EQ(Sql("reach:* NOT source:*").text, "(reach IS NOT NULL AND source IS NULL)");
}

sql::Value ToValue(const SqlValue& value) {
  return std::visit([](const auto& v) { return sql::Value(v); }, value);
}

sql::Value ColumnValue(const TestRecord& record, const SqlColumn& column) {
  const auto found = record.values().find({column.field, ""});
  if (found == record.values().end()) return sql::Value();
  if (const auto* text = std::get_if<std::string>(&found->second)) {
    return column.field == kCustomer ? sql::Value(Bucket(*text)) : sql::Value(*text);
  }
  if (const auto* number = std::get_if<double>(&found->second)) return sql::Value(*number);
  if (const auto* truth = std::get_if<bool>(&found->second)) return sql::Value(*truth);
  const int64_t whole = std::get<int64_t>(found->second);
  if (column.field == kKind) return sql::Value(KindText(whole));
  return sql::Value(column.field == kWait ? whole / 1000 : whole);
}

class SqlProperty : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND(GetParam());
    auto database = sql::Database::Open(testing::FreshDatabaseUrl(GetParam()));
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    const absl::Status filled =
        database_->RunTransaction([&](sql::Connection& connection) { return Fill(connection); });
    ASSERT_TRUE(filled.ok()) << filled;
  }

  absl::Status Fill(sql::Connection& connection) {
    records_.clear();
    absl::Status status = connection.ExecuteScript(
        "CREATE TABLE records (id BIGINT PRIMARY KEY, source TEXT, customer_bucket BIGINT, "
        "reach BIGINT, stance DOUBLE PRECISION, finished BIGINT, event_time BIGINT, wait BIGINT, "
        "kind TEXT)");
    for (int64_t id = 0; status.ok() && id < 300; ++id) {
      records_.push_back(MakeRecord(random_));
      std::vector<sql::Value> values = {sql::Value(id)};
      for (const SqlColumn& column : Columns()) {
        values.push_back(ColumnValue(records_.back(), column));
      }
      status = connection
                   .BulkInsert("records",
                               {"id", "source", "customer_bucket", "reach", "stance", "finished",
                                "event_time", "wait", "kind"},
                               values)
                   .status();
    }
    return status;
  }

  std::set<int64_t> Selected(const SqlCondition& condition) {
    std::vector<sql::Value> parameters = {sql::Value(-1)};
    for (const SqlValue& value : condition.parameters) parameters.push_back(ToValue(value));
    const auto rows = database_->Query(
        absl::StrCat("SELECT id FROM records WHERE id > $1",
                     condition.text.empty() ? "" : absl::StrCat(" AND ", condition.text)),
        parameters);
    EXPECT_TRUE(rows.ok()) << condition.text << ": " << rows.status();
    std::set<int64_t> ids;
    if (rows.ok()) {
      for (const sql::Row row : *rows) ids.insert(row.Int(0));
    }
    return ids;
  }

  std::mt19937 random_{163};
  std::unique_ptr<sql::Database> database_;
  std::vector<TestRecord> records_;
};

TEST_P(SqlProperty, EveryMatchIsSelected) {
  int pushed = 0, decidable = 0, left_out = 0;
  for (int i = 0; i < 1000; ++i) {
    const RandomFilter random = MakeFilter(4, random_);
    const auto filter = Filter::Parse(random.text, &TestSchema());
    ASSERT_TRUE(filter.ok()) << random.text;
    const SqlCondition condition = ToSql(*filter, Columns(), 2);
    const std::set<int64_t> selected = Selected(condition);
    size_t matches = 0;
    for (size_t id = 0; id < records_.size(); ++id) {
      if (!filter->Matches(records_[id])) continue;
      ++matches;
      ASSERT_TRUE(selected.contains(static_cast<int64_t>(id)))
          << random.text << " -> " << condition.text;
    }
    if (random.decidable) {
      EXPECT_EQ(selected.size(), matches) << random.text << " -> " << condition.text;
      ++decidable;
    }
    pushed += !condition.text.empty();
    left_out += selected.size() < records_.size();
  }
  // Else nothing was shown.
  EXPECT_GT(pushed, 400);
  EXPECT_GT(decidable, 200);
  EXPECT_GT(left_out, 400);
}

INSTANTIATE_TEST_SUITE_P(Databases, SqlProperty, ::testing::ValuesIn(testing::Backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace waymark::filter
