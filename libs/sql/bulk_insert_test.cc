#include "libs/sql/test_database.h"

namespace waymark::sql {
namespace {

class BulkInsertTest : public OnEveryDatabase {
 protected:
  void SetUp() override {
    OnEveryDatabase::SetUp();
    if (database_ == nullptr) return;
    ASSERT_TRUE(
        Run("CREATE TABLE r (id BIGINT PRIMARY KEY, d DOUBLE PRECISION, t TEXT, b BYTEA)").ok());
    auto session = database_->Dedicated();
    ASSERT_TRUE(session.ok()) << session.status();
    session_ = *std::move(session);
  }

  void TearDown() override { session_ = nullptr; }

  static std::vector<Value> Rows(int from, int to) {
    std::vector<Value> values;
    for (int i = from; i < to; ++i) {
      values.push_back(i);
      values.push_back(i % 3 == 0 ? Value() : Value(i / 2.0));
      values.push_back(absl::StrCat("é'\\\"{},NULL ", i));
      values.push_back(Value::Bytes(std::string("\0\xff", 2) + std::to_string(i)));
    }
    return values;
  }

  static constexpr absl::string_view kColumns[] = {"id", "d", "t", "b"};
  std::unique_ptr<Connection> session_;
};

WM_ON_EVERY_DATABASE(BulkInsertTest);

TEST_P(BulkInsertTest, InsertsTenThousandRowsAsTheyAre) {
  const std::vector<Value> rows = Rows(0, 10'000);
  const auto inserted = session_->BulkInsert("r", kColumns, rows);
  ASSERT_TRUE(inserted.ok()) << inserted.status();
  EXPECT_EQ(*inserted, 10'000);
  const auto result = database_->Query("SELECT id, d, t, b FROM r ORDER BY id");
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->size(), 10'000u);
  for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ((*result)[i / 4][i % 4], rows[i]) << i;
}

TEST_P(BulkInsertTest, InsertsMoreThanOneStatementHolds) {
  const absl::string_view columns[] = {"id"};
  std::vector<Value> ids;
  for (int i = 0; i < 45'000; ++i) ids.push_back(i);
  EXPECT_EQ(*session_->BulkInsert("r", columns, ids), 45'000);
  EXPECT_EQ(Scalar("SELECT COUNT(*) FROM r"), Value(45'000));
}

TEST_P(BulkInsertTest, InsertsAllOrNone) {
  ASSERT_TRUE(session_->BulkInsert("r", kColumns, Rows(99, 100)).ok());
  EXPECT_EQ(session_->BulkInsert("r", kColumns, Rows(0, 200)).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Scalar("SELECT COUNT(*) FROM r"), Value(1));
}

TEST_P(BulkInsertTest, PassesOverConflictsWhenAsked) {
  ASSERT_TRUE(session_->BulkInsert("r", kColumns, Rows(0, 150)).ok());
  const auto inserted = session_->BulkInsert("r", kColumns, Rows(100, 200), OnConflict::kDoNothing);
  ASSERT_TRUE(inserted.ok()) << inserted.status();
  EXPECT_EQ(*inserted, 50);
}

TEST_P(BulkInsertTest, BelongsToTheTransactionAroundIt) {
  ASSERT_TRUE(session_->Begin().ok());
  ASSERT_TRUE(session_->BulkInsert("r", kColumns, Rows(0, 10)).ok());
  session_->Rollback();
  EXPECT_EQ(Scalar("SELECT COUNT(*) FROM r"), Value(0));
}

TEST_P(BulkInsertTest, TakesColumnsThatAreAllNull) {
  EXPECT_EQ(*session_->BulkInsert("r", kColumns, {1, Value(), Value(), Value()}), 1);
  EXPECT_EQ(Scalar("SELECT b FROM r"), Value());
}

TEST_P(BulkInsertTest, RefusesRaggedRowsAndMixedTypes) {
  EXPECT_EQ(session_->BulkInsert("r", kColumns, {1, 2}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(session_->BulkInsert("r", {"id", "d"}, {1, 0.5, 2, "x"}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(*session_->BulkInsert("r", kColumns, {}), 0);
}

}  // namespace
}  // namespace waymark::sql
