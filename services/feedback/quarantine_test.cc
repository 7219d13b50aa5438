// What is not recorded, and how it is mended and replayed.
#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "libs/base/error.h"
#include "services/feedback/journal_store.h"
#include "services/feedback/preparation.h"
#include "services/feedback/store.h"
#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using Stub = v1::QuarantineService::StubInterface;

constexpr auto kGone = v1::INGEST_OUTCOME_UNSPECIFIED;
constexpr auto kRecorded = v1::INGEST_OUTCOME_RECORDED;
constexpr auto kUpdated = v1::INGEST_OUTCOME_UPDATED;
constexpr auto kDuplicate = v1::INGEST_OUTCOME_DUPLICATE;
constexpr auto kStale = v1::INGEST_OUTCOME_STALE;
constexpr auto kConflict = v1::INGEST_OUTCOME_CONFLICT;
constexpr auto kQuarantined = v1::INGEST_OUTCOME_QUARANTINED;

v1::Signal WithoutTime(const std::string& external_id) {
  v1::Signal signal = Visit(external_id);
  signal.clear_event_time();
  return signal;
}

std::vector<v1::QuarantinedSignal> Listed(TestService& service) {
  v1::ListQuarantinedSignalsRequest request;
  request.set_parent("tenants/demo");
  request.set_page_size(500);
  const auto page = rpc::ClientCall(service.quarantine(), &Stub::ListQuarantinedSignals, request,
                                    {.tenant = "demo"});
  EXPECT_TRUE(page.ok()) << page.status();
  if (!page.ok()) return {};
  return {page->quarantined_signals().begin(), page->quarantined_signals().end()};
}

v1::QuarantineReplay AsItIs(const v1::QuarantinedSignal& kept) {
  v1::QuarantineReplay replay;
  replay.set_name(kept.name());
  return replay;
}

v1::QuarantineReplay Mended(const v1::QuarantinedSignal& kept, const v1::Signal& signal) {
  v1::QuarantineReplay replay = AsItIs(kept);
  *replay.mutable_signal() = signal;
  return replay;
}

absl::StatusOr<v1::ReplayQuarantinedSignalsResponse> TryReplay(
    TestService& service, const std::vector<v1::QuarantineReplay>& replays) {
  v1::ReplayQuarantinedSignalsRequest request;
  request.set_parent("tenants/demo");
  for (const v1::QuarantineReplay& replay : replays) *request.add_replays() = replay;
  auto response = rpc::ClientCall(service.quarantine(), &Stub::ReplayQuarantinedSignals, request,
                                  {.tenant = "demo"});
  if (response.ok()) service.Await("demo", response->position());
  return response;
}

std::vector<v1::IngestOutcome> Replay(TestService& service,
                                      const std::vector<v1::QuarantineReplay>& replays) {
  const auto response = TryReplay(service, replays);
  EXPECT_TRUE(response.ok()) << response.status();
  std::vector<v1::IngestOutcome> outcomes;
  if (!response.ok()) return outcomes;
  for (const v1::ReplayResult& result : response->results()) outcomes.push_back(result.outcome());
  return outcomes;
}

class QuarantineTest : public OnEveryDatabase {
 protected:
  // The only one that is in quarantine.
  v1::QuarantinedSignal Only() {
    const auto listed = Listed(*service_);
    EXPECT_THAT(listed, SizeIs(1));
    return listed.empty() ? v1::QuarantinedSignal() : listed[0];
  }

  absl::StatusOr<v1::QuarantinedSignal> Get(const std::string& name) {
    v1::GetQuarantinedSignalRequest request;
    request.set_name(name);
    return rpc::ClientCall(service_->quarantine(), &Stub::GetQuarantinedSignal, request,
                           {.tenant = "demo"});
  }

  absl::Status Delete(const std::string& name) {
    v1::DeleteQuarantinedSignalRequest request;
    request.set_name(name);
    return rpc::ClientCall(service_->quarantine(), &Stub::DeleteQuarantinedSignal, request,
                           {.tenant = "demo"})
        .status();
  }

