#include "services/journey/models.h"

#include <atomic>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/error.h"
#include "libs/testing/databases.h"

namespace waymark::journey {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kDesk[] = "tenants/demo/touchpoints/desk";
constexpr char kAnn[] = "tenants/demo/personas/ann";
constexpr char kMap[] = "tenants/demo/journeyMaps/onboarding";

/// Feedback as far as catalogues go.
class FakeFeedback : public Feedback {
 public:
  absl::StatusOr<feedback::v1::PullFeedResponse> Pull(
      const feedback::v1::PullFeedRequest&) override {
    return feedback::v1::PullFeedResponse();
  }

  absl::StatusOr<feedback::v1::TouchpointCatalogue> PushCatalogue(
      const feedback::v1::TouchpointCatalogue& catalogue, absl::Duration) override {
    absl::MutexLock lock(&mutex_);
    ++pushes_;
    if (down_) return absl::UnavailableError("down");
    if (catalogue.revision() > known_.revision()) known_ = catalogue;
    return known_;
  }

  void SetDown(bool down) {
    absl::MutexLock lock(&mutex_);
    down_ = down;
  }
  void SetKnownRevision(int64_t revision) {
    absl::MutexLock lock(&mutex_);
    known_.set_revision(revision);
  }
  feedback::v1::TouchpointCatalogue known() {
    absl::MutexLock lock(&mutex_);
    return known_;
  }
  int pushes() {
    absl::MutexLock lock(&mutex_);
    return pushes_;
  }
  /// Waits until the known catalogue has `rules` rules.
  bool AwaitRules(int rules) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [&] {
      mutex_.AssertReaderHeld();
      return known_.rules_size() == rules;
    };
    return mutex_.AwaitWithTimeout(absl::Condition(&reached), absl::Seconds(20));
  }

 private:
  absl::Mutex mutex_;
  bool down_ ABSL_GUARDED_BY(mutex_) = false;
  int pushes_ ABSL_GUARDED_BY(mutex_) = 0;
  feedback::v1::TouchpointCatalogue known_ ABSL_GUARDED_BY(mutex_);
};

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{}).reason;
}

class ModelsTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND(GetParam());
    auto store = Store::Open(testing::FreshDatabaseUrl(GetParam()));
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    outbox_ = std::make_unique<CatalogueOutbox>(
        store_.get(), &feedback_,
        CatalogueOutboxOptions{.interval = absl::Milliseconds(20),
                               .first_backoff = absl::Milliseconds(1)});
    models_ = std::make_unique<Models>(store_.get(), outbox_.get(), &clock_);
  }

  absl::StatusOr<v1::Touchpoint> UpdateDesk(const v1::Touchpoint& change,
                                            std::vector<std::string> mask = {},
                                            bool allow_missing = true) {
    v1::UpdateTouchpointRequest request;
    *request.mutable_touchpoint() = change;
    if (change.name().empty()) request.mutable_touchpoint()->set_name(kDesk);
    for (const std::string& path : mask) request.mutable_update_mask()->add_paths(path);
    request.set_allow_missing(allow_missing);
    clock_.Advance(absl::Seconds(1));
    return models_->UpdateTouchpoint("demo", request);
  }

  /// A touchpoint with `rules` rules.
  v1::Touchpoint MakeDesk(int rules = 1) {
    v1::Touchpoint desk;
    desk.set_display_name("Check-in desk");
    desk.set_channel("airport");
    for (int i = 0; i < rules; ++i) desk.add_rules()->set_activity("check-in-" + std::to_string(i));
    return desk;
  }

  absl::StatusOr<v1::JourneyMap> UpdateMap(const v1::JourneyMap& map) {
    v1::UpdateJourneyMapRequest request;
    *request.mutable_journey_map() = map;
    request.set_allow_missing(true);
    clock_.Advance(absl::Seconds(1));
    return models_->UpdateJourneyMap("demo", request);
  }

  v1::JourneyMap MakeMap() {
    v1::JourneyMap map;
    map.set_name(kMap);
    v1::Stage& stage = *map.add_stages();
    stage.set_id("arrival");
    v1::Step& step = *stage.add_steps();
    step.set_id("check-in");
    step.set_touchpoint("desk");
    return map;
  }

  absl::StatusOr<v1::Persona> PutAnn() {
    v1::UpdatePersonaRequest request;
    request.mutable_persona()->set_name(kAnn);
    request.mutable_persona()->set_display_name("Ann");
    request.set_allow_missing(true);
    return models_->UpdatePersona(request);
  }

  FakeClock clock_;
  FakeFeedback feedback_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<CatalogueOutbox> outbox_;
  std::unique_ptr<Models> models_;
};

