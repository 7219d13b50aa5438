// Erasures that are under way, interrupted, or shared by replicas.
#include <atomic>
#include <filesystem>
#include <thread>

#include "absl/time/clock.h"
#include "services/feedback/databases.h"
#include "services/feedback/eraser.h"
#include "services/feedback/index_erasure_store.h"
#include "services/feedback/ingestor.h"
#include "services/feedback/outcomes.h"
#include "services/feedback/test_erasures.h"

namespace waymark::feedback {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

/// The parts of a service whose eraser does nothing but what it is told to.
class PendingErasureTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND(GetParam());
    url_ = testing::FreshDatabaseUrl(GetParam());
    Open();
  }

  void Open() {
    databases_ = *OpenDatabases(url_);
    store_ = *Store::Open(databases_.journal.get());
    index_ = *IndexStore::Open(databases_.index(), *store_);
    writer_ = std::make_unique<Writer>(*JournalStore::Create(store_.get(), Clock::Real()),
                                       &commits_, WriterOptions(), IngestMetrics(&metrics_));
    writer_->Start();
    indexer_ = std::make_unique<Indexer>(store_.get(), index_.get(), &commits_, Clock::Real(),
                                         IndexMetrics(&metrics_));
    erasures_ = std::make_unique<ErasureStore>(databases_.journal.get());
    eraser_ = std::make_unique<Eraser>(store_.get(), erasures_.get(), index_.get(), writer_.get(),
                                       Clock::Real());
    catalogues_ = std::make_unique<CatalogueStore>(databases_.journal.get());
    reader_ = std::make_unique<SignalReader>(store_.get(), index_.get(),
                                             PlacementStores{catalogues_.get(), &corrections_},
                                             writer_.get());
    ingestor_ = std::make_unique<Ingestor>(store_->hash_key(), writer_.get(), IndexLagBound{},
                                           IngestMetrics(&metrics_));
  }

  void Close() {
    eraser_ = nullptr;
    indexer_ = nullptr;
    writer_ = nullptr;
    index_ = nullptr;
    store_ = nullptr;
    databases_ = {};
  }

  std::vector<int> Ingest(const std::vector<v1::Signal>& signals) {
    Ingestor::Signals given(signals.begin(), signals.end());
    const auto batch = ingestor_->Submit("demo", &given);
    EXPECT_TRUE(batch.ok()) << batch.status();
    EXPECT_EQ(ingestor_->Await(**batch, absl::Now() + absl::Seconds(30)), absl::OkStatus());
    google::protobuf::RepeatedField<int> outcomes;
    FillOutcomes(**batch, &outcomes);
    return {outcomes.begin(), outcomes.end()};
  }

  Erasure Accept(const std::string& customer) {
    const auto erasure = eraser_->Accept("demo", customer, "");
    EXPECT_TRUE(erasure.ok()) << erasure.status();
    return *erasure;
  }

  /// Steps until the erasure is at `stage`, or what it waits for does not come.
  void StepTo(const Erasure& erasure, ErasureStage stage) {
    const absl::Time end = absl::Now() + absl::Seconds(30);
    while (absl::Now() < end && (*erasures_->Find("demo", erasure.id))->stage < stage) {
      ASSERT_TRUE(indexer_->CatchUp().ok());
      const auto more = eraser_->Step("demo", erasure.id);
      ASSERT_TRUE(more.ok()) << more.status();
    }
  }

  bool IsThere(const std::string& external_id, const std::string& source = "web") {
    const auto found = reader_->Get("demo", source, external_id);
    EXPECT_TRUE(found.ok()) << found.status();
    return found->has_value();
  }

  std::string url_;
  Databases databases_;
  metrics::Registry metrics_;
  CommitSignal commits_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<IndexStore> index_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Indexer> indexer_;
  std::unique_ptr<ErasureStore> erasures_;
  std::unique_ptr<Eraser> eraser_;
  std::unique_ptr<CatalogueStore> catalogues_;
  CorrectionStore corrections_;
  std::unique_ptr<SignalReader> reader_;
  std::unique_ptr<Ingestor> ingestor_;
};

TEST_P(PendingErasureTest, NothingIsTakenInOrReadAtAnyStage) {
  EXPECT_THAT(Ingest({Visit("a1", 0, "visit", kAlice), Visit("b1", 0, "visit", "bob"),
                      By(Survey("a2", 99), kAlice), By(Survey("b2", 99), "bob")}),
              ElementsAre(kRecorded, kRecorded, v1::INGEST_OUTCOME_QUARANTINED,
                          v1::INGEST_OUTCOME_QUARANTINED));
  const Erasure erasure = Accept(kAlice);
  const QuarantineStore quarantine(databases_.journal.get());
  for (const ErasureStage stage : {ErasureStage::kIndex, ErasureStage::kJournal,
                                   ErasureStage::kQuarantine, ErasureStage::kPurge}) {
    StepTo(erasure, stage);
    SCOPED_TRACE(static_cast<int>(stage));
    // The same again, an older and a newer revision, as another customer's, a new signal, one that
    // was in quarantine, and an invalid one.
    EXPECT_THAT(Ingest({Visit("a1", 0, "visit", kAlice), Visit("a1", 5, "visit", kAlice),
                        Visit("a1", 6, "visit", "bob"), Visit("a3", 0, "visit", kAlice),
                        By(Survey("a2", 9), kAlice), By(Survey("a4", 99), kAlice)}),
                Each(kErased));
    EXPECT_THAT(Ingest({Visit("b1", 0, "visit", "bob"), Visit("b1", 0, "return", "bob")}),
                ElementsAre(kDuplicate, kConflict));
    EXPECT_FALSE(IsThere("a1"));
    EXPECT_TRUE(IsThere("b1"));
    const auto page = quarantine.List("demo", "survey", {}, 100, 1 << 20);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_THAT(page->signals, SizeIs(1));
  }
}