  v1::Source Source() {
    v1::ListSourcesRequest request;
    request.set_parent("tenants/demo");
    const auto page =
        rpc::ClientCall(service_->sources(), &v1::SourceService::StubInterface::ListSources,
                        request, {.tenant = "demo"});
    EXPECT_TRUE(page.ok() && page->sources_size() == 1) << page.status();
    return page.ok() && page->sources_size() > 0 ? page->sources(0) : v1::Source();
  }

  // Brings `signal`, which is valid, into quarantine, as a server would have that had another rule.
  void QuarantineAsOnceInvalid(v1::Signal signal) {
    service_ = nullptr;
    {
      const auto database = sql::Database::Open(url_);
      ASSERT_TRUE(database.ok()) << database.status();
      const auto store = Store::Open(database->get());
      ASSERT_TRUE(store.ok()) << store.status();
      FakeClock clock;
      const auto journal = JournalStore::Create(store->get(), &clock);
      ASSERT_TRUE(journal.ok()) << journal.status();
      google::protobuf::RepeatedPtrField<v1::Signal> signals;
      *signals.Add() = std::move(signal);
      Submission batch;
      batch.tenant = "demo";
      text::RedactionCounts redactions;
      ASSERT_TRUE(Preparer((*store)->hash_key()).Prepare(&signals, &batch, &redactions).ok());
      ASSERT_THAT(batch.candidates, SizeIs(1));
      const Candidate valid = batch.candidates[0];
      batch.rejected.push_back({.source = 0,
                                .content = valid.content,
                                .key = valid.key,
                                .signal = std::string(batch.payload_of(valid)),
                                .reasons = {"activity: was not allowed then"}});
      batch.candidates.clear();
      Submission* const batches[] = {&batch};
      const absl::Status status = (*journal)->Commit(batches);
      ASSERT_TRUE(status.ok()) << status;
    }
    service_ = std::make_unique<TestService>(url_);
  }
};
WM_ON_EVERY_DATABASE(QuarantineTest);

TEST_P(QuarantineTest, AMendedSignalIsRecordedOnceAndLeaves) {
  service_->Ingest({WithoutTime("bad")});
  const v1::QuarantinedSignal kept = Only();
  const auto mended = Mended(kept, Visit("bad"));
  EXPECT_THAT(Replay(*service_, {mended}), ElementsAre(kRecorded));
  EXPECT_THAT(Listed(*service_), IsEmpty());
  EXPECT_THAT(Replay(*service_, {mended}), ElementsAre(kGone));
  EXPECT_EQ(service_->IngestOne(Visit("bad")), kDuplicate);
  const auto changes = service_->PullAll();
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].signal().external_id(), "bad");
}

TEST_P(QuarantineTest, EachReplayOfARequestHasItsOwnResult) {
  service_->Ingest({Visit("known"), Visit("high", 5), Visit("revised"), Visit("clash")});
  for (const char* id : {"new", "known", "high", "revised", "clash", "still"}) {
    service_->Ingest({WithoutTime(id)});
  }
  auto listed = Listed(*service_);
  ASSERT_THAT(listed, SizeIs(6));
  std::vector<v1::QuarantineReplay> replays;
  for (const v1::QuarantinedSignal& kept : listed) {
    const std::string& id = kept.signal().external_id();
    v1::Signal signal = Visit(id, id == "revised" ? 1 : 0, id == "clash" ? "other" : "visit");
    if (id == "still") signal.mutable_interaction()->clear_activity();
    replays.push_back(Mended(kept, signal));
  }
  v1::QuarantineReplay gone = replays[0];
  gone.set_name("tenants/demo/quarantinedSignals/0");
  replays.push_back(gone);
  const auto response = TryReplay(*service_, replays);
  ASSERT_TRUE(response.ok()) << response.status();
  const std::map<std::string, v1::IngestOutcome> expected = {
      {"new", kRecorded},    {"known", kDuplicate}, {"high", kStale},
      {"revised", kUpdated}, {"clash", kConflict},  {"still", kQuarantined}};
  ASSERT_THAT(response->results(), SizeIs(7));
  for (int i = 0; i < 6; ++i) {
    const std::string& id = replays[i].signal().external_id();
    EXPECT_EQ(response->results(i).outcome(), expected.at(id)) << id;
    EXPECT_EQ(response->results(i).reasons().empty(), id != "clash" && id != "still") << id;
  }
  EXPECT_EQ(response->results(6).outcome(), kGone);
  EXPECT_THAT(Listed(*service_), SizeIs(2));
  EXPECT_THAT(service_->PullAll(), SizeIs(6));
}

