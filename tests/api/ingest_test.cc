// What becomes of each signal that is sent.
#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/api/server.h"
#include "tests/api/signals.h"
#include "waymark/feedback/v1/feedback_service.grpc.pb.h"
#include "waymark/feedback/v1/quarantine_service.pb.h"
#include "waymark/feedback/v1/source_service.pb.h"

namespace waymark::api_test {
namespace {

using feedback::v1::IngestCounts;
using feedback::v1::IngestOutcome;
using feedback::v1::IngestResponse;
using feedback::v1::ListQuarantinedSignalsRequest;
using feedback::v1::ListQuarantinedSignalsResponse;
using feedback::v1::ListSourcesRequest;
using feedback::v1::ListSourcesResponse;
using feedback::v1::QuarantinedSignal;
using feedback::v1::Signal;
using feedback::v1::SurveyResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr auto kRecorded = feedback::v1::INGEST_OUTCOME_RECORDED;
constexpr auto kUpdated = feedback::v1::INGEST_OUTCOME_UPDATED;
constexpr auto kDuplicate = feedback::v1::INGEST_OUTCOME_DUPLICATE;
constexpr auto kStale = feedback::v1::INGEST_OUTCOME_STALE;
constexpr auto kConflict = feedback::v1::INGEST_OUTCOME_CONFLICT;
constexpr auto kQuarantined = feedback::v1::INGEST_OUTCOME_QUARANTINED;

Signal Revised(Signal signal, int64_t revision) {
  signal.set_revision(revision);
  return signal;
}

Signal Tombstone(const std::string& id, int64_t revision) {
  Signal signal = Revised(Visit(id, "ann", ""), revision);
  signal.clear_interaction();
  signal.set_deleted(true);
  return signal;
}

Signal Submission(const std::string& id, int64_t revision, SurveyResponse::Completion completion) {
  Signal signal = Revised(Survey(id, "ann"), revision);
  Rate("q", 4, &signal);
  signal.mutable_survey_response()->set_completion(completion);
  return signal;
}

class IngestTest : public ApiTest {
 protected:
  IngestOutcome One(const Signal& signal) const {
    const IngestResponse response = Ingest(client_, {signal});
    return response.outcomes_size() == 1 ? response.outcomes(0)
                                         : feedback::v1::INGEST_OUTCOME_UNSPECIFIED;
  }

  std::vector<std::string> ReasonsOf(const Signal& signal) const {
    const IngestResponse response = Ingest(client_, {signal});
    EXPECT_THAT(response.outcomes(), ElementsAre(kQuarantined)) << signal.ShortDebugString();
    EXPECT_THAT(response.problems(), SizeIs(1));
    if (response.problems_size() != 1) return {};
    return {response.problems(0).reasons().begin(), response.problems(0).reasons().end()};
  }

