// Erasing customers: what goes, what stays, and what becomes of what is sent again.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "services/feedback/databases.h"
#include "services/feedback/eraser.h"
#include "services/feedback/index_erasure_store.h"
#include "services/feedback/ingestor.h"
#include "services/feedback/outcomes.h"
#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using Stub = v1::CustomerErasureService::StubInterface;

constexpr auto kRecorded = v1::INGEST_OUTCOME_RECORDED;
constexpr auto kDuplicate = v1::INGEST_OUTCOME_DUPLICATE;
constexpr auto kUpdated = v1::INGEST_OUTCOME_UPDATED;
constexpr auto kConflict = v1::INGEST_OUTCOME_CONFLICT;
constexpr auto kErased = v1::INGEST_OUTCOME_ERASED;

// An id and words that nothing else holds.
constexpr char kAlice[] = "alice-4711-liddell";
constexpr char kWord[] = "jabberwocky";

v1::Signal By(v1::Signal signal, const std::string& customer) {
  signal.set_customer(customer);
  return signal;
}

v1::Signal Deleted(const std::string& external_id, int64_t revision, const std::string& customer) {
  v1::Signal signal = Visit(external_id, revision, "visit", customer);
  signal.clear_interaction();
  signal.set_deleted(true);
  return signal;
}

absl::StatusOr<v1::CustomerErasure> TryErase(TestService& service, const std::string& customer,
                                             const std::string& request_id = "") {
  v1::CreateCustomerErasureRequest request;
  request.set_parent("tenants/demo");
  request.set_customer(customer);
  request.set_request_id(request_id);
  auto erasure = rpc::ClientCall(service.erasures(), &Stub::CreateCustomerErasure, request,
                                 {.tenant = "demo"});
  if (erasure.ok()) service.Await("demo", erasure->position());
  return erasure;
}

absl::StatusOr<v1::CustomerErasure> GetErasure(TestService& service, const std::string& name) {
  v1::GetCustomerErasureRequest request;
  request.set_name(name);
  return rpc::ClientCall(service.erasures(), &Stub::GetCustomerErasure, request,
                         {.tenant = "demo"});
}

