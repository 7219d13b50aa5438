#include <thread>

#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto kRecorded = v1::INGEST_OUTCOME_RECORDED;
constexpr auto kUpdated = v1::INGEST_OUTCOME_UPDATED;
constexpr auto kDuplicate = v1::INGEST_OUTCOME_DUPLICATE;
constexpr auto kStale = v1::INGEST_OUTCOME_STALE;
constexpr auto kConflict = v1::INGEST_OUTCOME_CONFLICT;
constexpr auto kQuarantined = v1::INGEST_OUTCOME_QUARANTINED;

class IngestTest : public OnEveryDatabase {
 protected:
  std::vector<v1::QuarantinedSignal> Quarantine(const std::string& source = "") {
    v1::ListQuarantinedSignalsRequest request;
    request.set_parent("tenants/demo");
    request.set_source(source);
    request.set_page_size(2);
    std::vector<v1::QuarantinedSignal> all;
    do {
      const auto page = rpc::ClientCall(
          service_->quarantine(), &v1::QuarantineService::StubInterface::ListQuarantinedSignals,
          request, {.tenant = "demo"});
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      all.insert(all.end(), page->quarantined_signals().begin(), page->quarantined_signals().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

  std::vector<v1::Source> Sources(int page_size = 1) {
    v1::ListSourcesRequest request;
    request.set_parent("tenants/demo");
    request.set_page_size(page_size);
    std::vector<v1::Source> all;
    do {
      const auto page =
          rpc::ClientCall(service_->sources(), &v1::SourceService::StubInterface::ListSources,
                          request, {.tenant = "demo"});
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      all.insert(all.end(), page->sources().begin(), page->sources().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }
};
WM_ON_EVERY_DATABASE(IngestTest);

TEST_P(IngestTest, GivesEachSignalOfABatchItsOwnOutcome) {
  service_->Ingest({Visit("known"), Visit("revised"), Visit("high", 5)});
  v1::Signal invalid = Visit("invalid");
  invalid.clear_event_time();
  const v1::IngestResponse response =
      service_->Ingest({Visit("new"), Visit("known"), Visit("revised", 1, "other"), invalid,
                        Visit("high", 4), Visit("known", 0, "other"), Visit("new")});
  EXPECT_THAT(response.outcomes(), ElementsAre(kRecorded, kDuplicate, kUpdated, kQuarantined,
                                               kStale, kConflict, kDuplicate));
  ASSERT_THAT(response.problems(), SizeIs(2));
  EXPECT_EQ(response.problems(0).index(), 3);
  EXPECT_THAT(response.problems(0).reasons(0), HasSubstr("event_time"));
  EXPECT_EQ(response.problems(1).index(), 5);
  EXPECT_THAT(response.problems(1).reasons(0), HasSubstr("revision"));
}

TEST_P(IngestTest, AnswersWithAPositionAtWhichTheFeedHoldsTheSignals) {
  const v1::IngestResponse first = service_->Ingest({Visit("a"), Visit("b")});
  EXPECT_EQ(service_->PullAll().back().position(), first.position());
  EXPECT_EQ(service_->Ingest({Visit("a")}).position(), service_->PullAll().front().position());
  EXPECT_GT(service_->Ingest({Visit("c")}).position(), first.position());
}

TEST_P(IngestTest, ResolvesRepetitionsWithinABatchInTheirOrder) {
  const v1::IngestResponse response =
      service_->Ingest({Visit("a"), Visit("a", 2), Visit("a", 1), Visit("a", 2),
                        Visit("a", 2, "other"), Visit("a", 3)});
  EXPECT_THAT(response.outcomes(),
              ElementsAre(kRecorded, kUpdated, kStale, kDuplicate, kConflict, kUpdated));
  EXPECT_EQ(service_->IngestOne(Visit("a", 3)), kDuplicate);
}

TEST_P(IngestTest, KeepsWhatItKnowsOverARestart) {
  service_->Ingest({Visit("a", 2), Visit("b"), Survey("s", 9)});
  service_->Ingest({Visit("b", 1)});
  const auto before = service_->PullAll();
  Restart();
  EXPECT_THAT(service_->PullAll(), SizeIs(before.size()));
  EXPECT_THAT(
      service_
          ->Ingest({Visit("a", 2), Visit("a", 1), Visit("b", 1), Visit("b", 1, "other"),
                    Survey("s", 9, "", 1, v1::SurveyResponse::COMPLETION_PARTIAL), Visit("c")})
          .outcomes(),
      ElementsAre(kDuplicate, kStale, kDuplicate, kConflict, kStale, kRecorded));
}

TEST_P(IngestTest, AFinishedSurveyNeverBecomesPartialAgainInAnyOrder) {
  const auto finished = Survey("s1", 9, "", 1);
  const auto partial = Survey("s1", 9, "", 2, v1::SurveyResponse::COMPLETION_PARTIAL);
  EXPECT_EQ(service_->IngestOne(finished), kRecorded);
  EXPECT_EQ(service_->IngestOne(partial), kStale);

  auto late_finished = Survey("s2", 9, "", 1);
  auto early_partial = Survey("s2", 9, "", 2, v1::SurveyResponse::COMPLETION_PARTIAL);
  EXPECT_EQ(service_->IngestOne(early_partial), kRecorded);
  EXPECT_EQ(service_->IngestOne(late_finished), kUpdated);
  EXPECT_EQ(service_->IngestOne(early_partial), kStale);
}

TEST_P(IngestTest, ATombstoneDeletesAndALaterRevisionRevives) {
  service_->Ingest({Visit("a")});
  v1::Signal tombstone = Visit("a", 1);
  tombstone.clear_interaction();
  tombstone.set_deleted(true);
  EXPECT_EQ(service_->IngestOne(tombstone), kUpdated);
  EXPECT_EQ(service_->IngestOne(Visit("a")), kStale);
  EXPECT_EQ(service_->IngestOne(Visit("a", 2)), kUpdated);
  const auto changes = service_->PullAll();
  ASSERT_THAT(changes, SizeIs(3));
  EXPECT_EQ(changes[1].kind(), v1::Change::KIND_DELETED);
  EXPECT_TRUE(changes[1].signal().deleted());
  EXPECT_EQ(changes[2].kind(), v1::Change::KIND_REVISED);
}

TEST_P(IngestTest, ComparesContentWhateverTheOrderOfAttributes) {
  v1::Signal signal = Visit("a");
  auto* first = signal.add_attributes();
  first->set_key("segment");
  first->set_value("smb");
  auto* second = signal.add_attributes();
  second->set_key("country");
  second->set_value("de");
  EXPECT_EQ(service_->IngestOne(signal), kRecorded);
  signal.mutable_attributes()->SwapElements(0, 1);
  EXPECT_EQ(service_->IngestOne(signal), kDuplicate);
  signal.mutable_attributes(0)->set_value("fr");
  EXPECT_EQ(service_->IngestOne(signal), kConflict);
}

TEST_P(IngestTest, TellsSignalsOfTenantsAndSourcesApart) {
  v1::Signal elsewhere = Visit("a");
  elsewhere.set_source("shop");
  EXPECT_THAT(service_->Ingest({Visit("a"), elsewhere}).outcomes(),
              ElementsAre(kRecorded, kRecorded));
  EXPECT_THAT(service_->Ingest({Visit("a")}, "other").outcomes(), ElementsAre(kRecorded));
}

TEST_P(IngestTest, StoresNothingUnredacted) {
  const std::string secret = "write to jane.doe@example.com";
  v1::Signal invalid = Survey("bad", 11, secret);
  service_->Ingest({Survey("good", 9, secret), Survey("clash", 9), invalid});
  service_->Ingest({Survey("clash", 9, secret)});
  for (const v1::Change& change : service_->PullAll()) {
    EXPECT_THAT(change.signal().ShortDebugString(), Not(HasSubstr("jane.doe")));
  }
  EXPECT_THAT(service_->PullAll()[0].signal().survey_response().answers(1).text(),
              HasSubstr("[EMAIL]"));
  const auto quarantined = Quarantine();
  ASSERT_THAT(quarantined, SizeIs(2));
  for (const auto& one : quarantined) {
    EXPECT_THAT(one.ShortDebugString(), AllOf(HasSubstr("[EMAIL]"), Not(HasSubstr("jane.doe"))));
  }
  EXPECT_EQ(service_->IngestOne(Survey("good", 9, secret)), kDuplicate);
  EXPECT_EQ(service_->IngestOne(Survey("good", 9, "write to [EMAIL]")), kConflict);
}

TEST_P(IngestTest, ListsTheQuarantineNewestFirstPageByPage) {
  for (int i = 0; i < 5; ++i) {
    v1::Signal invalid = Visit(absl::StrCat("bad", i));
    invalid.clear_event_time();
    if (i == 4) invalid.set_source("shop");
    service_->Ingest({invalid});
    service_->clock().Advance(absl::Seconds(1));
  }
  const auto all = Quarantine();
  ASSERT_THAT(all, SizeIs(5));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(all[i].signal().external_id(), absl::StrCat("bad", 4 - i));
    EXPECT_THAT(all[i].name(), HasSubstr("tenants/demo/quarantinedSignals/"));
    EXPECT_THAT(all[i].reasons(), SizeIs(1));
    EXPECT_FALSE(all[i].conflict());
  }
  EXPECT_THAT(Quarantine("shop"), SizeIs(1));
}

TEST_P(IngestTest, KeepsAnInvalidSignalOnceHoweverOftenItIsSent) {
  v1::Signal invalid = Visit("bad");
  invalid.clear_event_time();
  EXPECT_THAT(service_->Ingest({invalid, invalid}).outcomes(),
              ElementsAre(kQuarantined, kQuarantined));
  EXPECT_EQ(service_->IngestOne(invalid), kQuarantined);
  EXPECT_THAT(Quarantine(), SizeIs(1));
  invalid.mutable_event_time()->set_seconds(1);
  EXPECT_EQ(service_->IngestOne(invalid), kRecorded);
}

TEST_P(IngestTest, CutsAnOverlongTextInQuarantineAndTakesTheRestIn) {
  const v1::IngestResponse response =
      service_->Ingest({Visit("a"), Survey("long", 9, std::string(2 << 20, 'x')), Visit("b")});
  EXPECT_THAT(response.outcomes(), ElementsAre(kRecorded, kQuarantined, kRecorded));
  EXPECT_THAT(response.problems(0).reasons(0), HasSubstr("2097"));
  EXPECT_LE(Quarantine()[0].signal().survey_response().answers(1).text().size(), 64u << 10);
}

TEST_P(IngestTest, CountsEachSourcesOutcomes) {
  v1::Signal invalid = Visit("bad");
  invalid.clear_event_time();
  service_->Ingest({Visit("a"), Visit("a"), Visit("a", 2), Visit("a", 1), Visit("a", 2, "other"),
                    invalid, Survey("s", 9)});
  service_->clock().Advance(absl::Minutes(1));
  service_->Ingest({Visit("b")});
  const auto sources = Sources();
  ASSERT_THAT(sources, SizeIs(2));
  EXPECT_EQ(sources[0].name(), "tenants/demo/sources/survey");
  EXPECT_EQ(sources[0].counts().recorded(), 1);
  const v1::IngestCounts& web = sources[1].counts();
  EXPECT_EQ(web.recorded(), 2);
  EXPECT_EQ(web.updated(), 1);
  EXPECT_EQ(web.duplicate(), 1);
  EXPECT_EQ(web.stale(), 1);
  EXPECT_EQ(web.conflict(), 1);
  EXPECT_EQ(web.quarantined(), 1);
  EXPECT_EQ(sources[1].last_seen_time().seconds() - sources[1].create_time().seconds(), 60);
}

TEST_P(IngestTest, RefusesABatchOverItsLimits) {
  std::vector<v1::Signal> large;
  for (int i = 0; i < 70; ++i) {
    large.push_back(Survey(absl::StrCat(i), 9, std::string(60 << 10, 'x')));
  }
  EXPECT_EQ(service_->TryIngest(large).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(service_->TryIngest({}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(service_->PullAll(), IsEmpty());
}

TEST_P(IngestTest, DeniesForeignAndUnknownTenantsAlike) {
  v1::IngestRequest request;
  request.set_parent("tenants/other");
  *request.add_signals() = Visit("a");
  const auto ingest = [&] {
    return rpc::ClientCall(service_->stub(), &v1::FeedbackService::StubInterface::Ingest, request,
                           {.tenant = "demo"})
        .status();
  };
  const absl::Status foreign = ingest();
  request.set_parent("tenants/nobody");
  EXPECT_EQ(foreign.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ingest().message(), foreign.message());
}

TEST_P(IngestTest, SumsAStreamUp) {
  grpc::ClientContext context;
  rpc::SetUpContext(context, {.tenant = "demo"});
  v1::StreamIngestResponse response;
  const auto writer = service_->stub().StreamIngest(&context, &response);
  for (int batch = 0; batch < 10; ++batch) {
    v1::StreamIngestRequest request;
    request.set_parent("tenants/demo");
    for (int i = 0; i < 50; ++i) *request.add_signals() = Visit(absl::StrCat(batch, "-", i));
    *request.add_signals() = Visit("same");
    request.add_signals();
    ASSERT_TRUE(writer->Write(request));
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.counts().recorded(), 501);
  EXPECT_EQ(response.counts().duplicate(), 9);
  EXPECT_EQ(response.counts().quarantined(), 10);
  ASSERT_THAT(response.problems(), SizeIs(10));
  EXPECT_EQ(response.problems(1).index(), 103);
  EXPECT_EQ(response.position(), service_->PullAll().back().position());
}

TEST_P(IngestTest, RecordsEachKeyOnceWhenManyCallersSendItAtOnce) {
  constexpr int kThreads = 8;
  constexpr int kKeys = 400;
  std::atomic<int> recorded = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int batch = 0; batch < 4; ++batch) {
        std::vector<v1::Signal> signals;
        for (int i = 0; i < kKeys / 4; ++i) {
          signals.push_back(Visit(absl::StrCat(((batch + t) % 4) * kKeys / 4 + i)));
        }
        const v1::IngestResponse response = service_->Ingest(signals);
        for (const int outcome : response.outcomes()) {
          EXPECT_TRUE(outcome == kRecorded || outcome == kDuplicate);
          if (outcome == kRecorded) ++recorded;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(recorded, kKeys);
  EXPECT_THAT(service_->PullAll(), SizeIs(kKeys));
}

}  // namespace
}  // namespace waymark::feedback
