#include "services/feedback/correction.h"

#include <algorithm>
#include <map>
#include <random>
#include <thread>
#include <tuple>
#include <vector>

#include "libs/base/error.h"
#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using Stub = v1::SignalService::StubInterface;

std::string ReasonOf(const absl::Status& status) {
  const auto details = GetErrorDetails(status);
  return details.has_value() ? details->reason : status.ToString();
}

/// "question=touchpoint", with a * where people said so.
std::vector<std::string> PlacesOf(const v1::Enrichment& enrichment) {
  std::vector<std::string> places;
  for (const v1::Placement& one : enrichment.placements()) {
    places.push_back(
        absl::StrCat(one.question(), "=", one.touchpoint(), one.corrected() ? "*" : ""));
  }
  return places;
}

/// What a consumer of the feed knows of each signal: the places of the newest enrichment, whatever
/// the order in which changes come.
class Follower {
 public:
  void Follow(TestService& service) {
    for (const v1::Change& change : service.PullAll(cursor_)) {
      cursor_ = change.position();
      kinds_.push_back(change.kind());
      Known& known = known_[change.signal().external_id()];
      const Stamp stamp = {change.signal().revision(), change.enrichment().catalogue_revision(),
                           change.enrichment().correction_revision()};
      if (stamp <= known.stamp) continue;
      known = {stamp, change.signal().deleted() ? std::vector<std::string>{"deleted"}
                                                : PlacesOf(change.enrichment())};
    }
  }
  std::map<std::string, std::vector<std::string>> places() const {
    std::map<std::string, std::vector<std::string>> places;
    for (const auto& [id, known] : known_) places[id] = known.places;
    return places;
  }
  const std::vector<v1::Change::Kind>& kinds() const { return kinds_; }

 private:
  using Stamp = std::tuple<int64_t, int64_t, int64_t>;
  struct Known {
    Stamp stamp = {-1, -1, -1};
    std::vector<std::string> places;
  };

  std::string cursor_;
  std::map<std::string, Known> known_;
  std::vector<v1::Change::Kind> kinds_;
};

v1::CorrectSignalRequest CorrectionOf(const v1::Signal& signal, const std::string& question,
                                      const std::string& touchpoint) {
  v1::CorrectSignalRequest request;
  request.set_parent("tenants/demo");
  request.set_source(signal.source());
  request.set_external_id(signal.external_id());
  request.set_question(question);
  if (touchpoint.empty()) {
    request.set_clear(true);
  } else {
    request.set_touchpoint(touchpoint);
  }
  return request;
}

absl::StatusOr<v1::CorrectSignalResponse> TryCorrect(TestService& service,
                                                     const v1::CorrectSignalRequest& request) {
  auto answer =
      rpc::ClientCall(service.signals(), &Stub::CorrectSignal, request, {.tenant = "demo"});
  if (answer.ok()) service.Await("demo", answer->position());
  return answer;
}

class CorrectionTest : public OnEveryDatabase {
 protected:
  /// Puts a part of the signal on `touchpoint`; "": takes that back.
  v1::CorrectSignalResponse Correct(const v1::Signal& signal, const std::string& touchpoint,
                                    const std::string& question = "") {
    const auto answer = TryCorrect(*service_, CorrectionOf(signal, question, touchpoint));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *answer : v1::CorrectSignalResponse();
  }

  v1::StoredSignal Get(const v1::Signal& signal) {
    v1::GetSignalRequest request;
    request.set_parent("tenants/demo");
    request.set_source(signal.source());
    request.set_external_id(signal.external_id());
    const auto stored =
        rpc::ClientCall(service_->signals(), &Stub::GetSignal, request, {.tenant = "demo"});
    EXPECT_TRUE(stored.ok()) << stored.status();
    return stored.ok() ? *stored : v1::StoredSignal();
  }

  /// Places activities of the same name, and answers to "nps" on "survey-desk".
  void Update(int64_t revision, const std::map<std::string, std::string>& by_activity) {
    v1::UpdateTouchpointCatalogueRequest request;
    v1::TouchpointCatalogue& catalogue = *request.mutable_touchpoint_catalogue();
    catalogue.set_name("tenants/demo/touchpointCatalogue");
    catalogue.set_revision(revision);
    for (const auto& [activity, touchpoint] : by_activity) {
      catalogue.add_rules()->set_activity(activity);
      catalogue.mutable_rules()->rbegin()->set_touchpoint(touchpoint);
    }
    catalogue.add_rules()->set_question("nps");
    catalogue.mutable_rules()->rbegin()->set_touchpoint("survey-desk");
    ASSERT_TRUE(rpc::ClientCall(service_->stub(),
                                &v1::FeedbackService::StubInterface::UpdateTouchpointCatalogue,
                                request, {.tenant = "demo"})
                    .ok());
  }

