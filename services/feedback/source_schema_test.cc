// What is learned from signals, how it is kept, and what counts as drift.
#include "services/feedback/source_schema.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/sql/migrations.h"
#include "libs/testing/databases.h"
#include "services/feedback/index_schema.h"
#include "services/feedback/source_drift.h"
#include "services/feedback/source_schema_store.h"
#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Drift = v1::SchemaDrift;

v1::Answer Rating(const std::string& question, const std::string& text, double min, double max) {
  v1::Answer answer;
  answer.set_question(question);
  answer.set_question_text(text);
  answer.set_type(v1::QUESTION_TYPE_RATING);
  answer.mutable_scale()->set_min(min);
  answer.mutable_scale()->set_max(max);
  answer.set_number(min);
  return answer;
}

v1::Signal Response(const std::vector<v1::Answer>& answers) {
  v1::Signal signal;
  signal.set_source("survey");
  signal.set_external_id("1");
  signal.mutable_survey_response();
  for (const v1::Answer& answer : answers) {
    *signal.mutable_survey_response()->add_answers() = answer;
  }
  return signal;
}

int64_t Micros(absl::Duration since) { return absl::ToInt64Microseconds(since); }

class LearnerTest : public ::testing::Test {
 protected:
  const LearnedSource& Learn(const std::vector<v1::Signal>& signals) {
    learner_.Clear();
    for (size_t i = 0; i < signals.size(); ++i) {
      learner_.Observe("demo", signals[i], static_cast<int64_t>(i) + 1);
    }
    const auto sources = learner_.Sources();
    EXPECT_THAT(sources, SizeIs(1));
    return *sources.at(0);
  }

  SchemaLearner learner_;
};

TEST_F(LearnerTest, TellsVersionsOfAQuestionApartByTextScaleTypeAndSourceVersion) {
  const v1::Answer base = Rating("q", "How was it?", 1, 5);
  v1::Answer reworded = Rating("q", "How was your visit?", 1, 5);
  v1::Answer rescaled = Rating("q", "How was it?", 1, 7);
  v1::Answer reversed = base;
  reversed.mutable_scale()->set_lower_is_better(true);
  v1::Answer retyped = base;
  retyped.set_type(v1::QUESTION_TYPE_CSAT);
  v1::Answer renumbered = base;
  renumbered.set_question_version("2");
  const LearnedSource& learned =
      Learn({Response({base}), Response({reworded}), Response({rescaled}), Response({reversed}),
             Response({retyped}), Response({renumbered}), Response({base})});
  ASSERT_THAT(learned.questions, SizeIs(6));
  EXPECT_EQ(learned.questions[0].answers.count, 2);
  EXPECT_EQ(learned.questions[0].answers.first, 1);
  EXPECT_EQ(learned.questions[0].answers.last, 7);
  EXPECT_EQ(learned.questions[1].version.text(), "How was your visit?");
  EXPECT_EQ(learned.questions[2].version.scale().max(), 7);
  EXPECT_EQ(learned.questions[5].version.source_version(), "2");
}

TEST_F(LearnerTest, TakesWhatIsNotStatedForTheStandard) {
  v1::Answer stated;
  stated.set_question("nps");
  stated.set_type(v1::QUESTION_TYPE_NPS);
  stated.set_number(9);
  v1::Answer with_scale = stated;
  with_scale.mutable_scale()->set_max(10);
  v1::Answer text;
  text.set_question("why");
  text.set_text("fine");
  v1::Answer typed_text = text;
  typed_text.set_type(v1::QUESTION_TYPE_TEXT);
  const LearnedSource& learned =
      Learn({Response({stated, text}), Response({with_scale, typed_text})});
  ASSERT_THAT(learned.questions, SizeIs(2));
  EXPECT_EQ(learned.questions[0].version.scale().max(), 10);
  EXPECT_EQ(learned.questions[1].version.type(), v1::QUESTION_TYPE_TEXT);
}

