// Erasing customers: what goes, what stays, and what becomes of what is sent again.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "services/feedback/test_erasures.h"

namespace waymark::feedback {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using Stub = v1::CustomerErasureService::StubInterface;

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