TEST_P(ModelsTest, UpdateMakesWhatIsMissingOnlyWhenAllowed) {
  const absl::Status missing = UpdateDesk(MakeDesk(), {}, false).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(missing), "TOUCHPOINT_NOT_FOUND");
  EXPECT_THAT(missing.message(), HasSubstr(kDesk));
  const auto made = UpdateDesk(MakeDesk());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->name(), kDesk);
  EXPECT_EQ(made->create_time().seconds(), made->update_time().seconds());
  EXPECT_EQ(models_->Get<v1::Touchpoint>(kDesk)->SerializeAsString(), made->SerializeAsString());
}

TEST_P(ModelsTest, UpdateChangesMaskedFieldsOnly) {
  const auto made = UpdateDesk(MakeDesk());
  v1::Touchpoint change;
  change.set_channel("kiosk");
  const auto updated = UpdateDesk(change, {"channel", "create_time", "etag"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->channel(), "kiosk");
  EXPECT_EQ(updated->display_name(), "Check-in desk");
  EXPECT_EQ(updated->rules_size(), 1);
  EXPECT_EQ(updated->create_time().seconds(), made->create_time().seconds());
  EXPECT_GT(updated->update_time().seconds(), made->update_time().seconds());
  EXPECT_NE(updated->etag(), made->etag());

  const auto cleared = UpdateDesk(change, {"display_name", "rules"});
  EXPECT_EQ(cleared->display_name(), "");
  EXPECT_EQ(cleared->rules_size(), 0);
  EXPECT_EQ(cleared->channel(), "kiosk");
}

TEST_P(ModelsTest, UpdateWithoutMaskReplacesAll) {
  ASSERT_TRUE(UpdateDesk(MakeDesk()).ok());
  v1::Touchpoint change;
  change.set_channel("kiosk");
  const auto updated = UpdateDesk(change);
  EXPECT_EQ(updated->display_name(), "");
  EXPECT_EQ(updated->channel(), "kiosk");
}

TEST_P(ModelsTest, AStaleEtagIsRefused) {
  const auto made = UpdateDesk(MakeDesk());
  v1::Touchpoint change = *made;
  change.set_channel("kiosk");
  ASSERT_TRUE(UpdateDesk(change).ok());
  change.set_channel("phone");
  const absl::Status status = UpdateDesk(change).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(status), "ETAG_MISMATCH");
  EXPECT_EQ(models_->Get<v1::Touchpoint>(kDesk)->channel(), "kiosk");
}

TEST_P(ModelsTest, WhatBecomesInvalidIsRefusedAndNotStored) {
  v1::Touchpoint bad = MakeDesk();
  bad.add_rules();
  const absl::Status status = UpdateDesk(bad).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_THAT(status.message(), HasSubstr("rules[1]"));
  EXPECT_FALSE(models_->Get<v1::Touchpoint>(kDesk).ok());
}

