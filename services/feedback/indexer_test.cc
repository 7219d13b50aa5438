// How the index is made of the journal: anew, by several at once, and what its queries cost.
#include "services/feedback/indexer.h"

#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "services/feedback/databases.h"
#include "services/feedback/random_signals.h"
#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// Everything in the index, as text by table.
using Contents = std::map<std::string, std::vector<std::string>>;

std::string CellText(const sql::Value& value) {
  if (value.is_null()) return "NULL";
  return value.type() == sql::ValueType::kInt ? absl::StrCat(value.AsInt())
                                              : std::string(value.AsString());
}

/// The parts that follow the journal, without the service around them.
struct Parts {
  explicit Parts(const std::string& url) {
    auto opened = OpenDatabases(url);
    EXPECT_TRUE(opened.ok()) << opened.status();
    databases = *std::move(opened);
    store = *Store::Open(databases.journal.get());
    index = *IndexStore::Open(databases.index(), *store);
    indexer = std::make_unique<Indexer>(store.get(), index.get(), &commits, &clock,
                                        IndexMetrics(&registry));
  }

  // Until nothing is left, even if another one is at it.
  void CatchUp() {
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    int64_t waiting = 0;
    do {
      const absl::Status status = indexer->CatchUp();
      ASSERT_TRUE(status.ok()) << status;
      waiting = 0;
      for (const char* tenant : {"demo", "other"}) {
        waiting += indexer->ProgressOf(tenant)->waiting;
      }
    } while (waiting > 0 && absl::Now() < deadline);
    EXPECT_EQ(waiting, 0);
  }

  Contents Read() {
    Contents contents;
    for (const std::string table :
         {"index_shards", "index_buckets", "index_superseded", "index_signals", "index_customers",
          "index_conversations", "index_texts", "source_schemas", "source_kinds",
          "source_questions", "source_activities"}) {
      const auto result = databases.index()->Query(absl::StrCat("SELECT * FROM ", table));
      EXPECT_TRUE(result.ok()) << result.status();
      std::vector<std::string>& rows = contents[table];
      for (const sql::Row row : *result) {
        std::vector<std::string> cells;
        for (size_t i = 0; i < row.size(); ++i) cells.push_back(CellText(row[i]));
        rows.push_back(absl::StrJoin(cells, "|"));
      }
      std::sort(rows.begin(), rows.end());
    }
    return contents;
  }

  void Empty() {
    const auto emptied = databases.index()->RunTransaction([&](sql::Connection& connection) {
      for (const auto& [table, rows] : Read()) {
        const absl::Status status =
            connection.Execute(absl::StrCat("DELETE FROM ", table)).status();
        if (!status.ok()) return status;
      }
      return absl::OkStatus();
    });
    EXPECT_TRUE(emptied.ok()) << emptied;
  }

  Databases databases;
  std::unique_ptr<Store> store;
  std::unique_ptr<IndexStore> index;
  CommitSignal commits;
  FakeClock clock;
  metrics::Registry registry;
  std::unique_ptr<Indexer> indexer;
};

class IndexerTest : public OnEveryDatabase {
 protected:
  // Signals of two tenants in several pages of the journal, with revisions and deletions, indexed
  // as they come; the service is gone then.
  void IngestAndStop() {
    std::mt19937 random(37);
    for (int batch = 0; batch < 8; ++batch) {
      std::vector<v1::Signal> signals;
      for (int i = 0; i < 200; ++i) {
        signals.push_back(RandomSignal(absl::StrCat("id", random() % 800), random));
        signals.back().set_revision(batch);
        signals.back().set_deleted(random() % 10 == 0);
      }
      service_->Ingest(signals, batch % 3 == 0 ? "other" : "demo");
    }
    service_->clock().Advance(absl::Hours(1));
    end_ = service_->end();
    service_ = nullptr;
  }

  Contents Reference() {
    Parts parts(url_);
    parts.CatchUp();
    return parts.Read();
  }

  static void ExpectSame(const Contents& contents, const Contents& reference) {
    for (const auto& [table, rows] : reference) EXPECT_EQ(contents.at(table), rows) << table;
  }

  std::vector<v1::StoredSignal> Search(const std::string& words) {
    v1::ListSignalsRequest request;
    request.set_search(words);
    return service_->List(request);
  }

  std::string end_;
};
WM_ON_EVERY_DATABASE(IndexerTest);

TEST_P(IndexerTest, CatchingUpTwiceChangesNothing) {
  IngestAndStop();
  const Contents reference = Reference();
  for (const char* table : {"index_signals", "index_customers", "index_conversations",
                            "index_texts", "index_superseded", "source_activities"}) {
    EXPECT_THAT(reference.at(table), Not(IsEmpty())) << table;
  }
  Parts again(url_);
  again.CatchUp();
  again.CatchUp();
  ExpectSame(again.Read(), reference);
}

TEST_P(IndexerTest, OfSeveralAtOnceEachPageIsIndexedByOne) {
  if (GetParam() == "sqlite") GTEST_SKIP() << "a file belongs to one process";
  IngestAndStop();
  const Contents reference = Reference();
  Parts first(url_);
  first.Empty();
  Parts second(url_);  // makes the cursors again
  Parts third(url_);
  std::vector<std::thread> threads;
  for (Parts* parts : {&first, &second, &third}) {
    threads.emplace_back([parts] { parts->CatchUp(); });
  }
  for (std::thread& thread : threads) thread.join();
  ExpectSame(first.Read(), reference);
}