TEST_P(QuarantineTest, WhatIsStillInvalidKeepsItsNameWithItsNewContentAndReasons) {
  service_->Ingest({WithoutTime("bad")});
  const v1::QuarantinedSignal before = Only();
  service_->clock().Advance(absl::Hours(1));
  v1::Signal wrong = Survey("bad", 11, "write to jane.doe@example.com");
  wrong.set_source("web");
  const auto response = TryReplay(*service_, {Mended(before, wrong)});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->results(0).outcome(), kQuarantined);
  const v1::QuarantinedSignal after = Only();
  EXPECT_EQ(after.name(), before.name());
  EXPECT_EQ(after.record_time().seconds(), before.record_time().seconds());
  EXPECT_THAT(after.reasons(), ElementsAre(response->results(0).reasons(0)));
  EXPECT_THAT(after.reasons(0), HasSubstr("11"));
  EXPECT_THAT(after.signal().survey_response().answers(1).text(), Not(HasSubstr("jane.doe")));
  EXPECT_THAT(Replay(*service_, {Mended(after, Visit("bad"))}), ElementsAre(kRecorded));
  EXPECT_THAT(Listed(*service_), IsEmpty());
}

TEST_P(QuarantineTest, WhatIsReplayedAsItIsAndStillInvalidStaysAsItWas) {
  service_->Ingest({WithoutTime("bad")});
  const v1::QuarantinedSignal before = Only();
  const auto response = TryReplay(*service_, {AsItIs(before)});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->results(0).outcome(), kQuarantined);
  EXPECT_THAT(response->results(0).reasons(), ElementsAre(HasSubstr("event_time")));
  EXPECT_EQ(Only().SerializeAsString(), before.SerializeAsString());
}

TEST_P(QuarantineTest, AConflictLeavesOnceARevisionHasSupersededTheOriginal) {
  service_->Ingest({Visit("a"), Visit("a", 0, "other")});
  const auto replay = AsItIs(Only());
  EXPECT_THAT(Replay(*service_, {replay}), ElementsAre(kConflict));
  EXPECT_TRUE(Only().conflict());
  service_->Ingest({Visit("a", 1)});
  EXPECT_THAT(Replay(*service_, {replay}), ElementsAre(kStale));
  EXPECT_THAT(Listed(*service_), IsEmpty());
}

TEST_P(QuarantineTest, AConflictIsMendedByAHigherRevision) {
  service_->Ingest({Visit("a"), Visit("a", 0, "other")});
  EXPECT_THAT(Replay(*service_, {Mended(Only(), Visit("a", 0, "third"))}), ElementsAre(kConflict));
  EXPECT_EQ(Only().signal().interaction().activity(), "third");
  EXPECT_THAT(Replay(*service_, {Mended(Only(), Visit("a", 1, "other"))}), ElementsAre(kUpdated));
  EXPECT_THAT(Listed(*service_), IsEmpty());
  EXPECT_EQ(service_->PullAll().back().signal().interaction().activity(), "other");
}