TEST_F(LearnerTest, LearnsNothingFromBlankAnswersAndTombstones) {
  v1::Answer blank = Rating("q", "", 1, 5);
  blank.clear_value();
  v1::Answer not_applicable = blank;
  not_applicable.set_not_applicable(true);
  const LearnedSource& learned = Learn({Response({blank, not_applicable})});
  EXPECT_THAT(learned.questions, IsEmpty());
  learner_.Clear();
  v1::Signal tombstone = Response({Rating("q", "", 1, 5)});
  tombstone.set_deleted(true);
  learner_.Observe("demo", tombstone, 1);
  EXPECT_THAT(learner_.Sources(), IsEmpty());
}

TEST_F(LearnerTest, LearnsActivitiesRatingsOfChatsAndKinds) {
  v1::Signal chat;
  chat.set_source("web");
  chat.mutable_chat_message()->mutable_rating()->set_question("resolved");
  chat.mutable_chat_message()->mutable_rating()->set_number(5);
  const LearnedSource& learned = Learn({Visit("a"), Visit("b", 0, "buy"), chat, Visit("c")});
  ASSERT_THAT(learned.activities, SizeIs(2));
  EXPECT_EQ(learned.activities[0].activity, "visit");
  EXPECT_EQ(learned.activities[0].signals.count, 2);
  ASSERT_THAT(learned.questions, SizeIs(1));
  EXPECT_EQ(learned.questions[0].version.type(), v1::QUESTION_TYPE_CSAT);
  EXPECT_EQ(learned.questions[0].version.scale().max(), 5);
  ASSERT_THAT(learned.kinds, SizeIs(2));
  EXPECT_EQ(learned.kinds[0].kind, v1::SOURCE_KIND_BEHAVIOUR);
  EXPECT_EQ(learned.kinds[1].kind, v1::SOURCE_KIND_CHAT);
}

TEST_F(LearnerTest, KeepsSourcesAndTenantsApartInTheirOrder) {
  learner_.Observe("z", Visit("a"), 1);
  learner_.Observe("demo", Visit("a"), 1);
  learner_.Observe("demo", Response({}), 1);
  learner_.Observe("demo", Visit("a"), 1);
  const auto sources = learner_.Sources();
  ASSERT_THAT(sources, SizeIs(3));
  EXPECT_EQ(sources[0]->source, "survey");
  EXPECT_EQ(sources[1]->source, "web");
  EXPECT_EQ(sources[1]->activities[0].signals.count, 2);
  EXPECT_EQ(sources[2]->tenant, "z");
}

TEST_F(LearnerTest, KeepsNoMoreThanItsLimit) {
  std::vector<v1::Signal> signals;
  for (int i = 0; i < kMaxSchemaItems + 10; ++i) signals.push_back(Visit("a", 0, absl::StrCat(i)));
  const LearnedSource& learned = Learn(signals);
  EXPECT_THAT(learned.activities, SizeIs(kMaxSchemaItems));
  EXPECT_TRUE(learned.truncated);
}

class SchemaStoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND(GetParam());
    auto database = sql::Database::Open(testing::FreshDatabaseUrl(GetParam()));
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    ASSERT_TRUE(sql::Migrate(*database_, kIndexComponent, IndexMigrations()).ok());
    store_ = std::make_unique<SourceSchemaStore>(database_.get());
  }

  // One page of the feed.
  void Page(const std::vector<v1::Signal>& signals, absl::Duration at = absl::ZeroDuration()) {
    SchemaLearner learner;
    for (const v1::Signal& signal : signals) learner.Observe("demo", signal, Micros(at));
    const absl::Status status = database_->RunTransaction(
        [&](sql::Connection& connection) { return SourceSchemaStore::Merge(connection, learner); });
    ASSERT_TRUE(status.ok()) << status;
  }

  KnownSchema Read(const std::string& source) {
    const auto schema = store_->Read("demo", source);
    EXPECT_TRUE(schema.ok()) << schema.status();
    return schema.ok() ? *schema : KnownSchema();
  }

  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<SourceSchemaStore> store_;
};
WM_ON_EVERY_DATABASE(SchemaStoreTest);

