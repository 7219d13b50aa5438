#include <cmath>
#include <limits>

#include "libs/base/error.h"
#include "libs/sql/test_database.h"

namespace waymark::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StatementsTest : public OnEveryDatabase {
 protected:
  void MakeValues() {
    ASSERT_TRUE(Run("CREATE TABLE v (id BIGINT PRIMARY KEY, i BIGINT, d DOUBLE PRECISION, t TEXT, "
                    "b BYTEA)")
                    .ok());
  }

  void MakeScores() {
    ASSERT_TRUE(Run("CREATE TABLE s (tenant TEXT, name TEXT, score BIGINT, "
                    "PRIMARY KEY (tenant, name))")
                    .ok());
    ASSERT_TRUE(Run("INSERT INTO s VALUES ('a', 'x', 1), ('a', 'y', 4), ('a', 'z', 4), "
                    "('b', 'x', 10)")
                    .ok());
  }

  std::vector<std::string> Texts(absl::string_view sql, absl::Span<const Value> params = {}) {
    const auto result = database_->Query(sql, params);
    EXPECT_TRUE(result.ok()) << result.status();
    std::vector<std::string> texts;
    if (!result.ok()) return texts;
    for (const Row row : *result) texts.push_back(row.Text(0));
    return texts;
  }
};

WM_ON_EVERY_DATABASE(StatementsTest);

TEST_P(StatementsTest, KeepsIntegersToTheirExtremes) {
  MakeValues();
  for (const int64_t number : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0},
                               std::numeric_limits<int64_t>::max()}) {
    ASSERT_TRUE(Run("DELETE FROM v").ok());
    ASSERT_TRUE(Run("INSERT INTO v (id, i) VALUES (1, $1)", {number}).ok());
    EXPECT_EQ(Scalar("SELECT i FROM v"), Value(number));
    EXPECT_EQ(Scalar("SELECT i FROM v WHERE i = $1", {number}), Value(number));
  }
}

TEST_P(StatementsTest, KeepsDoublesExactly) {
  MakeValues();
  for (const double number :
       {0.1, -0.0, 1.0, std::numeric_limits<double>::denorm_min(),
        std::numeric_limits<double>::max(), std::numeric_limits<double>::infinity()}) {
    ASSERT_TRUE(Run("DELETE FROM v").ok());
    ASSERT_TRUE(Run("INSERT INTO v (id, d) VALUES (1, $1)", {number}).ok());
    EXPECT_EQ(Scalar("SELECT d FROM v"), Value(number));
  }
}

TEST_P(StatementsTest, KeepsTextOfAnyScript) {
  MakeValues();
  for (const char* text : {"", "Grüße 世界 🙂 ש", "it's a \"quote\" \\ and $1\n"}) {
    ASSERT_TRUE(Run("DELETE FROM v").ok());
    ASSERT_TRUE(Run("INSERT INTO v (id, t) VALUES (1, $1)", {text}).ok());
    EXPECT_EQ(Scalar("SELECT t FROM v"), Value(text));
    EXPECT_EQ(Scalar("SELECT t FROM v WHERE t = $1", {Value::BorrowedText(text)}), Value(text));
  }
}