  void FollowUntil(Follower& follower,
                   const std::map<std::string, std::vector<std::string>>& places) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    do {
      follower.Follow(*service_);
    } while (follower.places() != places && absl::Now() < deadline);
    EXPECT_EQ(follower.places(), places);
  }
};
WM_ON_EVERY_DATABASE(CorrectionTest);

TEST_P(CorrectionTest, WinsOverWhatIsGivenAndWhatIsInferredInEveryAnswer) {
  Update(1, {{"pay", "till"}});
  v1::Signal given = Visit("given", 0, "pay");
  given.set_touchpoint("kiosk");
  const v1::Signal inferred = Visit("inferred", 0, "pay");
  service_->Ingest({given, inferred});
  for (const v1::Signal& signal : {given, inferred}) {
    const auto answer = Correct(signal, "desk");
    EXPECT_THAT(PlacesOf(answer.stored_signal().enrichment()), ElementsAre("=desk*"));
    EXPECT_EQ(answer.stored_signal().signal().touchpoint(), signal.touchpoint())
        << "what was sent stays as it is";
    EXPECT_GT(answer.stored_signal().enrichment().correction_revision(), 0);
    EXPECT_EQ(Get(signal).SerializeAsString(), answer.stored_signal().SerializeAsString());
  }
  std::vector<v1::Change> changes = service_->PullAll();
  // What comes in while a new catalogue is being looked at may be placed anew by it.
  std::erase_if(changes, [](const auto& one) { return one.kind() == v1::Change::KIND_REENRICHED; });
  ASSERT_THAT(changes, SizeIs(4));
  EXPECT_EQ(changes[2].kind(), v1::Change::KIND_CORRECTED);
  EXPECT_EQ(changes[2].signal().external_id(), "given");
  for (const v1::Change& change : changes) {
    EXPECT_THAT(PlacesOf(change.enrichment()), ElementsAre("=desk*"))
        << "one that is read later is placed as it is now";
  }
  for (const v1::StoredSignal& stored : service_->List({})) {
    EXPECT_THAT(PlacesOf(stored.enrichment()), ElementsAre("=desk*"));
  }
  v1::ListSignalsRequest filtered;
  filtered.set_filter("touchpoint = \"desk\"");
  EXPECT_THAT(service_->List(filtered), SizeIs(2));
}

TEST_P(CorrectionTest, MayBeAboutOneAnswerOrOneRowOfAMatrix) {
  Update(1, {});
  v1::Signal survey = Survey("s", 9, "friendly");
  v1::Answer& matrix = *survey.mutable_survey_response()->add_answers();
  matrix.set_question("areas");
  matrix.set_type(v1::QUESTION_TYPE_MATRIX);
  matrix.mutable_scale()->set_min(1);
  matrix.mutable_scale()->set_max(5);
  matrix.mutable_matrix()->add_rows()->set_row("food");
  matrix.mutable_matrix()->mutable_rows(0)->set_number(2);
  ASSERT_EQ(service_->IngestOne(survey), v1::INGEST_OUTCOME_RECORDED);
  EXPECT_THAT(PlacesOf(Get(survey).enrichment()), ElementsAre("nps=survey-desk"));
  Correct(survey, "lounge", "why");
  Correct(survey, "bistro", "areas/food");
  EXPECT_THAT(PlacesOf(Get(survey).enrichment()),
              ElementsAre("nps=survey-desk", "areas/food=bistro*", "why=lounge*"));
  Correct(survey, "gate", "nps");
  EXPECT_THAT(PlacesOf(Get(survey).enrichment()),
              ElementsAre("areas/food=bistro*", "nps=gate*", "why=lounge*"));
  for (const char* question : {"nothing", "areas/shops", "areas/", "np"}) {
    EXPECT_EQ(ReasonOf(TryCorrect(*service_, CorrectionOf(survey, question, "x")).status()),
              "INVALID_FIELD")
        << question;
  }
}