TEST_P(SchemaStoreTest, NumbersVersionsInTheOrderOfFirstSightOverPages) {
  const v1::Answer first = Rating("q", "z", 1, 5);
  const v1::Answer second = Rating("q", "a", 1, 5);
  const v1::Answer third = Rating("q", "m", 1, 5);
  Page({Response({first}), Response({second})}, absl::Seconds(1));
  Page(
      {Response({second}), Response({third}), Response({first}), Response({Rating("p", "", 0, 1)})},
      absl::Seconds(2));
  const KnownSchema schema = Read("survey");
  ASSERT_THAT(schema.questions, SizeIs(4));
  EXPECT_EQ(schema.questions[0].version.question(), "p");
  EXPECT_EQ(schema.questions[0].version.version(), 1);
  const char* const texts[] = {"z", "a", "m"};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(schema.questions[i + 1].version.text(), texts[i]);
    EXPECT_EQ(schema.questions[i + 1].version.version(), i + 1);
    EXPECT_EQ(schema.questions[i + 1].version.answers(), i < 2 ? 2 : 1);
  }
  EXPECT_EQ(schema.questions[1].version.first_seen_time().seconds(), 1);
  EXPECT_EQ(schema.questions[1].version.last_seen_time().seconds(), 2);
  EXPECT_EQ(schema.questions[3].version.scale().max(), 5);
  EXPECT_THAT(Read("other").questions, IsEmpty());
}

TEST_P(SchemaStoreTest, AddsUpActivitiesAndKinds) {
  v1::Signal survey = Response({});
  survey.set_source("web");
  Page({Visit("a"), Visit("b", 0, std::string("with\0nul", 8)), survey}, absl::Seconds(1));
  Page({Visit("c"), Visit("d")}, absl::Seconds(5));
  const KnownSchema schema = Read("web");
  ASSERT_THAT(schema.activities, SizeIs(2));
  EXPECT_EQ(schema.activities[0].activity(), "visit");
  EXPECT_EQ(schema.activities[0].signals(), 3);
  EXPECT_EQ(schema.activities[0].last_seen_time().seconds(), 5);
  EXPECT_EQ(schema.activities[1].activity(), std::string("with\0nul", 8));
  ASSERT_THAT(schema.kinds, SizeIs(2));
  EXPECT_EQ(schema.kinds[0].kind, v1::SOURCE_KIND_BEHAVIOUR);
  EXPECT_EQ(schema.kinds[0].signals, 4);
  EXPECT_EQ(schema.kinds[1].kind, v1::SOURCE_KIND_SURVEY);
}

TEST_P(SchemaStoreTest, KeepsNoMoreThanItsLimitAndSaysSo) {
  std::vector<v1::Signal> signals;
  for (int i = 0; i < kMaxSchemaItems - 1; ++i) {
    signals.push_back(Visit("a", 0, absl::StrCat("activity", i)));
  }
  Page(signals);
  EXPECT_FALSE(Read("web").truncated);
  Page({Visit("a", 0, "last"), Visit("a", 0, "too many"), Visit("a", 0, "activity0")});
  const KnownSchema schema = Read("web");
  EXPECT_TRUE(schema.truncated);
  EXPECT_THAT(schema.activities, SizeIs(kMaxSchemaItems));
  EXPECT_EQ(schema.activities[0].signals(), 2);
}