TEST_P(StatementsTest, KeepsBytesWithNulAndEveryOtherByte) {
  MakeValues();
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  for (const std::string& value : {std::string(), bytes, std::string(300'000, '\xff')}) {
    ASSERT_TRUE(Run("DELETE FROM v").ok());
    ASSERT_TRUE(Run("INSERT INTO v (id, b) VALUES (1, $1)", {Value::BorrowedBytes(value)}).ok());
    EXPECT_EQ(Scalar("SELECT b FROM v"), Value::Bytes(value));
    EXPECT_EQ(Scalar("SELECT b FROM v WHERE b = $1", {Value::Bytes(value)}), Value::Bytes(value));
  }
}

TEST_P(StatementsTest, KeepsNullOfEveryType) {
  MakeValues();
  ASSERT_TRUE(Run("INSERT INTO v (id, i, d, t, b) VALUES ($1, $2, $3, $4, $5)",
                  {1, Value(), Value(), Value(), Value()})
                  .ok());
  const auto result = database_->Query("SELECT i, d, t, b FROM v");
  ASSERT_TRUE(result.ok()) << result.status();
  const Row row = (*result)[0];
  for (size_t i = 0; i < row.size(); ++i) EXPECT_TRUE(row.IsNull(i)) << i;
  EXPECT_EQ(row.Int(0), 0);
  EXPECT_EQ(row.Text(2), "");
}

TEST_P(StatementsTest, RefusesWhatOnlyOneDatabaseWouldTake) {
  MakeValues();
  for (const Value& value : {Value(std::string("a\0b", 3)), Value("\xff"), Value("\xed\xa0\x80"),
                             Value("\xc0\x80"), Value(std::nan(""))}) {
    EXPECT_EQ(Run("INSERT INTO v (id, t) VALUES (1, $1)", {value}).code(),
              absl::StatusCode::kInvalidArgument)
        << value;
  }
  EXPECT_EQ(Scalar("SELECT COUNT(*) FROM v"), Value(0));
}

TEST_P(StatementsTest, TakesParametersInAnyOrderAndTwice) {
  const auto result = database_->Query(
      "SELECT CAST($2 AS TEXT), CAST($1 AS BIGINT), CAST($2 AS TEXT)", {7, "seven"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ((*result)[0].Text(0), "seven");
  EXPECT_EQ((*result)[0].Int(1), 7);
  EXPECT_EQ((*result)[0].View(2), "seven");
}

TEST_P(StatementsTest, TakesOneTextWithParametersOfSeveralTypes) {
  MakeValues();
  const char* insert = "INSERT INTO v (id, i, d) VALUES ($1, $2, $3)";
  ASSERT_TRUE(Run(insert, {1, Value(), 1}).ok());
  ASSERT_TRUE(Run(insert, {2, 5, Value()}).ok());
  ASSERT_TRUE(Run(insert, {3, Value(), 2.5}).ok());
  EXPECT_EQ(Scalar("SELECT SUM(d) FROM v"), Value(3.5));
}

TEST_P(StatementsTest, NamesTheStatementThatIsWrong) {
  const auto unknown = database_->Query("SELECT nothing FROM nowhere");
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("nowhere"));
  EXPECT_EQ(database_->Query("SELECT CAST($1 AS TEXT), CAST($2 AS TEXT)", {"a"}).status().code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(database_->Query("SELECT 1; SELECT 2").status().code(), absl::StatusCode::kInternal);
}

TEST_P(StatementsTest, CountsAffectedRows) {
  MakeScores();
  const auto session = database_->Dedicated();
  ASSERT_TRUE(session.ok()) << session.status();
  Connection& connection = **session;
  EXPECT_EQ(connection.Execute("UPDATE s SET score = 5 WHERE tenant = 'a'")->rows_affected(), 3);
  EXPECT_EQ(connection.Execute("SELECT * FROM s")->rows_affected(), 0);
  EXPECT_EQ(connection.Execute("SELECT * FROM s")->size(), 4u);
  EXPECT_EQ(connection.Execute("CREATE TABLE u (x BIGINT)")->rows_affected(), 0);
  EXPECT_EQ(connection.Execute("DELETE FROM s WHERE tenant = $1", {"b"})->rows_affected(), 1);
  EXPECT_EQ(connection.Execute("DELETE FROM s WHERE tenant = $1", {"b"})->rows_affected(), 0);
}

TEST_P(StatementsTest, UpsertsAndReturnsRows) {
  MakeScores();
  const auto session = database_->Dedicated();
  ASSERT_TRUE(session.ok()) << session.status();
  const char* upsert =
      "INSERT INTO s (tenant, name, score) VALUES ($1, $2, $3) ON CONFLICT (tenant, name) "
      "DO UPDATE SET score = s.score + excluded.score RETURNING name, score";
  auto result = (*session)->Execute(upsert, {"a", "y", 6});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ((*result)[0].Text(0), "y");
  EXPECT_EQ((*result)[0].Int(1), 10);
  EXPECT_EQ(result->rows_affected(), 1);
  result = (*session)->Execute(
      "INSERT INTO s VALUES ('a', 'y', 0) ON CONFLICT DO NOTHING "
      "RETURNING name");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->empty());
  EXPECT_EQ(result->rows_affected(), 0);
}

TEST_P(StatementsTest, PagesByRowValues) {
  MakeScores();
  EXPECT_THAT(Texts("SELECT tenant || name FROM s WHERE (tenant, name) > ($1, $2) "
                    "ORDER BY tenant, name LIMIT $3",
                    {"a", "x", 2}),
              ElementsAre("ay", "az"));
  EXPECT_THAT(Texts("SELECT tenant || name FROM s WHERE (tenant, name) > ($1, $2) "
                    "ORDER BY tenant, name LIMIT $3",
                    {"a", "z", 2}),
              ElementsAre("bx"));
}

TEST_P(StatementsTest, AggregatesWithWindowsAndFilters) {
  MakeScores();
  EXPECT_THAT(Texts("SELECT name || CAST(rank() OVER (ORDER BY score DESC) AS TEXT) FROM s "
                    "WHERE tenant = 'a' ORDER BY name"),
              ElementsAre("x3", "y1", "z1"));
  const auto result = database_->Query(
      "SELECT COUNT(*) FILTER (WHERE score > 3), SUM(score), "
      "CAST(AVG(score) AS DOUBLE PRECISION), MAX(score) = 10, "
      "SUM(score) FILTER (WHERE score > 99) FROM s");
  ASSERT_TRUE(result.ok()) << result.status();
  const Row row = (*result)[0];
  EXPECT_EQ(row[0], Value(3));
  EXPECT_EQ(row[1], Value(19));
  EXPECT_EQ(row[2], Value(4.75));
  EXPECT_TRUE(row.Bool(3));
  EXPECT_TRUE(row.IsNull(4));
}

TEST_P(StatementsTest, SortsTextByCodePoint) {
  EXPECT_THAT(Texts("SELECT t FROM (SELECT 'b' AS t UNION ALL SELECT 'B' UNION ALL SELECT 'ä' "
                    "UNION ALL SELECT '_') AS u ORDER BY t"),
              ElementsAre("B", "_", "b", "ä"));
}

TEST_P(StatementsTest, TellsConstraintsApart) {
  ASSERT_TRUE(Run("CREATE TABLE p (id BIGINT PRIMARY KEY, u TEXT UNIQUE, n TEXT NOT NULL)").ok());
  ASSERT_TRUE(Run("CREATE TABLE c (p BIGINT REFERENCES p (id))").ok());
  ASSERT_TRUE(Run("INSERT INTO p VALUES (1, 'secret', 'n')").ok());
  const absl::Status key = Run("INSERT INTO p VALUES (1, 'other', 'n')");
  EXPECT_EQ(key.code(), absl::StatusCode::kAlreadyExists);
  const absl::Status unique = Run("INSERT INTO p VALUES (2, 'secret', 'n')");
  EXPECT_EQ(unique.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(unique.message()), ::testing::Not(HasSubstr("secret")));
  EXPECT_EQ(Run("INSERT INTO p VALUES (2, 'b', NULL)").code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Run("INSERT INTO c VALUES (9)").code(), absl::StatusCode::kFailedPrecondition);
}

TEST_P(StatementsTest, StopsAStatementThatTakesTooLong) {
  DatabaseOptions options;
  options.statement_timeout = absl::Milliseconds(100);
  Reopen(options);
  const auto endless = database_->Query(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i % 7 + 1 FROM n) "
      "SELECT COUNT(*) FROM n");
  EXPECT_EQ(endless.status().code(), absl::StatusCode::kDeadlineExceeded) << endless.status();
  EXPECT_EQ(GetErrorDetails(endless.status())->reason, "STORE_TIMEOUT");
  EXPECT_EQ(Scalar("SELECT 1"), Value(1));
}

TEST_P(StatementsTest, KeepsWorkingWithMoreStatementsThanItRemembers) {
  const auto session = database_->Dedicated();
  ASSERT_TRUE(session.ok()) << session.status();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 600; ++i) {
      const auto result = (*session)->Execute(absl::StrCat("SELECT ", i));
      ASSERT_TRUE(result.ok()) << result.status();
      ASSERT_EQ((*result)[0].Int(0), i);
    }
  }
}

TEST_P(StatementsTest, FollowsATableThatChanged) {
  ASSERT_TRUE(Run("CREATE TABLE f (a BIGINT)").ok());
  ASSERT_TRUE(Run("INSERT INTO f VALUES (1)").ok());
  const auto session = database_->Dedicated();
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_TRUE((*session)->Execute("SELECT a FROM f").ok());
  ASSERT_TRUE(Run("ALTER TABLE f ADD COLUMN b TEXT DEFAULT 'new'").ok());
  EXPECT_TRUE((*session)->Execute("SELECT a FROM f").ok());
  const auto result = (*session)->Execute("SELECT a, b FROM f");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ((*result)[0].Text(1), "new");
}

}  // namespace
}  // namespace waymark::sql