TEST_P(ModelsTest, MapsKeepRevisionsAndAnUpdateWithoutChangeMakesNone) {
  ASSERT_TRUE(UpdateDesk(MakeDesk()).ok());
  v1::JourneyMap map = MakeMap();
  const auto first = UpdateMap(map);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->revision(), 1);
  EXPECT_EQ(first->kind(), v1::JourneyMap::KIND_AS_IS);
  EXPECT_EQ(UpdateMap(map)->SerializeAsString(), first->SerializeAsString());
  map.set_purpose("see where customers wait");
  EXPECT_EQ(UpdateMap(map)->revision(), 2);

  v1::GetJourneyMapRequest request;
  request.set_name(kMap);
  EXPECT_EQ(models_->GetJourneyMap(request)->purpose(), "see where customers wait");
  request.set_revision(1);
  EXPECT_EQ(models_->GetJourneyMap(request)->SerializeAsString(), first->SerializeAsString());
  request.set_revision(3);
  const absl::Status status = models_->GetJourneyMap(request).status();
  EXPECT_EQ(ReasonOf(status), "JOURNEY_MAP_NOT_FOUND");
  EXPECT_THAT(status.message(), HasSubstr("1 to 2"));
}

TEST_P(ModelsTest, AMapNeedsItsTouchpointsAndItsPersona) {
  EXPECT_EQ(ReasonOf(UpdateMap(MakeMap()).status()), "TOUCHPOINT_NOT_FOUND");
  ASSERT_TRUE(UpdateDesk(MakeDesk()).ok());
  v1::JourneyMap map = MakeMap();
  map.set_persona(kAnn);
  EXPECT_EQ(ReasonOf(UpdateMap(map).status()), "PERSONA_NOT_FOUND");
  ASSERT_TRUE(PutAnn().ok());
  EXPECT_TRUE(UpdateMap(map).ok());
}

TEST_P(ModelsTest, WhatAMapUsesCannotBeDeleted) {
  ASSERT_TRUE(UpdateDesk(MakeDesk()).ok());
  ASSERT_TRUE(PutAnn().ok());
  v1::JourneyMap map = MakeMap();
  map.set_persona(kAnn);
  ASSERT_TRUE(UpdateMap(map).ok());
  v1::DeleteTouchpointRequest delete_desk;
  delete_desk.set_name(kDesk);
  v1::DeletePersonaRequest delete_ann;
  delete_ann.set_name(kAnn);
  const absl::Status in_use = models_->DeleteTouchpoint("demo", delete_desk).status();
  EXPECT_EQ(in_use.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(in_use), "IN_USE");
  EXPECT_THAT(in_use.message(), HasSubstr(kMap));
  EXPECT_EQ(ReasonOf(models_->DeletePersona(delete_ann).status()), "IN_USE");

  v1::DeleteJourneyMapRequest delete_map;
  delete_map.set_name(kMap);
  EXPECT_EQ(models_->DeleteJourneyMap(delete_map)->revision(), 1);
  EXPECT_EQ(ReasonOf(models_->DeleteJourneyMap(delete_map).status()), "JOURNEY_MAP_NOT_FOUND");
  EXPECT_TRUE(models_->DeletePersona(delete_ann).ok());
  delete_desk.set_etag("\"stale\"");
  EXPECT_EQ(ReasonOf(models_->DeleteTouchpoint("demo", delete_desk).status()), "ETAG_MISMATCH");
  delete_desk.clear_etag();
  EXPECT_EQ(models_->DeleteTouchpoint("demo", delete_desk)->display_name(), "Check-in desk");
}

TEST_P(ModelsTest, ListsByIdAfterTheGivenOne) {
  for (const char* id : {"c", "a", "b"}) {
    v1::Touchpoint touchpoint;
    touchpoint.set_name(std::string("tenants/demo/touchpoints/") + id);
    ASSERT_TRUE(UpdateDesk(touchpoint).ok());
  }
  const auto page = models_->List<v1::Touchpoint>("demo", "a", 1);
  ASSERT_EQ(page->size(), 1u);
  EXPECT_EQ(page->front().name(), "tenants/demo/touchpoints/b");
}