TEST_P(PendingErasureTest, ThatWasInterruptedHalfwayIsFinishedByWhoeverComesNext) {
  // Several blocks, and more of them than a page rewrites.
  constexpr int kSignals = 4000;
  std::vector<v1::Signal> signals;
  for (int i = 0; i < kSignals; ++i) {
    v1::Signal signal = By(Survey(absl::StrCat("s", i), 5, absl::StrCat(kWord, " ", i)),
                           i % 2 == 0 ? kAlice : "bob");
    signal.mutable_survey_response()->mutable_answers(1)->mutable_text()->append(600, 'x');
    signals.push_back(std::move(signal));
  }
  EXPECT_THAT(Ingest(signals), Each(kRecorded));
  ASSERT_TRUE(indexer_->CatchUp().ok());
  const Erasure erasure = Accept(kAlice);
  StepTo(erasure, ErasureStage::kJournal);
  for (int i = 0; i < 100 && (*erasures_->Find("demo", erasure.id))->entries == 0; ++i) {
    ASSERT_TRUE(eraser_->Step("demo", erasure.id).ok());
  }
  const int64_t so_far = (*erasures_->Find("demo", erasure.id))->entries;
  EXPECT_GT(so_far, 0);
  EXPECT_LT(so_far, kSignals / 2);
  Close();
  TestService service(url_);
  const v1::CustomerErasure done =
      AwaitDone(service, absl::StrCat("tenants/demo/customerErasures/", erasure.id));
  EXPECT_EQ(done.removed_entries(), kSignals / 2);
  service.Await("demo", done.position());
  const std::vector<v1::Change> changes = service.PullAll();
  EXPECT_THAT(changes, SizeIs(kSignals / 2 + 1));
  EXPECT_FALSE(Names(changes, kAlice));
  const v1::IngestResponse again = service.Ingest(signals);
  for (int i = 0; i < kSignals; ++i) {
    ASSERT_EQ(again.outcomes(i), i % 2 == 0 ? kErased : kDuplicate) << i;
  }
  EXPECT_THAT(Listed(service, kWord), SizeIs(kSignals / 2));
}

TEST_P(PendingErasureTest, AnIndexThatIsMadeAnewMeanwhileHoldsNothingOfTheCustomer) {
  if (GetParam() != "sqlite") GTEST_SKIP() << "the index is in the journal's database";
  Ingest({By(Survey("a1", 3, kWord), kAlice), By(Survey("b1", 3, kWord), "bob")});
  ASSERT_TRUE(indexer_->CatchUp().ok());
  const Erasure erasure = Accept(kAlice);
  StepTo(erasure, ErasureStage::kJournal);
  const std::string file = databases_.index_file->name().substr(sizeof("sqlite:") - 1);
  Close();
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(file + end);
  Open();
  ASSERT_TRUE(indexer_->CatchUp().ok());
  const auto rows = [&](const std::string& customer) {
    size_t found = 0;
    EXPECT_TRUE(index_->database()
                    .RunRead([&](sql::Connection& connection) {
                      const auto result = RowsOfCustomer(
                          connection, "demo", IndexHash(store_->hash_key(), customer), 10);
                      if (result.ok()) found = result->size();
                      return result.status();
                    })
                    .ok());
    return found;
  };
  EXPECT_EQ(rows(kAlice), 0u);
  EXPECT_EQ(rows("bob"), 1u);
}

INSTANTIATE_TEST_SUITE_P(Databases, PendingErasureTest,
                         ::testing::ValuesIn(::waymark::testing::Backends()),
                         [](const auto& info) { return info.param; });

TEST(ErasureOnPostgres, TwoReplicasDoEachPageOnce) {
  WM_REQUIRE_BACKEND("postgres");
  const std::string url = testing::FreshDatabaseUrl("postgres");
  TestService first(url);
  TestService second(url);
  constexpr int kCustomers = 6;
  constexpr int kEach = 300;
  std::vector<v1::Signal> signals;
  for (int i = 0; i < kCustomers * kEach; ++i) {
    signals.push_back(By(Survey(absl::StrCat("s", i), 5, std::string(400, 'x')),
                         absl::StrCat(kAlice, i % kCustomers)));
  }
  first.Ingest(signals);
  // While both go on taking the same in again, nothing of the erased may slip through.
  std::atomic<bool> stop = false;
  const auto send = [&](TestService& service) {
    while (!stop) {
      const v1::IngestResponse response = service.Ingest(signals);
      for (const int outcome : response.outcomes()) {
        ASSERT_TRUE(outcome == kErased || outcome == kDuplicate) << outcome;
      }
    }
  };
  std::thread one([&] { send(first); });
  std::thread two([&] { send(second); });
  std::vector<std::string> names;
  for (int i = 0; i + 1 < kCustomers; ++i) {
    const auto erasure = TryErase(i % 2 == 0 ? first : second, absl::StrCat(kAlice, i));
    ASSERT_TRUE(erasure.ok()) << erasure.status();
    names.push_back(erasure->name());
  }
  for (const std::string& name : names) {
    EXPECT_EQ(AwaitDone(first, name).removed_entries(), kEach);
  }
  stop = true;
  one.join();
  two.join();
  EXPECT_THAT(Listed(second), SizeIs(kEach));
}

}  // namespace
}  // namespace waymark::feedback