v1::CustomerErasure AwaitDone(TestService& service, const std::string& name) {
  for (const absl::Time end = absl::Now() + absl::Seconds(60); absl::Now() < end;) {
    const auto erasure = GetErasure(service, name);
    EXPECT_TRUE(erasure.ok()) << erasure.status();
    if (!erasure.ok() || erasure->state() == v1::CustomerErasure::STATE_DONE) {
      return erasure.ok() ? *erasure : v1::CustomerErasure();
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  ADD_FAILURE() << name << " is not done";
  return {};
}

/// Erases the customer and waits until that is done.
v1::CustomerErasure Erase(TestService& service, const std::string& customer) {
  const auto erasure = TryErase(service, customer);
  EXPECT_TRUE(erasure.ok()) << erasure.status();
  return erasure.ok() ? AwaitDone(service, erasure->name()) : v1::CustomerErasure();
}

std::vector<v1::CustomerErasure> AllErasures(TestService& service) {
  v1::ListCustomerErasuresRequest request;
  request.set_parent("tenants/demo");
  request.set_page_size(500);
  const auto page =
      rpc::ClientCall(service.erasures(), &Stub::ListCustomerErasures, request, {.tenant = "demo"});
  EXPECT_TRUE(page.ok()) << page.status();
  if (!page.ok()) return {};
  return {page->customer_erasures().begin(), page->customer_erasures().end()};
}

void AwaitAllDone(TestService& service) {
  for (const v1::CustomerErasure& one : AllErasures(service)) AwaitDone(service, one.name());
}

/// Names of the erasures that were accepted with the one called `name`.
std::vector<std::string> AcceptedWith(TestService& service, const std::string& name) {
  std::vector<std::string> names;
  for (const v1::CustomerErasure& one : AllErasures(service)) {
    if (one.accepted_with() == name) names.push_back(one.name());
  }
  return names;
}

using Customers = v1::CustomerService::StubInterface;

/// Returns the link's name.
std::string Link(TestService& service, const std::string& one, const std::string& other) {
  v1::CreateCustomerLinkRequest request;
  request.set_parent("tenants/demo");
  request.mutable_customer_link()->set_customer(one);
  request.mutable_customer_link()->set_linked_customer(other);
  const auto link = rpc::ClientCall(service.customers(), &Customers::CreateCustomerLink, request,
                                    {.tenant = "demo"});
  EXPECT_TRUE(link.ok()) << link.status();
  return link.ok() ? link->name() : "";
}

void Unlink(TestService& service, const std::string& name) {
  v1::DeleteCustomerLinkRequest request;
  request.set_name(name);
  const auto answer = rpc::ClientCall(service.customers(), &Customers::DeleteCustomerLink, request,
                                      {.tenant = "demo"});
  EXPECT_TRUE(answer.ok()) << answer.status();
}

std::vector<std::string> LinkedPairs(TestService& service) {
  v1::ListCustomerLinksRequest request;
  request.set_parent("tenants/demo");
  const auto page = rpc::ClientCall(service.customers(), &Customers::ListCustomerLinks, request,
                                    {.tenant = "demo"});
  EXPECT_TRUE(page.ok()) << page.status();
  std::vector<std::string> pairs;
  for (const v1::CustomerLink& link : page->customer_links()) {
    pairs.push_back(absl::StrCat(link.customer(), "-", link.linked_customer()));
  }
  return pairs;
}

absl::Status GetSignal(TestService& service, const std::string& source,
                       const std::string& external_id) {
  v1::GetSignalRequest request;
  request.set_parent("tenants/demo");
  request.set_source(source);
  request.set_external_id(external_id);
  return rpc::ClientCall(service.signals(), &v1::SignalService::StubInterface::GetSignal, request,
                         {.tenant = "demo"})
      .status();
}

std::vector<std::string> Listed(TestService& service, const std::string& search = "") {
  v1::ListSignalsRequest request;
  request.set_search(search);
  std::vector<std::string> ids;
  for (const v1::StoredSignal& one : service.List(request)) {
    ids.push_back(one.signal().external_id());
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<v1::QuarantinedSignal> Quarantined(TestService& service) {
  v1::ListQuarantinedSignalsRequest request;
  request.set_parent("tenants/demo");
  const auto page = rpc::ClientCall(service.quarantine(),
                                    &v1::QuarantineService::StubInterface::ListQuarantinedSignals,
                                    request, {.tenant = "demo"});
  EXPECT_TRUE(page.ok()) << page.status();
  if (!page.ok()) return {};
  return {page->quarantined_signals().begin(), page->quarantined_signals().end()};
}

v1::IngestCounts CountsOf(TestService& service, const std::string& source) {
  v1::GetSourceRequest request;
  request.set_name("tenants/demo/sources/" + source);
  const auto found = rpc::ClientCall(
      service.sources(), &v1::SourceService::StubInterface::GetSource, request, {.tenant = "demo"});
  EXPECT_TRUE(found.ok()) << found.status();
  return found.ok() ? found->counts() : v1::IngestCounts();
}

bool Names(const std::vector<v1::Change>& changes, const std::string& text) {
  return std::any_of(changes.begin(), changes.end(), [&](const v1::Change& change) {
    return absl::StrContains(change.SerializeAsString(), text);
  });
}

std::vector<v1::Change::Kind> KindsOf(const std::vector<v1::Change>& changes) {
  std::vector<v1::Change::Kind> kinds;
  for (const v1::Change& change : changes) kinds.push_back(change.kind());
  return kinds;
}

/// What a consumer holds of a feed: for each key the signal that counts.
class Consumer {
 public:
  void Apply(const std::vector<v1::Change>& changes) {
    for (const v1::Change& change : changes) {
      if (change.kind() == v1::Change::KIND_ERASED) {
        std::erase_if(signals_, [&](const auto& one) {
          return one.second.customer_hash() == change.customer_hash();
        });
        continue;
      }
      signals_[change.signal().source() + "/" + change.signal().external_id()] = change;
    }
  }

  std::vector<std::string> Counting() const {
    std::vector<std::string> ids;
    for (const auto& [key, change] : signals_) {
      if (!change.signal().deleted()) ids.push_back(change.signal().external_id());
    }
    return ids;
  }

 private:
  std::map<std::string, v1::Change> signals_;
};

class ErasureTest : public OnEveryDatabase {
 protected:
  /// Signals of every sort of two customers; those of Alice begin with "a".
  void IngestAll() {
    service_->Ingest({Visit("a1", 0, "visit", kAlice), Visit("b1", 0, "visit", "bob"),
                      By(Survey("a2", 3, std::string("What a ") + kWord), kAlice),
                      By(Survey("b2", 9, "Lovely wifi"), "bob"), Visit("a3", 0, "visit", kAlice)});
    service_->Ingest({Visit("a3", 1, "return", kAlice), Visit("a4", 0, "visit", kAlice)});
    service_->Ingest({Deleted("a4", 1, kAlice)});
    v1::Signal invalid = By(Survey("a5", 99), kAlice);
    v1::Signal conflict = By(Survey("b2", 1), kAlice);
    service_->Ingest({invalid, By(Survey("b5", 99), "bob"), conflict});
    EXPECT_THAT(Quarantined(*service_), SizeIs(3));
  }
};

TEST_P(ErasureTest, RemovesEverythingOfTheCustomerAndNothingElse) {
  IngestAll();
  const v1::CustomerErasure erasure = Erase(*service_, kAlice);
  EXPECT_EQ(erasure.removed_entries(), 6);  // a1 a2 a3 a3/1 a4 a4/1
  EXPECT_EQ(erasure.removed_quarantined_signals(), 2);
  EXPECT_TRUE(erasure.has_done_time());
  for (const char* id : {"a1", "a3", "a4"}) {
    EXPECT_TRUE(absl::IsNotFound(GetSignal(*service_, "web", id))) << id;
  }
  EXPECT_TRUE(absl::IsNotFound(GetSignal(*service_, "survey", "a2")));
  EXPECT_THAT(Listed(*service_), ElementsAre("b1", "b2"));
  EXPECT_THAT(Listed(*service_, kWord), IsEmpty());
  EXPECT_THAT(Listed(*service_, "lovely"), ElementsAre("b2"));
  const auto kept = Quarantined(*service_);
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_EQ(kept[0].signal().external_id(), "b5");
  const std::vector<v1::Change> changes = service_->PullAll();
  EXPECT_THAT(KindsOf(changes), ElementsAre(v1::Change::KIND_RECORDED, v1::Change::KIND_RECORDED,
                                            v1::Change::KIND_ERASED));
  EXPECT_FALSE(Names(changes, kAlice));
}

TEST_P(ErasureTest, WhatIsSentAgainIsErasedAtAnyRevisionAndAfterARestart) {
  IngestAll();
  Erase(*service_, kAlice);
  const auto send_again = [&](int64_t erased) {
    const v1::IngestResponse again =
        service_->Ingest({Visit("a1", 0, "visit", kAlice), Visit("a1", 99, "visit", "bob"),
                          Visit("a3", 0, "visit", kAlice), Visit("a4", 0, "visit", kAlice),
                          Deleted("a1", 7, kAlice), Visit("b1", 0, "visit", "bob")});
    EXPECT_THAT(again.outcomes(),
                ElementsAre(kErased, kErased, kErased, kErased, kErased, kDuplicate));
    // Mended or not, what was in quarantine is not taken in; nor does what is invalid go there.
    v1::Signal invalid = Visit("a1", 8, "visit", "bob");
    invalid.clear_event_time();
    EXPECT_EQ(service_->IngestOne(invalid), kErased);
    EXPECT_EQ(service_->IngestOne(By(Survey("a5", 9), kAlice)), kErased);
    EXPECT_EQ(service_->IngestOne(By(Survey("a5", 99), kAlice)), kErased);
    EXPECT_EQ(service_->IngestOne(By(Survey("b2", 2), "bob")), kConflict);
    EXPECT_EQ(CountsOf(*service_, "web").erased(), erased);
    EXPECT_FALSE(Names(service_->PullAll(), kAlice));
    for (const auto& one : Quarantined(*service_)) {
      EXPECT_NE(one.signal().customer(), kAlice);
      EXPECT_NE(one.signal().external_id(), "a1");
    }
  };
  send_again(6);
  Restart();
  send_again(12);
  EXPECT_THAT(Listed(*service_), ElementsAre("b1", "b2"));
  // Another signal of the same customer is another signal.
  EXPECT_EQ(service_->IngestOne(Visit("a9", 0, "visit", kAlice)), kRecorded);
  EXPECT_THAT(Listed(*service_), ElementsAre("a9", "b1", "b2"));
}

TEST_P(ErasureTest, KeysThatWereAnothersBeforeStopCountingForWhoeverStartsAnew) {
  v1::Signal partial = By(Survey("k2", 5, "", 3, v1::SurveyResponse::COMPLETION_PARTIAL), "bob");
  service_->Ingest({Visit("k1", 0, "visit", "bob"), partial, Visit("k3", 0, "visit", kAlice)});
  partial.set_customer(kAlice);
  partial.set_revision(4);
  service_->Ingest({Visit("k1", 1, "visit", kAlice), partial, Visit("k3", 1, "visit", "bob")});
  service_->Ingest({Visit("k1", 2, "return", kAlice)});
  Consumer follows;
  follows.Apply(service_->PullAll());
  const std::string cursor = service_->end();
  Erase(*service_, kAlice);
  follows.Apply(service_->PullAll(cursor));
  Consumer starts_anew;
  const std::vector<v1::Change> changes = service_->PullAll();
  starts_anew.Apply(changes);
  EXPECT_THAT(follows.Counting(), ElementsAre("k3"));
  EXPECT_THAT(starts_anew.Counting(), ElementsAre("k3"));
  EXPECT_FALSE(Names(changes, kAlice));
  EXPECT_THAT(Listed(*service_), ElementsAre("k3"));
  EXPECT_EQ(service_->IngestOne(Visit("k1", 9, "visit", "bob")), kErased);
  EXPECT_EQ(service_->IngestOne(Visit("k3", 2, "return", "bob")), kUpdated);
  // A survey that is not finished leaves one that is not: a finished one would beat it.
  const auto tombstone = std::find_if(changes.begin(), changes.end(), [](const auto& change) {
    return change.kind() == v1::Change::KIND_DELETED && change.signal().external_id() == "k2";
  });
  ASSERT_NE(tombstone, changes.end());
  EXPECT_EQ(tombstone->signal().revision(), 4);
  EXPECT_EQ(tombstone->signal().survey_response().completion(),
            v1::SurveyResponse::COMPLETION_PARTIAL);
  // And when the other one goes too, nothing is left to tell of.
  Erase(*service_, "bob");
  EXPECT_THAT(KindsOf(service_->PullAll()), Each(v1::Change::KIND_ERASED));
  EXPECT_EQ(service_->IngestOne(Visit("k3", 9, "visit", "carol")), kErased);
}

TEST_P(ErasureTest, AConsumerThatWasBehindDropsTheCustomerWhateverItHadSeen) {
  std::vector<v1::Signal> signals;
  for (int i = 0; i < 30; ++i) {
    signals.push_back(Visit(absl::StrCat("s", i), 0, "visit", i % 3 == 0 ? kAlice : "bob"));
  }
  service_->Ingest(signals);
  service_->PullAll();  // so that the pages below are not empty
  std::vector<Consumer> consumers(4);
  std::vector<std::string> cursors;
  for (int i = 0; i < 4; ++i) {
    const v1::PullFeedResponse page = service_->Pull("", 1 + 9 * i);
    consumers[i].Apply({page.changes().begin(), page.changes().end()});
    cursors.push_back(page.next_cursor());
  }
  Erase(*service_, kAlice);
  for (int i = 0; i < 4; ++i) {
    consumers[i].Apply(service_->PullAll(cursors[i]));
    EXPECT_THAT(consumers[i].Counting(), SizeIs(20));
  }
  for (int shard = 0; shard < 3; ++shard) {
    EXPECT_THAT(KindsOf(service_->PullAll("", 1000, shard, 3)), Contains(v1::Change::KIND_ERASED));
  }
}

TEST_P(ErasureTest, ARequestSentAgainIsTheSameErasure) {
  service_->Ingest({Visit("a1", 0, "visit", kAlice)});
  const auto first = TryErase(*service_, kAlice, "r1");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(TryErase(*service_, kAlice, "r1")->name(), first->name());
  AwaitDone(*service_, first->name());
  EXPECT_EQ(TryErase(*service_, kAlice, "r1")->name(), first->name());
  EXPECT_NE(TryErase(*service_, kAlice, "r2")->name(), first->name());
  EXPECT_NE(TryErase(*service_, kAlice)->name(), TryErase(*service_, kAlice)->name());
  const auto other = TryErase(*service_, "bob", "r1");
  EXPECT_EQ(other.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetails(other.status())->reason, "INVALID_FIELD");
  EXPECT_EQ(TryErase(*service_, "").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      GetErrorDetails(GetErasure(*service_, "tenants/demo/customerErasures/x").status())->reason,
      "CUSTOMER_ERASURE_NOT_FOUND");
}

TEST_P(ErasureTest, TakesEveryIdThatIsLinkedAndWhateverNamesThem) {
  const std::string app = absl::StrCat(kAlice, "-app");
  IngestAll();
  service_->Ingest({Visit("app1", 0, "visit", app)});
  Unlink(*service_, Link(*service_, "bob", kAlice));
  Link(*service_, app, kAlice);
  Link(*service_, "bob", "bobby");
  const auto erasure = TryErase(*service_, kAlice);
  ASSERT_TRUE(erasure.ok()) << erasure.status();
  EXPECT_THAT(LinkedPairs(*service_), ElementsAre("bob-bobby"));
  AwaitAllDone(*service_);
  EXPECT_THAT(AcceptedWith(*service_, erasure->name()), SizeIs(1));
  EXPECT_THAT(Listed(*service_), ElementsAre("b1", "b2"));
  std::vector<std::string> linked;
  for (const v1::Change& change : service_->PullAll()) {
    if (change.has_customer_link()) linked.push_back(change.customer_link().linked_customer());
    EXPECT_FALSE(absl::StrContains(change.SerializeAsString(), kAlice));
  }
  EXPECT_THAT(linked, ElementsAre("bobby"));
}

TEST_P(ErasureTest, AreListedPageByPageNewestFirstWithoutTheCustomer) {
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) {
    names.push_back(TryErase(*service_, absl::StrCat(kAlice, i))->name());
    service_->clock().Advance(absl::Seconds(1));
  }
  std::reverse(names.begin(), names.end());
  v1::ListCustomerErasuresRequest request;
  request.set_parent("tenants/demo");
  request.set_page_size(2);
  std::vector<std::string> listed;
  do {
    const auto page = rpc::ClientCall(service_->erasures(), &Stub::ListCustomerErasures, request,
                                      {.tenant = "demo"});
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->customer_erasures_size(), 2);
    EXPECT_FALSE(absl::StrContains(page->SerializeAsString(), kAlice));
    for (const auto& one : page->customer_erasures()) listed.push_back(one.name());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, names);
}

TEST_P(ErasureTest, OfOneTenantLeavesAnotherTenantsCustomerOfThatIdAlone) {
  service_->Ingest({Visit("a1", 0, "visit", kAlice)});
  service_->Ingest({Visit("a1", 0, "visit", kAlice)}, "other");
  Erase(*service_, kAlice);
  EXPECT_EQ(service_->Ingest({Visit("a1", 0, "visit", kAlice)}, "other").outcomes(0), kDuplicate);
  EXPECT_TRUE(Names(service_->PullAll("", 1000, 0, 1, "other"), kAlice));
}

TEST_P(ErasureTest, NewPlacementsOfRemovedSignalsAreNotToldOf) {
  service_->Ingest({Visit("a1", 0, "visit", kAlice), Visit("b1", 0, "visit", "bob")});
  v1::UpdateTouchpointCatalogueRequest request;
  v1::TouchpointCatalogue* catalogue = request.mutable_touchpoint_catalogue();
  catalogue->set_name("tenants/demo/touchpointCatalogue");
  catalogue->set_revision(1);
  v1::PlacementRule* rule = catalogue->add_rules();
  rule->set_touchpoint("desk");
  rule->set_activity("visit");
  ASSERT_TRUE(rpc::ClientCall(service_->stub(),
                              &v1::FeedbackService::StubInterface::UpdateTouchpointCatalogue,
                              request, {.tenant = "demo"})
                  .ok());
  const absl::Time end = absl::Now() + absl::Seconds(30);
  while (service_->PullAll().size() < 4 && absl::Now() < end) absl::SleepFor(absl::Milliseconds(5));
  Erase(*service_, kAlice);
  EXPECT_THAT(
      KindsOf(service_->PullAll()),
      ElementsAre(v1::Change::KIND_RECORDED, v1::Change::KIND_REENRICHED, v1::Change::KIND_ERASED));
}

WM_ON_EVERY_DATABASE(ErasureTest);

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
    reader_ = std::make_unique<SignalReader>(store_.get(), index_.get(), catalogues_.get(),
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

TEST(ErasureOnSqlite, LeavesNoByteOfTheCustomerInAnyFile) {
  const std::string url = testing::FreshDatabaseUrl("sqlite");
  const std::filesystem::path folder =
      std::filesystem::path(std::string(absl::StripPrefix(url, "sqlite:"))).parent_path();
  const auto found = [&](const std::string& text) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      std::stringstream bytes;
      bytes << in.rdbuf();
      if (absl::StrContains(bytes.str(), text)) files.push_back(entry.path().filename());
    }
    return files;
  };
  TestService service(url);
  std::vector<v1::Signal> signals;
  for (int i = 0; i < 3000; ++i) {
    signals.push_back(i % 5 == 0
                          ? By(Survey(absl::StrCat("s", i), 5, absl::StrCat(kWord, i)), kAlice)
                          : By(Survey(absl::StrCat("s", i), 5, absl::StrCat("fine", i)), "bob"));
    if (signals.size() == 500) {
      service.Ingest(signals);
      Listed(service, "fine1");  // so that each part is indexed by itself
      signals.clear();
    }
  }
  service.Ingest({By(Survey("invalid", 99, kWord), kAlice)});
  Unlink(service, Link(service, "bob", kAlice));
  Link(service, kAlice, absl::StrCat(kAlice, "-app"));
  EXPECT_THAT(found(kAlice), Not(IsEmpty()));
  EXPECT_THAT(found(kWord), SizeIs(::testing::Ge(2)));
  Erase(service, kAlice);
  AwaitAllDone(service);
  EXPECT_THAT(found(kAlice), IsEmpty());
  EXPECT_THAT(found(kWord), IsEmpty());
  EXPECT_THAT(Listed(service, "fine2999"), SizeIs(1));
  EXPECT_THAT(Listed(service), SizeIs(2400));
}

}  // namespace
}  // namespace waymark::feedback