  std::vector<QuarantinedSignal> Quarantine(int page_size, const std::string& source = "") const {
    ListQuarantinedSignalsRequest request;
    request.set_parent(client_.parent());
    request.set_source(source);
    request.set_page_size(page_size);
    std::vector<QuarantinedSignal> all;
    do {
      const auto page = client_.Get<ListQuarantinedSignalsResponse>(request);
      all.insert(all.end(), page.quarantined_signals().begin(), page.quarantined_signals().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty() && !HasFailure());
    return all;
  }
};

TEST_F(IngestTest, GivesEachSignalItsOutcome) {
  Ingest(client_, {Visit("known", "ann", "arrive"), Visit("revised", "ann", "arrive"),
                   Revised(Visit("high", "ann", "arrive"), 5)});
  Signal undated = Visit("undated", "ann", "arrive");
  undated.clear_event_time();
  const IngestResponse response =
      Ingest(client_, {Visit("new", "ann", "arrive"), Visit("known", "ann", "arrive"),
                       Revised(Visit("revised", "ann", "leave"), 1), undated,
                       Revised(Visit("high", "ann", "arrive"), 4), Visit("known", "ann", "leave"),
                       Visit("new", "ann", "arrive")});
  EXPECT_THAT(response.outcomes(), ElementsAre(kRecorded, kDuplicate, kUpdated, kQuarantined,
                                               kStale, kConflict, kDuplicate));
  ASSERT_THAT(response.problems(), SizeIs(2));
  EXPECT_EQ(response.problems(0).index(), 3);
  EXPECT_THAT(response.problems(0).reasons(), ElementsAre(HasSubstr("event_time")));
  EXPECT_EQ(response.problems(1).index(), 5);
  EXPECT_THAT(response.problems(1).reasons(), ElementsAre(HasSubstr("revision")));
}

TEST_F(IngestTest, AFinishedSurveyNeverBecomesPartialAgain) {
  EXPECT_EQ(One(Submission("s", 1, SurveyResponse::COMPLETION_PARTIAL)), kRecorded);
  EXPECT_EQ(One(Submission("s", 2, SurveyResponse::COMPLETION_FINISHED)), kUpdated);
  EXPECT_EQ(One(Submission("s", 3, SurveyResponse::COMPLETION_PARTIAL)), kStale);
  EXPECT_EQ(One(Submission("s", 4, SurveyResponse::COMPLETION_FINISHED)), kUpdated);
}

TEST_F(IngestTest, ATombstoneIsARevision) {
  EXPECT_EQ(One(Visit("v", "ann", "arrive")), kRecorded);
  EXPECT_EQ(One(Tombstone("v", 1)), kUpdated);
  EXPECT_EQ(One(Tombstone("v", 1)), kDuplicate);
  EXPECT_EQ(One(Visit("v", "ann", "arrive")), kStale);
  EXPECT_EQ(One(Revised(Visit("v", "ann", "return"), 2)), kUpdated);
  const auto changes = PullAll(client_);
  ASSERT_THAT(changes, SizeIs(3));
  EXPECT_EQ(changes[0].kind(), feedback::v1::Change::KIND_RECORDED);
  EXPECT_EQ(changes[1].kind(), feedback::v1::Change::KIND_DELETED);
  EXPECT_EQ(changes[2].kind(), feedback::v1::Change::KIND_REVISED);
}

TEST_F(IngestTest, NamesEachAnswerThatIsOffItsScale) {
  Signal survey = Survey("s", "ann");
  Rate("fine", 3, &survey);
  Rate("too-high", 6, &survey);
  Rate("too-low", 0, &survey);
  Rate("not-a-number", std::numeric_limits<double>::quiet_NaN(), &survey);
  Rate("nps", 11, &survey)->set_type(feedback::v1::QUESTION_TYPE_NPS);
  Rate("ces", 7, &survey)->set_type(feedback::v1::QUESTION_TYPE_CES);
  EXPECT_THAT(ReasonsOf(survey),
              ElementsAre(AllOf(HasSubstr("too-high"), HasSubstr("6"), HasSubstr("1-5")),
                          AllOf(HasSubstr("too-low"), HasSubstr("0")), HasSubstr("not-a-number"),
                          AllOf(HasSubstr("nps"), HasSubstr("11"), HasSubstr("0-10"))));
}

TEST_F(IngestTest, QuarantinesWhatIsInvalidWithItsReason) {
  const auto valid = [] { return Visit("v", "ann", "arrive"); };
  Signal signal = valid();
  signal.set_source("no id!");
  EXPECT_THAT(ReasonsOf(signal), ElementsAre(AllOf(HasSubstr("source"), HasSubstr("no id!"))));
  signal = valid();
  signal.clear_external_id();
  EXPECT_THAT(ReasonsOf(signal), ElementsAre(HasSubstr("external_id")));
  signal = valid();
  signal.clear_interaction();
  EXPECT_THAT(ReasonsOf(signal), ElementsAre(HasSubstr("kind")));
  signal = valid();
  signal.set_revision(-1);
  EXPECT_THAT(ReasonsOf(signal), ElementsAre(AllOf(HasSubstr("revision"), HasSubstr("-1"))));
  signal = valid();
  signal.set_customer(std::string(257, 'c'));
  EXPECT_THAT(ReasonsOf(signal), ElementsAre(AllOf(HasSubstr("customer"), HasSubstr("257"))));
  signal = valid();
  for (int i = 0; i < 2; ++i) signal.add_attributes()->set_key("segment");
  EXPECT_THAT(ReasonsOf(signal), ElementsAre(HasSubstr("segment")));
  signal = valid();
  signal.mutable_interaction()->mutable_cost()->set_currency_code("euro");
  EXPECT_THAT(ReasonsOf(signal), ElementsAre(HasSubstr("euro")));
  signal = valid();
  signal.mutable_chat_message()->set_conversation("c");
  EXPECT_THAT(ReasonsOf(signal), ElementsAre(HasSubstr("author")));
  signal = Survey("v", "ann");
  Rate("q", 1, &signal);
  Rate("q", 2, &signal);
  EXPECT_THAT(ReasonsOf(signal), ElementsAre(AllOf(HasSubstr("q"), HasSubstr("once"))));
  signal = Survey("v", "ann");
  Say("why", std::string((64 << 10) + 1, 'x'), &signal);
  EXPECT_THAT(ReasonsOf(signal), ElementsAre(AllOf(HasSubstr("text"), HasSubstr("65537"))));
  // None of them took the key.
  EXPECT_EQ(One(valid()), kRecorded);
}

TEST_F(IngestTest, ReportsEveryReasonAtOnce) {
  Signal signal = Survey("", "ann");
  signal.clear_event_time();
  Rate("q", 9, &signal);
  EXPECT_THAT(ReasonsOf(signal), SizeIs(3));
}

TEST_F(IngestTest, ABatchIsTakenUpToItsLimits) {
  const auto batch_of = [&](int signals, size_t text_bytes) {
    std::vector<Signal> batch;
    for (int i = 0; i < signals; ++i) {
      batch.push_back(Survey(absl::StrCat(text_bytes, "-", i), "ann"));
      if (text_bytes > 0) Say("why", std::string(text_bytes, 'x'), &batch.back());
    }
    return Batch(client_, batch);
  };
  IngestResponse response;
  EXPECT_THAT(client_.Try(batch_of(0, 0), &response),
              Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_THAT(client_.Try(batch_of(10'001, 0), &response),
              Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
  // Together more than the 4 MiB that a batch may have.
  EXPECT_THAT(client_.Try(batch_of(64, (64 << 10) + 200), &response),
              Fails(grpc::RESOURCE_EXHAUSTED, "TOO_LARGE"));
  EXPECT_THAT(PullAll(client_), SizeIs(0)) << "nothing of a refused batch is recorded";
  EXPECT_THAT(client_.Try(batch_of(10'000, 0), &response), IsOk());
  EXPECT_THAT(response.outcomes(), ::testing::Each(kRecorded));
  EXPECT_THAT(client_.Try(batch_of(63, 64 << 10), &response), IsOk());
  EXPECT_THAT(response.outcomes(), ::testing::Each(kRecorded));
}

TEST_F(IngestTest, AStreamIsAnsweredWithItsSum) {
  const auto stub = feedback::v1::FeedbackService::NewStub(server_->channel());
  grpc::ClientContext context;
  context.AddMetadata("waymark-tenant", client_.tenant());
  feedback::v1::StreamIngestResponse response;
  const auto writer = stub->StreamIngest(&context, &response);
  for (int batch = 0; batch < 3; ++batch) {
    feedback::v1::StreamIngestRequest request;
    request.set_parent(client_.parent());
    *request.add_signals() = Visit(absl::StrCat("v", batch), "ann", "arrive");
    *request.add_signals() = Visit("same", "ann", "arrive");
    request.add_signals();
    ASSERT_TRUE(writer->Write(request));
  }
  writer->WritesDone();
  ASSERT_THAT(writer->Finish(), IsOk());
  EXPECT_EQ(response.counts().recorded(), 4);
  EXPECT_EQ(response.counts().duplicate(), 2);
  EXPECT_EQ(response.counts().quarantined(), 3);
  ASSERT_THAT(response.problems(), SizeIs(3));
  EXPECT_EQ(response.problems(1).index(), 5);
  EXPECT_EQ(response.position(), PullAll(client_).back().position());
}

TEST_F(IngestTest, EachMessageOfAStreamIsOfTheCallersTenant) {
  const auto stub = feedback::v1::FeedbackService::NewStub(server_->channel());
  grpc::ClientContext context;
  context.AddMetadata("waymark-tenant", client_.tenant());
  feedback::v1::StreamIngestResponse response;
  const auto writer = stub->StreamIngest(&context, &response);
  feedback::v1::StreamIngestRequest request;
  request.set_parent(client_.parent());
  *request.add_signals() = Visit("v", "ann", "arrive");
  ASSERT_TRUE(writer->Write(request));
  request.set_parent("tenants/nobody");
  writer->Write(request);
  writer->WritesDone();
  EXPECT_THAT(writer->Finish(), Fails(grpc::PERMISSION_DENIED, "TENANT_DENIED"));
}

TEST_F(IngestTest, ASourceCountsItsOutcomes) {
  Signal undated = Visit("undated", "ann", "arrive");
  undated.clear_event_time();
  Ingest(client_, {Visit("a", "ann", "arrive"), Visit("a", "ann", "arrive"),
                   Revised(Visit("a", "ann", "arrive"), 2), Revised(Visit("a", "ann", "arrive"), 1),
                   Revised(Visit("a", "ann", "leave"), 2), undated, Survey("s", "ann")});
  ListSourcesRequest request;
  request.set_parent(client_.parent());
  const auto all = client_.Get<ListSourcesResponse>(request);
  ASSERT_THAT(all.sources(), SizeIs(2));
  EXPECT_EQ(all.sources(0).name(), client_.parent() + "/sources/survey");
  EXPECT_EQ(all.sources(1).name(), client_.parent() + "/sources/web");
  const IngestCounts& counts = all.sources(1).counts();
  EXPECT_THAT((std::vector<int64_t>{counts.recorded(), counts.updated(), counts.duplicate(),
                                    counts.stale(), counts.conflict(), counts.quarantined()}),
              ::testing::Each(1));

  request.set_page_size(1);
  const auto first = client_.Get<ListSourcesResponse>(request);
  request.set_page_token(first.next_page_token());
  const auto second = client_.Get<ListSourcesResponse>(request);
  EXPECT_EQ(first.sources(0).DebugString(), all.sources(0).DebugString());
  EXPECT_EQ(second.sources(0).DebugString(), all.sources(1).DebugString());
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(IngestTest, TheQuarantineIsListedNewestFirstPageByPage) {
  for (int i = 0; i < 5; ++i) {
    Signal undated = Visit(absl::StrCat("v", i), "ann", "arrive");
    undated.clear_event_time();
    if (i == 4) undated.set_source("shop");
    Ingest(client_, {undated});
  }
  Ingest(client_, {Visit("known", "ann", "arrive")});
  Ingest(client_, {Visit("known", "ann", "leave")});
  const std::vector<QuarantinedSignal> all = Quarantine(100);
  ASSERT_THAT(all, SizeIs(6));
  EXPECT_TRUE(all[0].conflict());
  EXPECT_EQ(all[0].signal().interaction().activity(), "leave");
  for (int i = 1; i < 6; ++i) {
    EXPECT_EQ(all[i].signal().external_id(), absl::StrCat("v", 5 - i));
    EXPECT_THAT(all[i].reasons(), ElementsAre(HasSubstr("event_time")));
    EXPECT_THAT(all[i].name(), HasSubstr(client_.parent() + "/quarantinedSignals/"));
    EXPECT_FALSE(all[i].conflict());
  }
  const std::vector<QuarantinedSignal> paged = Quarantine(1);
  ASSERT_THAT(paged, SizeIs(6));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(paged[i].DebugString(), all[i].DebugString());
  EXPECT_THAT(Quarantine(1, "shop"), SizeIs(1));

  ListQuarantinedSignalsRequest request;
  request.set_parent(client_.parent());
  request.set_page_size(1);
  request.set_page_token(client_.Get<ListQuarantinedSignalsResponse>(request).next_page_token());
  request.set_source("shop");
  ListQuarantinedSignalsResponse page;
  EXPECT_THAT(client_.Try(request, &page), Fails(grpc::INVALID_ARGUMENT, "PAGE_TOKEN_MISMATCH"));
}

}  // namespace
}  // namespace waymark::api_test
