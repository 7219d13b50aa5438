#include "tests/bench/on_conflict_table.h"

#include <vector>

#include "absl/time/clock.h"
#include "tests/bench/requests.h"

namespace waymark::bench {
namespace {

constexpr char kMake[] = R"sql(
DROP TABLE IF EXISTS rows_of_bench;
CREATE TABLE rows_of_bench (
  tenant TEXT NOT NULL,
  source TEXT NOT NULL,
  external_id TEXT NOT NULL,
  revision BIGINT NOT NULL,
  customer TEXT NOT NULL,
  account TEXT NOT NULL,
  event_time BIGINT NOT NULL,
  payload BYTEA NOT NULL,
  PRIMARY KEY (tenant, source, external_id)
);
)sql";

constexpr absl::string_view kColumns[] = {"tenant",   "source",  "external_id", "revision",
                                          "customer", "account", "event_time",  "payload"};

// The rows of a batch, whose ids are set anew with every use.
class Rows {
 public:
  explicit Rows(int batch) {
    for (int i = 0; i < batch; ++i) {
      signals_.push_back(MakeSignal(i));
      ids_.emplace_back(kIdMark.size(), '@');
      payloads_.push_back(signals_.back().SerializeAsString());
      marks_.push_back(payloads_.back().find(kIdMark.data(), 0, kIdMark.size()));
    }
  }

  std::vector<sql::Value> Next() {
    std::vector<sql::Value> values;
    values.reserve(signals_.size() * std::size(kColumns));
    uint64_t id = TakeIds(signals_.size());
    for (size_t i = 0; i < signals_.size(); ++i, ++id) {
      WriteExternalId(id, ids_[i].data());
      WriteExternalId(id, payloads_[i].data() + marks_[i]);
      values.insert(values.end(), {sql::Value::BorrowedText("demo"),
                                   sql::Value::BorrowedText(signals_[i].source()),
                                   sql::Value::BorrowedText(ids_[i]), sql::Value(0),
                                   sql::Value::BorrowedText(signals_[i].customer()),
                                   sql::Value::BorrowedText(signals_[i].account()),
                                   sql::Value(signals_[i].event_time().seconds() * 1'000'000),
                                   sql::Value::BorrowedBytes(payloads_[i])});
    }
    return values;
  }

 private:
  std::vector<feedback::v1::Signal> signals_;
  std::vector<std::string> ids_;
  std::vector<std::string> payloads_;
  std::vector<size_t> marks_;
};

}  // namespace

OnConflictTable::OnConflictTable(const std::string& url, int sessions) {
  sql::DatabaseOptions options;
  options.pool_size = sessions;
  auto database = sql::Database::Open(url, options);
  Require(database.ok(), database.status().ToString());
  database_ = *std::move(database);
  const absl::Status made = database_->RunTransaction(
      [](sql::Connection& connection) { return connection.ExecuteScript(kMake); });
  Require(made.ok(), made.ToString());
}

int64_t OnConflictTable::Insert(int batch, absl::Time deadline) {
  Rows rows(batch);
  int64_t sent = 0;
  while (absl::Now() < deadline) {
    const std::vector<sql::Value> values = rows.Next();
    const absl::Status status = database_->RunTransaction(
        [&](sql::Connection& connection) {
          return connection
              .BulkInsert("rows_of_bench", kColumns, values, sql::OnConflict::kDoNothing)
              .status();
        },
        sql::Isolation::kReadCommitted);
    Require(status.ok(), status.ToString());
    sent += batch;
  }
  return sent;
}

}  // namespace waymark::bench