TEST_P(IndexerTest, AnIndexThatIsGoneIsMadeAnew) {
  if (GetParam() == "postgres") GTEST_SKIP() << "the index is in the journal's database";
  IngestAndStop();
  const Contents reference = Reference();
  const std::string stem(absl::StripSuffix(absl::StripPrefix(url_, "sqlite:"), ".db"));
  int removed = 0;
  for (const char* rest : {"-index.db", "-index.db-wal", "-index.db-shm"}) {
    removed += static_cast<int>(std::filesystem::remove(stem + rest));
  }
  ASSERT_GE(removed, 1);
  ExpectSame(Reference(), reference);
  service_ = std::make_unique<TestService>(url_);
  service_->Await("demo", end_);
  EXPECT_THAT(Search("wifi OR cafe OR slow"), Not(IsEmpty()));
}

TEST_P(IndexerTest, AnIndexOfAnotherJournalIsMadeAnew) {
  if (GetParam() == "postgres") GTEST_SKIP() << "the index is in the journal's database";
  IngestAndStop();
  const std::string path(absl::StripPrefix(url_, "sqlite:"));
  const std::string saved = path + ".saved";
  for (const char* rest : {"", "-wal", "-shm"}) {
    if (std::filesystem::exists(path + rest)) std::filesystem::rename(path + rest, saved + rest);
  }
  service_ = std::make_unique<TestService>(url_);
  EXPECT_THAT(Search("wifi OR cafe OR slow"), IsEmpty());
  service_->Ingest({Survey("s", 5, "The wifi is new")});
  EXPECT_THAT(Search("wifi OR cafe OR slow"), SizeIs(1));
  service_ = nullptr;
  // Back again: that index is of the other one.
  for (const char* rest : {"", "-wal", "-shm"}) {
    std::filesystem::remove(path + rest);
    if (std::filesystem::exists(saved + rest)) std::filesystem::rename(saved + rest, path + rest);
  }
  service_ = std::make_unique<TestService>(url_);
  service_->Await("demo", end_);
  EXPECT_THAT(Search("\"wifi is new\""), IsEmpty());
  EXPECT_THAT(Search("wifi OR cafe OR slow"), Not(IsEmpty()));
}

/// Instead of running statements it asks how they would be run.
class Explainer : public sql::Connection {
 public:
  explicit Explainer(sql::Connection* connection) : connection_(*connection) {}

  sql::Dialect dialect() const override { return connection_.dialect(); }
  const std::string& plan() const { return plan_; }

 private:
  absl::StatusOr<sql::Result> DoExecute(absl::string_view sql,
                                        absl::Span<const sql::Value> params) override {
    const bool postgres = dialect() == sql::Dialect::kPostgres;
    auto rows = connection_.Execute(
        absl::StrCat(postgres ? "EXPLAIN " : "EXPLAIN QUERY PLAN ", sql), params);
    if (!rows.ok()) return rows.status();
    for (const sql::Row row : *rows) {
      absl::StrAppend(&plan_, row.View(row.size() - 1), "\n");
    }
    return sql::Result();
  }
  absl::Status DoExecuteScript(absl::string_view) override { return absl::UnimplementedError(""); }
  absl::StatusOr<int64_t> DoBulkInsert(absl::string_view, absl::Span<const absl::string_view>,
                                       absl::Span<const sql::Value>, sql::OnConflict) override {
    return absl::UnimplementedError("");
  }
  absl::Status DoBegin(sql::Isolation) override { return absl::OkStatus(); }
  absl::Status DoCommit() override { return absl::OkStatus(); }
  void DoRollback() override {}

  sql::Connection& connection_;
  std::string plan_;
};

class PlanTest : public IndexerTest {
 protected:
  std::string PlanOf(const RowQuery& query) {
    Parts parts(url_);
    const auto connection = parts.databases.index()->Dedicated();
    EXPECT_TRUE(connection.ok()) << connection.status();
    if (GetParam() == "postgres") {
      // Of few rows it would read all, whatever index there is.
      EXPECT_TRUE((*connection)->Execute("SET enable_seqscan = off").ok());
    }
    Explainer explainer(connection->get());
    const RowKey after = {1'700'000'000'000'000, 1, 5};
    const auto rows = IndexStore::Rows(explainer, query, 0, after, 50);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return explainer.plan();
  }
};
WM_ON_EVERY_DATABASE(PlanTest);

TEST_P(PlanTest, NoListScansATableOrSortsIt) {
  IngestAndStop();
  for (const bool ascending : {true, false}) {
    const RowQuery all = {.tenant = "demo", .to = 1'800'000'000'000'000, .ascending = ascending};
    RowQuery of_customer = all;
    of_customer.customer = 7;
    RowQuery filtered = all;
    filtered.conditions = " AND source = $10";
    filtered.condition_params = {sql::Value("web")};
    if (GetParam() == "sqlite") {
      const std::string bucket = "SEARCH r USING PRIMARY KEY (tenant=? AND bucket=? AND ";
      const std::string times = "event_time>? AND event_time<?)";
      for (const std::string& plan : {PlanOf(all), PlanOf(filtered)}) {
        EXPECT_THAT(plan, AllOf(HasSubstr(bucket + times), Not(HasSubstr("TEMP B-TREE"))));
      }
      EXPECT_THAT(PlanOf(of_customer), AllOf(HasSubstr(bucket + "customer=? AND " + times),
                                             Not(HasSubstr("TEMP B-TREE"))));
    } else {
      const auto in_order = AllOf(Not(HasSubstr("Seq Scan")), Not(HasSubstr("Sort")));
      EXPECT_THAT(PlanOf(all), AllOf(HasSubstr("index_signals_pkey"), in_order));
      EXPECT_THAT(PlanOf(filtered), AllOf(HasSubstr("index_signals_pkey"), in_order));
      EXPECT_THAT(PlanOf(of_customer), AllOf(HasSubstr("index_customers_pkey"), in_order));
    }
  }
}

}  // namespace
}  // namespace waymark::feedback