TEST_P(CorrectionTest, TakenBackWhatIsInferredHoldsAgain) {
  Update(1, {{"pay", "till"}});
  const v1::Signal visit = Visit("v", 0, "pay");
  service_->Ingest({visit});
  Follower follower;
  Correct(visit, "desk");
  FollowUntil(follower, {{"v", {"=desk*"}}});
  const auto cleared = Correct(visit, "");
  EXPECT_THAT(PlacesOf(cleared.stored_signal().enrichment()), ElementsAre("=till"));
  FollowUntil(follower, {{"v", {"=till"}}});
  EXPECT_EQ(follower.kinds().back(), v1::Change::KIND_CORRECTED);
  EXPECT_EQ(
      std::count(follower.kinds().begin(), follower.kinds().end(), v1::Change::KIND_CORRECTED), 2);
}

TEST_P(CorrectionTest, RepeatedChangesNothingAndAnswersTheSame) {
  const v1::Signal visit = Visit("v");
  service_->Ingest({visit});
  EXPECT_EQ(Correct(visit, "").position(), "") << "there is nothing to take back";
  const auto answer = Correct(visit, "desk");
  EXPECT_EQ(Correct(visit, "desk").SerializeAsString(), answer.SerializeAsString());
  EXPECT_THAT(service_->PullAll(), SizeIs(2));
  EXPECT_EQ(service_->PullAll().back().position(), answer.position());
}

TEST_P(CorrectionTest, OutlivesNewCataloguesAndAnnouncesNothingForThem) {
  service_->Ingest({Visit("corrected", 0, "pay"), Visit("other", 0, "pay")});
  Correct(Visit("corrected"), "desk");
  Follower follower;
  follower.Follow(*service_);
  Update(1, {{"pay", "till"}});
  FollowUntil(follower, {{"corrected", {"=desk*"}}, {"other", {"=till"}}});
  Update(2, {{"pay", "counter"}});
  FollowUntil(follower, {{"corrected", {"=desk*"}}, {"other", {"=counter"}}});
  EXPECT_EQ(follower.kinds().size(), 3u + 2u) << "only the other one was moved";
  Correct(Visit("corrected"), "");
  FollowUntil(follower, {{"corrected", {"=counter"}}, {"other", {"=counter"}}});
}

TEST_P(CorrectionTest, AppliesToLaterRevisionsAndAfterADeletion) {
  const v1::Signal first = Survey("s", 3, "slow");
  service_->Ingest({first});
  Correct(first, "desk");
  Correct(first, "lounge", "why");
  service_->Ingest({Survey("s", 5, "", 1)});
  EXPECT_THAT(PlacesOf(Get(first).enrichment()), ElementsAre("=desk*"))
      << "this revision does not answer 'why'";
  v1::Signal tombstone = Survey("s", 5, "", 2);
  tombstone.set_deleted(true);
  service_->Ingest({tombstone});
  EXPECT_EQ(ReasonOf(TryCorrect(*service_, CorrectionOf(first, "", "x")).status()),
            "SIGNAL_NOT_FOUND");
  EXPECT_THAT(PlacesOf(service_->PullAll().back().enrichment()), IsEmpty());
  service_->Ingest({Survey("s", 7, "again", 3)});
  EXPECT_THAT(PlacesOf(Get(first).enrichment()), ElementsAre("=desk*", "why=lounge*"));
}

TEST_P(CorrectionTest, RefusesWhatMakesNoSense) {
  const v1::Signal visit = Visit("v");
  EXPECT_EQ(ReasonOf(TryCorrect(*service_, CorrectionOf(visit, "", "x")).status()),
            "SIGNAL_NOT_FOUND");
  service_->Ingest({visit});
  v1::CorrectSignalRequest request = CorrectionOf(visit, "", "not an id");
  EXPECT_EQ(ReasonOf(TryCorrect(*service_, request).status()), "INVALID_FIELD");
  request.clear_correction();
  EXPECT_EQ(ReasonOf(TryCorrect(*service_, request).status()), "INVALID_FIELD");
  request.set_clear(false);
  EXPECT_EQ(ReasonOf(TryCorrect(*service_, request).status()), "INVALID_FIELD");
  request.set_parent("tenants/other");
  EXPECT_EQ(ReasonOf(TryCorrect(*service_, request).status()), "TENANT_DENIED");
  EXPECT_EQ(service_->PullAll().size(), 1u);
}

TEST_P(CorrectionTest, ReachesTheShardOfTheCustomer) {
  service_->Ingest({Visit("v", 0, "visit", "ann")});
  Correct(Visit("v"), "desk");
  int reached = 0;
  for (int shard = 0; shard < 4; ++shard) {
    const size_t changes = service_->PullAll("", 10, shard, 4).size();
    EXPECT_TRUE(changes == 0 || changes == 2) << changes;
    reached += changes == 2;
  }
  EXPECT_EQ(reached, 1);
}