TEST_P(SchemaStoreTest, ForgetsWhatIsMissingUnlessItWasSeenSince) {
  const v1::Answer old = Rating("q", "old", 1, 5);
  Page({Response({old, Rating("kept", "", 1, 5)})}, absl::Seconds(1));
  v1::Signal visit = Visit("a", 0, "gone");
  visit.set_source("survey");
  Page({visit}, absl::Seconds(1));
  Page({Response({Rating("kept", "", 1, 5)})}, absl::Seconds(9));
  const auto missing = [](Drift::Kind kind, const std::string& subject) {
    Drift drift;
    drift.set_kind(kind);
    drift.set_subject(subject);
    drift.mutable_time()->set_seconds(1);
    return drift;
  };
  ASSERT_TRUE(store_
                  ->Forget("demo", "survey",
                           {missing(Drift::KIND_QUESTION_MISSING, "q"),
                            missing(Drift::KIND_QUESTION_MISSING, "kept"),
                            missing(Drift::KIND_ACTIVITY_MISSING, "gone")})
                  .ok());
  const KnownSchema schema = Read("survey");
  ASSERT_THAT(schema.questions, SizeIs(1));
  EXPECT_EQ(schema.questions[0].version.question(), "kept");
  EXPECT_THAT(schema.activities, IsEmpty());

  // What comes again is new, but a version keeps its number.
  Page({Response({Rating("q", "new", 1, 5)}), Response({old})}, absl::Seconds(20));
  const KnownSchema again = Read("survey");
  ASSERT_THAT(again.questions, SizeIs(3));
  EXPECT_EQ(again.questions[1].version.text(), "old");
  EXPECT_EQ(again.questions[1].version.version(), 1);
  EXPECT_EQ(again.questions[1].version.first_seen_time().seconds(), 1);
  EXPECT_EQ(absl::ToUnixSeconds(again.questions[1].listed_since), 20);
  EXPECT_EQ(again.questions[2].version.version(), 2);
}

// A schema as it would be read, `days` after the start.
class DriftTest : public ::testing::Test {
 protected:
  static absl::Time Day(double days) { return absl::UnixEpoch() + absl::Hours(24) * days; }
  static google::protobuf::Timestamp Stamp(double days) {
    google::protobuf::Timestamp stamp;
    stamp.set_seconds(absl::ToUnixSeconds(Day(days)));
    return stamp;
  }

  void Question(const std::string& id, int version, double first, double last, int answers = 100) {
    KnownSchema::Question& one = schema_.questions.emplace_back();
    one.version.set_question(id);
    one.version.set_version(version);
    one.version.set_text(absl::StrCat("wording ", version));
    one.version.set_type(v1::QUESTION_TYPE_RATING);
    one.version.set_answers(answers);
    *one.version.mutable_first_seen_time() = Stamp(first);
    *one.version.mutable_last_seen_time() = Stamp(last);
    one.listed_since = Day(first);
  }

  void Activity(const std::string& name, double first, double last, int signals = 100) {
    v1::ActivityUse& one = schema_.activities.emplace_back();
    one.set_activity(name);
    one.set_signals(signals);
    *one.mutable_first_seen_time() = Stamp(first);
    *one.mutable_last_seen_time() = Stamp(last);
  }

  void Kind(v1::SourceKind kind, double first, double last) {
    schema_.kinds.push_back(
        {.kind = kind, .signals = 100, .first_seen = Day(first), .last_seen = Day(last)});
  }

  std::vector<std::pair<Drift::Kind, std::string>> Found() {
    std::vector<std::pair<Drift::Kind, std::string>> found;
    for (const Drift& drift : FindDrifts(schema_, expectation_)) {
      found.emplace_back(drift.kind(), drift.subject());
    }
    return found;
  }

  KnownSchema schema_;
  SourceExpectation expectation_;
};

TEST_F(DriftTest, WhatIsFirstSeenAfterTheAcceptanceIsReported) {
  Kind(v1::SOURCE_KIND_SURVEY, 0, 10);
  Question("asked", 1, 0, 10);
  Question("asked", 2, 8, 10);
  Question("fresh", 1, 8, 10);
  Question("fresh", 2, 9, 10);
  Activity("new", 9, 10);
  Activity("old", 1, 10);
  EXPECT_THAT(Found(), IsEmpty());
  expectation_.accept_time = Day(5);
  EXPECT_THAT(Found(), ElementsAre(std::pair(Drift::KIND_QUESTION_ADDED, "fresh"),
                                   std::pair(Drift::KIND_QUESTION_CHANGED, "asked"),
                                   std::pair(Drift::KIND_QUESTION_CHANGED, "fresh"),
                                   std::pair(Drift::KIND_ACTIVITY_ADDED, "new")));
  const Drift changed = FindDrifts(schema_, expectation_)[1];
  EXPECT_THAT(changed.detail(), HasSubstr("text was 'wording 1', is 'wording 2'"));
  EXPECT_EQ(changed.time().seconds(), Stamp(8).seconds());
  expectation_.accept_time = Day(10);
  EXPECT_THAT(Found(), IsEmpty());
}