TEST_P(QuarantineTest, TheOriginalSentAgainAfterAReplayAsItIsIsADuplicate) {
  const v1::Signal original = Survey("s", 9, "write to jane.doe@example.com");
  for (const bool sent_back : {false, true}) {
    v1::Signal signal = original;
    signal.set_external_id(sent_back ? "s1" : "s2");
    ASSERT_NO_FATAL_FAILURE(QuarantineAsOnceInvalid(signal));
    const v1::QuarantinedSignal kept = Only();
    EXPECT_THAT(kept.signal().survey_response().answers(1).text(), Not(HasSubstr("jane.doe")));
    EXPECT_THAT(Replay(*service_, {sent_back ? Mended(kept, kept.signal()) : AsItIs(kept)}),
                ElementsAre(kRecorded));
    EXPECT_EQ(service_->IngestOne(signal), kDuplicate);
    signal.mutable_survey_response()->mutable_answers(1)->set_text("something else");
    EXPECT_EQ(service_->IngestOne(signal), kConflict);
    EXPECT_TRUE(Delete(Only().name()).ok());
  }
}

TEST_P(QuarantineTest, WhatWasMendedInVainNoLongerCountsAsItsOriginal) {
  const v1::Signal original = Survey("s", 9, "fine");
  ASSERT_NO_FATAL_FAILURE(QuarantineAsOnceInvalid(original));
  const auto too_long = Mended(Only(), Survey("s", 9, std::string(100 << 10, 'x')));
  EXPECT_THAT(Replay(*service_, {too_long}), ElementsAre(kQuarantined));
  EXPECT_THAT(Replay(*service_, {AsItIs(Only())}), ElementsAre(kRecorded));
  EXPECT_EQ(service_->IngestOne(original), kConflict);
}

TEST_P(QuarantineTest, AnOverlongTextThatWasCutIsRecordedWhenReplayedAsItIs) {
  service_->Ingest({Survey("long", 9, std::string(100 << 10, 'x'))});
  EXPECT_THAT(Replay(*service_, {AsItIs(Only())}), ElementsAre(kRecorded));
  EXPECT_THAT(Listed(*service_), IsEmpty());
  EXPECT_THAT(service_->PullAll(), SizeIs(1));
}