TEST_P(CorrectionTest, IsKnownAfterARestart) {
  const v1::Signal visit = Visit("v");
  service_->Ingest({visit, Visit("w")});
  Correct(visit, "desk");
  Restart();
  EXPECT_THAT(PlacesOf(Get(visit).enrichment()), ElementsAre("=desk*"));
  Correct(visit, "gate");
  EXPECT_THAT(PlacesOf(Get(visit).enrichment()), ElementsAre("=gate*"));
  EXPECT_EQ(service_->IngestOne(visit), v1::INGEST_OUTCOME_DUPLICATE);
}

TEST_P(CorrectionTest, WhoFollowedKnowsWhatWhoRebuildsKnows) {
  std::mt19937 random(11);
  const auto below = [&](int n) { return static_cast<int>(random() % n); };
  Follower follower;
  std::map<std::string, int64_t> revisions;
  for (int step = 0, catalogue = 0; step < 150; ++step) {
    const std::string id = absl::StrCat(below(6));
    const int what = below(10);
    if (what == 0) {
      Update(++catalogue, {{"pay", absl::StrCat("till", below(3))}});
    } else if (what < 5) {
      v1::Signal signal = Visit(id, revisions[id]++, below(2) == 0 ? "pay" : "look");
      signal.set_deleted(below(8) == 0);
      service_->Ingest({signal});
    } else {
      const std::string touchpoint = below(4) == 0 ? "" : absl::StrCat("desk", below(3));
      const auto answer = TryCorrect(*service_, CorrectionOf(Visit(id), "", touchpoint));
      EXPECT_TRUE(answer.ok() || ReasonOf(answer.status()) == "SIGNAL_NOT_FOUND")
          << answer.status();
    }
    if (below(3) == 0) follower.Follow(*service_);
  }
  Follower rebuilt;
  rebuilt.Follow(*service_);
  FollowUntil(follower, rebuilt.places());
  for (const auto& [id, places] : rebuilt.places()) {
    if (places != std::vector<std::string>{"deleted"}) {
      EXPECT_EQ(PlacesOf(Get(Visit(id)).enrichment()), places);
    }
  }
}

TEST(CorrectionReplicasTest, NoneIsLostWhenRevisionsComeAtTheSameTime) {
  WM_REQUIRE_BACKEND("postgres");
  const std::string url = testing::FreshDatabaseUrl("postgres");
  TestService first(url), second(url);
  constexpr int kKeys = 5, kRounds = 40;
  for (int key = 0; key < kKeys; ++key) first.Ingest({Visit(absl::StrCat(key))});
  std::thread reviser([&] {
    for (int round = 1; round <= kRounds; ++round) {
      for (int key = 0; key < kKeys; ++key) {
        first.Ingest({Visit(absl::StrCat(key), round)});
      }
    }
  });
  std::thread corrector([&] {
    for (int round = 1; round <= kRounds; ++round) {
      for (int key = 0; key < kKeys; ++key) {
        const auto answer = TryCorrect(
            second, CorrectionOf(Visit(absl::StrCat(key)), "", absl::StrCat("desk", round)));
        ASSERT_TRUE(answer.ok()) << answer.status();
      }
    }
  });
  std::atomic<bool> done = false;
  Follower follower;
  std::thread watcher([&] {
    while (!done) follower.Follow(first);
  });
  reviser.join();
  corrector.join();
  done = true;
  watcher.join();
  follower.Follow(first);
  for (const auto& [id, places] : follower.places()) {
    EXPECT_THAT(places, ElementsAre(absl::StrCat("=desk", kRounds, "*"))) << id;
  }
}

TEST(CorrectionEngineTest, KeepsPlacesInTheOrderOfTheirQuestions) {
  v1::Enrichment correction;
  EXPECT_TRUE(feedback::Correct("b", "x", &correction));
  EXPECT_TRUE(feedback::Correct("", "y", &correction));
  EXPECT_TRUE(feedback::Correct("a", "z", &correction));
  EXPECT_FALSE(feedback::Correct("a", "z", &correction));
  EXPECT_TRUE(feedback::Correct("b", "w", &correction));
  EXPECT_FALSE(feedback::Correct("c", "", &correction));
  EXPECT_THAT(PlacesOf(correction), ElementsAre("=y*", "a=z*", "b=w*"));
  EXPECT_TRUE(feedback::Correct("a", "", &correction));
  EXPECT_THAT(PlacesOf(correction), ElementsAre("=y*", "b=w*"));
}

}  // namespace
}  // namespace waymark::feedback