TEST_F(DriftTest, AQuestionOfWhichAnyVersionComesIsNotMissing) {
  Kind(v1::SOURCE_KIND_SURVEY, 0, 30);
  Question("reworded", 1, 0, 10);
  Question("reworded", 2, 10, 30);
  Question("gone", 1, 0, 10);
  Activity("gone", 0, 10);
  Activity("once", 0, 0, 1);
  EXPECT_THAT(Found(), ElementsAre(std::pair(Drift::KIND_QUESTION_MISSING, "gone"),
                                   std::pair(Drift::KIND_ACTIVITY_MISSING, "gone")));
  EXPECT_EQ(FindDrifts(schema_, expectation_)[0].time().seconds(), Stamp(10).seconds());
}

TEST_F(DriftTest, NothingIsMissingBeforeItIsOverdue) {
  Kind(v1::SOURCE_KIND_BEHAVIOUR, 0, 17);
  Activity("week", 0, 10);
  EXPECT_THAT(Found(), IsEmpty());
  schema_.kinds[0].last_seen = Day(17.1);
  EXPECT_THAT(Found(), SizeIs(1));
  // Signals of the source are rare.
  expectation_.interval = absl::Hours(24);
  EXPECT_THAT(Found(), IsEmpty());
  schema_.kinds[0].last_seen = Day(30.1);
  EXPECT_THAT(Found(), SizeIs(1));
  // This activity is rare: it came twice, ten days apart.
  schema_.activities[0].set_signals(2);
  EXPECT_THAT(Found(), IsEmpty());
}

TEST_F(DriftTest, ReportsOtherKindsUntilTheyAreAccepted) {
  Kind(v1::SOURCE_KIND_CHAT, 0, 10);
  Kind(v1::SOURCE_KIND_SURVEY, 5, 10);
  const auto other = ElementsAre(std::pair(Drift::KIND_OTHER_KIND, ""));
  EXPECT_THAT(Found(), other);
  EXPECT_THAT(FindDrifts(schema_, expectation_)[0].detail(), HasSubstr("survey"));
  expectation_.kind = v1::SOURCE_KIND_SURVEY;
  EXPECT_THAT(FindDrifts(schema_, expectation_)[0].detail(), HasSubstr("chat"));
  expectation_.accept_time = Day(6);
  EXPECT_THAT(Found(), IsEmpty());
}

TEST_F(DriftTest, ReportsARetiredSourceThatSends) {
  Kind(v1::SOURCE_KIND_CHAT, 0, 10);
  expectation_.status = v1::Source::STATUS_RETIRED;
  expectation_.retire_time = Day(11);
  EXPECT_THAT(Found(), IsEmpty());
  expectation_.retire_time = Day(9);
  EXPECT_THAT(Found(), ElementsAre(std::pair(Drift::KIND_RETIRED_SENDS, "")));
  expectation_.accept_time = Day(10);
  EXPECT_THAT(Found(), IsEmpty());
}

TEST_F(DriftTest, OnlyAnActiveSourceWithAnExpectationIsSilent) {
  EXPECT_FALSE(IsSilent(expectation_, Day(0), Day(100)));
  expectation_.interval = absl::Hours(24);
  EXPECT_FALSE(IsSilent(expectation_, Day(0), Day(1)));
  EXPECT_TRUE(IsSilent(expectation_, Day(0), Day(1.1)));
  expectation_.status = v1::Source::STATUS_PAUSED;
  EXPECT_FALSE(IsSilent(expectation_, Day(0), Day(100)));
}

}  // namespace
}  // namespace waymark::feedback