TEST_P(QuarantineTest, AMendedSignalIsOfTheSameKey) {
  service_->Ingest({WithoutTime("bad")});
  const v1::QuarantinedSignal kept = Only();
  const absl::Status id = TryReplay(*service_, {Mended(kept, Visit("good"))}).status();
  EXPECT_EQ(id.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(id.message(), AllOf(HasSubstr("external_id"), HasSubstr("'bad'")));
  v1::Signal elsewhere = Visit("bad");
  elsewhere.set_source("shop");
  EXPECT_EQ(TryReplay(*service_, {Mended(kept, elsewhere)}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Only().SerializeAsString(), kept.SerializeAsString());
  EXPECT_THAT(service_->PullAll(), IsEmpty());
}

TEST_P(QuarantineTest, RefusesRequestsOutOfTheirLimits) {
  service_->Ingest({WithoutTime("bad")});
  const auto code = [&](const std::vector<v1::QuarantineReplay>& replays) {
    return TryReplay(*service_, replays).status().code();
  };
  EXPECT_EQ(code({}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({AsItIs(Only()), AsItIs(Only())}), absl::StatusCode::kInvalidArgument);
  v1::QuarantineReplay foreign;
  foreign.set_name("tenants/other/quarantinedSignals/x");
  EXPECT_EQ(code({foreign}), absl::StatusCode::kInvalidArgument);
  std::vector<v1::QuarantineReplay> many(1001);
  for (int i = 0; i < 1001; ++i) {
    many[i].set_name(absl::StrCat("tenants/demo/quarantinedSignals/", i));
  }
  EXPECT_EQ(code(many), absl::StatusCode::kInvalidArgument);
  many.pop_back();
  EXPECT_THAT(Replay(*service_, many), AllOf(SizeIs(1000), Each(kGone)));
}

TEST_P(QuarantineTest, CountsReplaysOfTheSourceButNotAsASignOfLife) {
  service_->Ingest({WithoutTime("a"), WithoutTime("b")});
  const v1::Source before = Source();
  service_->clock().Advance(absl::Hours(1));
  const auto listed = Listed(*service_);
  Replay(*service_,
         {Mended(listed[0], Visit(listed[0].signal().external_id())), AsItIs(listed[1])});
  const v1::Source after = Source();
  EXPECT_EQ(after.counts().recorded(), 1);
  EXPECT_EQ(after.counts().quarantined(), 3);
  EXPECT_EQ(after.last_seen_time().seconds(), before.last_seen_time().seconds());
}

TEST_P(QuarantineTest, GetsAndDeletesOne) {
  service_->Ingest({WithoutTime("bad")});
  const v1::QuarantinedSignal kept = Only();
  const auto got = Get(kept.name());
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->SerializeAsString(), kept.SerializeAsString());
  EXPECT_TRUE(Delete(kept.name()).ok());
  EXPECT_THAT(Listed(*service_), IsEmpty());
  for (const absl::Status& status : {Get(kept.name()).status(), Delete(kept.name())}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(GetErrorDetails(status)->reason, "QUARANTINED_SIGNAL_NOT_FOUND");
  }
  EXPECT_THAT(Replay(*service_, {Mended(kept, Visit("bad"))}), ElementsAre(kGone));
  EXPECT_THAT(service_->PullAll(), IsEmpty());
}

TEST_P(QuarantineTest, APageOfLargeSignalsIsShorterThanAskedFor) {
  constexpr int kSignals = 90;
  for (int i = 0; i < kSignals; i += 30) {
    std::vector<v1::Signal> large;
    for (int k = i; k < i + 30; ++k) {
      large.push_back(Survey(absl::StrCat(k), 11, std::string(60 << 10, 'x')));
    }
    service_->Ingest(large);
  }
  v1::ListQuarantinedSignalsRequest request;
  request.set_parent("tenants/demo");
  request.set_page_size(500);
  std::set<std::string> names;
  int pages = 0;
  do {
    const auto page = rpc::ClientCall(service_->quarantine(), &Stub::ListQuarantinedSignals,
                                      request, {.tenant = "demo"});
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->ByteSizeLong(), 5u << 20);
    for (const auto& signal : page->quarantined_signals()) names.insert(signal.name());
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_THAT(names, SizeIs(kSignals));
  EXPECT_EQ(pages, 2);
}

// Two callers replay the same rows at the same time, one of them mended otherwise.
void ReplayFromBoth(TestService& first, TestService& second, int signals) {
  std::vector<v1::Signal> invalid;
  for (int i = 0; i < signals; ++i) invalid.push_back(WithoutTime(absl::StrCat(i)));
  first.Ingest(invalid);
  std::vector<v1::QuarantineReplay> plain, other;
  for (const v1::QuarantinedSignal& kept : Listed(first)) {
    plain.push_back(Mended(kept, Visit(kept.signal().external_id())));
    other.push_back(Mended(kept, Visit(kept.signal().external_id(), 0, "other")));
  }
  ASSERT_THAT(plain, SizeIs(signals));
  std::reverse(other.begin(), other.end());
  std::vector<std::vector<v1::IngestOutcome>> outcomes(4);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back(
        [&, t] { outcomes[t] = Replay(t % 2 == 0 ? first : second, t < 2 ? plain : other); });
  }
  for (std::thread& thread : threads) thread.join();
  int recorded = 0;
  for (const auto& of_one : outcomes) {
    for (const v1::IngestOutcome outcome : of_one) {
      recorded += outcome == kRecorded;
      EXPECT_TRUE(outcome == kRecorded || outcome == kDuplicate || outcome == kGone) << outcome;
    }
  }
  EXPECT_EQ(recorded, signals);
  EXPECT_THAT(Listed(first), IsEmpty());
  EXPECT_THAT(first.PullAll(), SizeIs(signals));
}

TEST_P(QuarantineTest, ConcurrentReplaysOfTheSameSignalsRecordThemOnce) {
  ReplayFromBoth(*service_, *service_, 200);
}

TEST_P(QuarantineTest, TwoReplicasThatReplayTheSameSignalsRecordThemOnce) {
  if (GetParam() != "postgres") GTEST_SKIP() << "a SQLite file belongs to one process";
  TestService second(url_);
  ReplayFromBoth(*service_, second, 200);
}

}  // namespace
}  // namespace waymark::feedback