TEST_P(ModelsTest, FeedbackHasTheCatalogueWhenAnUpdateReturns) {
  v1::Touchpoint web;
  web.set_name("tenants/demo/touchpoints/app");
  web.add_rules()->set_channel("app");
  ASSERT_TRUE(UpdateDesk(MakeDesk(2)).ok());
  ASSERT_TRUE(UpdateDesk(web).ok());
  const feedback::v1::TouchpointCatalogue known = feedback_.known();
  std::vector<std::string> touchpoints;
  for (const auto& rule : known.rules()) touchpoints.push_back(rule.touchpoint());
  EXPECT_THAT(touchpoints, ElementsAre("app", "desk", "desk"));
  EXPECT_EQ(known.name(), "tenants/demo/touchpointCatalogue");
  EXPECT_EQ(known.rules(1).activity(), "check-in-0");
}

TEST_P(ModelsTest, OnlyChangesOfRulesAreDelivered) {
  ASSERT_TRUE(UpdateDesk(MakeDesk()).ok());
  const int64_t revision = feedback_.known().revision();
  v1::Touchpoint renamed = MakeDesk();
  renamed.set_display_name("Desk");
  ASSERT_TRUE(UpdateDesk(renamed).ok());
  EXPECT_EQ(feedback_.known().revision(), revision);
  EXPECT_EQ(feedback_.pushes(), 1);
  v1::DeleteTouchpointRequest request;
  request.set_name(kDesk);
  ASSERT_TRUE(models_->DeleteTouchpoint("demo", request).ok());
  EXPECT_GT(feedback_.known().revision(), revision);
  EXPECT_EQ(feedback_.known().rules_size(), 0);
}

TEST_P(ModelsTest, ADeliveryThatFailedIsRepeatedUntilItIsAcknowledged) {
  feedback_.SetDown(true);
  ASSERT_TRUE(UpdateDesk(MakeDesk(3)).ok()) << "feedback being down is not the caller's concern";
  EXPECT_EQ(feedback_.known().rules_size(), 0);
  outbox_->Start();
  feedback_.SetDown(false);
  EXPECT_TRUE(feedback_.AwaitRules(3));
}

TEST_P(ModelsTest, WhatACrashLeftBehindIsDeliveredAtStart) {
  feedback_.SetDown(true);
  ASSERT_TRUE(UpdateDesk(MakeDesk(2)).ok());
  feedback_.SetDown(false);
  CatalogueOutbox next_process(store_.get(), &feedback_);
  next_process.Start();
  EXPECT_TRUE(feedback_.AwaitRules(2));
}

TEST_P(ModelsTest, ACatalogueThatFeedbackThinksOldIsRaisedAboveTheKnownOne) {
  const int64_t known = absl::ToUnixMicros(clock_.Now() + absl::Hours(1));
  feedback_.SetKnownRevision(known);
  outbox_->Start();
  ASSERT_TRUE(UpdateDesk(MakeDesk(2)).ok());
  EXPECT_TRUE(feedback_.AwaitRules(2));
  EXPECT_GT(feedback_.known().revision(), known);
}

TEST_P(ModelsTest, AMapComesWithItsParts) {
  ASSERT_TRUE(UpdateDesk(MakeDesk()).ok());
  ASSERT_TRUE(PutAnn().ok());
  v1::JourneyMap map = MakeMap();
  map.set_persona(kAnn);
  ASSERT_TRUE(UpdateMap(map).ok());
  const auto parts = models_->GetMapWithParts("demo", kMap);
  ASSERT_TRUE(parts.ok()) << parts.status();
  ASSERT_EQ(parts->touchpoints.size(), 1u);
  EXPECT_EQ(parts->touchpoints[0].name(), kDesk);
  EXPECT_EQ(parts->persona->display_name(), "Ann");
}

INSTANTIATE_TEST_SUITE_P(Databases, ModelsTest, ::testing::ValuesIn(testing::Backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace waymark::journey
