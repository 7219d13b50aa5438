#include <map>

#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

v1::TouchpointCatalogue Catalogue(int64_t revision,
                                  const std::map<std::string, std::string>& by_activity) {
  v1::TouchpointCatalogue catalogue;
  catalogue.set_name("tenants/demo/touchpointCatalogue");
  catalogue.set_revision(revision);
  for (const auto& [activity, touchpoint] : by_activity) {
    v1::PlacementRule* rule = catalogue.add_rules();
    rule->set_activity(activity);
    rule->set_touchpoint(touchpoint);
  }
  return catalogue;
}

/// What a consumer of the feed knows: the touchpoint of each live signal.
class Consumer {
 public:
  void Follow(TestService& service) {
    for (const v1::Change& change : service.PullAll(cursor_)) {
      cursor_ = change.position();
      kinds_.push_back(change.kind());
      const std::string& id = change.signal().external_id();
      if (change.kind() == v1::Change::KIND_DELETED) {
        places_.erase(id);
        continue;
      }
      const auto& placements = change.enrichment().placements();
      places_[id] = placements.empty() ? "" : placements[0].touchpoint();
    }
  }

  const std::map<std::string, std::string>& places() const { return places_; }
  const std::vector<v1::Change::Kind>& kinds() const { return kinds_; }

 private:
  std::string cursor_;
  std::map<std::string, std::string> places_;
  std::vector<v1::Change::Kind> kinds_;
};

class ReplacementTest : public OnEveryDatabase {
 protected:
  absl::StatusOr<v1::TouchpointCatalogue> Update(const v1::TouchpointCatalogue& catalogue) {
    v1::UpdateTouchpointCatalogueRequest request;
    *request.mutable_touchpoint_catalogue() = catalogue;
    return rpc::ClientCall(service_->stub(),
                           &v1::FeedbackService::StubInterface::UpdateTouchpointCatalogue, request,
                           {.tenant = "demo"});
  }

  /// Follows until `places` is what the consumer knows.
  void FollowUntil(Consumer& consumer, const std::map<std::string, std::string>& places) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    do {
      consumer.Follow(*service_);
    } while (consumer.places() != places && absl::Now() < deadline);
    EXPECT_EQ(consumer.places(), places);
  }
};
WM_ON_EVERY_DATABASE(ReplacementTest);

TEST_P(ReplacementTest, PlacesByTheCatalogueOrByWhatTheSignalSays) {
  ASSERT_TRUE(Update(Catalogue(1, {{"pay", "checkout"}})).ok());
  v1::Signal explicit_one = Visit("b", 0, "pay");
  explicit_one.set_touchpoint("kiosk");
  service_->Ingest({Visit("a", 0, "pay"), explicit_one, Visit("c", 0, "look")});
  Consumer consumer;
  FollowUntil(consumer, {{"a", "checkout"}, {"b", "kiosk"}, {"c", ""}});
}

TEST_P(ReplacementTest, MovesWhatWasRecordedAndNothingElse) {
  service_->Ingest({Visit("a", 0, "pay"), Visit("b", 0, "look"), Visit("c", 0, "pay")});
  v1::Signal tombstone = Visit("c", 1);
  tombstone.set_deleted(true);
  service_->Ingest({tombstone, Visit("a", 1, "pay")});
  Consumer consumer;
  consumer.Follow(*service_);
  const size_t before = consumer.kinds().size();
  ASSERT_TRUE(Update(Catalogue(1, {{"pay", "checkout"}})).ok());
  FollowUntil(consumer, {{"a", "checkout"}, {"b", ""}});
  EXPECT_EQ(consumer.kinds().size(), before + 1);
  EXPECT_EQ(consumer.kinds().back(), v1::Change::KIND_REENRICHED);

  ASSERT_TRUE(Update(Catalogue(2, {{"pay", "till"}, {"look", "shelf"}})).ok());
  FollowUntil(consumer, {{"a", "till"}, {"b", "shelf"}});
  Consumer rebuilt;
  rebuilt.Follow(*service_);
  EXPECT_EQ(rebuilt.places(), consumer.places());
}

TEST_P(ReplacementTest, ConvergesWhenCataloguesFollowEachOtherQuickly) {
  std::vector<v1::Signal> signals;
  std::map<std::string, std::string> expected;
  for (int i = 0; i < 200; ++i) {
    signals.push_back(Visit(absl::StrCat(i), 0, absl::StrCat("step", i % 5)));
    expected[absl::StrCat(i)] = i % 5 == 0 ? "last" : "";
  }
  service_->Ingest(signals);
  Consumer consumer;
  for (int revision = 1; revision < 10; ++revision) {
    ASSERT_TRUE(Update(Catalogue(revision, {{absl::StrCat("step", revision % 5), "early"}})).ok());
    consumer.Follow(*service_);
  }
  ASSERT_TRUE(Update(Catalogue(10, {{"step0", "last"}})).ok());
  FollowUntil(consumer, expected);
  Consumer rebuilt;
  rebuilt.Follow(*service_);
  EXPECT_EQ(rebuilt.places(), expected);
}

TEST_P(ReplacementTest, GoesOnAfterARestart) {
  service_->Ingest({Visit("a", 0, "pay")});
  Consumer consumer;
  consumer.Follow(*service_);
  service_ = nullptr;
  {
    auto database = sql::Database::Open(url_);
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_TRUE(
        CatalogueStore(database->get()).Update(Catalogue(1, {{"pay", "checkout"}}), "demo").ok());
  }
  service_ = std::make_unique<TestService>(url_);
  FollowUntil(consumer, {{"a", "checkout"}});
}

TEST_P(ReplacementTest, ARevisionThatIsNotAboveTheKnownChangesNothing) {
  ASSERT_TRUE(Update(Catalogue(5, {{"pay", "checkout"}})).ok());
  for (const int64_t revision : {4, 5}) {
    const auto answer = Update(Catalogue(revision, {{"pay", "elsewhere"}}));
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->revision(), 5);
    EXPECT_EQ(answer->rules(0).touchpoint(), "checkout");
  }
}

TEST_P(ReplacementTest, RefusesARuleWithoutTouchpointOrCondition) {
  v1::TouchpointCatalogue catalogue = Catalogue(1, {});
  catalogue.add_rules()->set_touchpoint("t");
  EXPECT_EQ(Update(catalogue).status().code(), absl::StatusCode::kInvalidArgument);
  catalogue.mutable_rules(0)->clear_touchpoint();
  catalogue.mutable_rules(0)->set_source("web");
  EXPECT_EQ(Update(catalogue).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace waymark::feedback
