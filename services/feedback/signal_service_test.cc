// Reading signals: one, a customer's, a conversation; how far the index is.
#include "services/feedback/signal_service.h"

#include <map>
#include <random>

#include "libs/base/error.h"
#include "services/feedback/random_signals.h"
#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Stub = v1::SignalService::StubInterface;

constexpr char kFarAway[] = "7fffffffffffffff7fffffffffffffffffffffff";

std::string ReasonOf(const absl::Status& status) {
  const auto details = GetErrorDetails(status);
  return details.has_value() ? details->reason : status.ToString();
}

std::vector<std::string> Ids(const std::vector<v1::StoredSignal>& signals) {
  std::vector<std::string> ids;
  for (const v1::StoredSignal& one : signals) ids.push_back(one.signal().external_id());
  return ids;
}

class SignalServiceTest : public OnEveryDatabase {
 protected:
  absl::StatusOr<v1::StoredSignal> Get(const std::string& external_id,
                                       const std::string& source = "web",
                                       const std::string& tenant = "demo") {
    v1::GetSignalRequest request;
    request.set_parent(absl::StrCat("tenants/", tenant));
    request.set_source(source);
    request.set_external_id(external_id);
    return rpc::ClientCall(service_->signals(), &Stub::GetSignal, request, {.tenant = tenant});
  }

  absl::StatusOr<v1::Conversation> Conversation(const std::string& id,
                                                const std::string& source = "inbox",
                                                const std::string& tenant = "demo") {
    v1::GetConversationRequest request;
    request.set_parent(absl::StrCat("tenants/", tenant));
    request.set_source(source);
    request.set_conversation(id);
    request.set_min_position(service_->end(tenant));
    return rpc::ClientCall(service_->signals(), &Stub::GetConversation, request,
                           {.tenant = tenant});
  }

  absl::StatusOr<v1::SourceStatistics> Statistics(const std::string& source, int64_t from = 0,
                                                  int64_t to = 0) {
    v1::GetSourceStatisticsRequest request;
    request.set_name(absl::StrCat("tenants/demo/sources/", source, "/statistics"));
    request.set_min_position(service_->end());
    if (from != 0) request.mutable_time_range()->mutable_start_time()->set_seconds(from);
    if (to != 0) request.mutable_time_range()->mutable_end_time()->set_seconds(to);
    return rpc::ClientCall(service_->sources(),
                           &v1::SourceService::StubInterface::GetSourceStatistics, request,
                           {.tenant = "demo"});
  }

  absl::StatusOr<v1::IndexStatus> Status() {
    v1::GetIndexStatusRequest request;
    request.set_parent("tenants/demo");
    return rpc::ClientCall(service_->signals(), &Stub::GetIndexStatus, request, {.tenant = "demo"});
  }

  static v1::Signal Chat(const std::string& id, const std::string& conversation, int second,
                         v1::ChatMessage::Author author, const std::string& text) {
    v1::Signal signal = Visit(id);
    signal.set_source("inbox");
    signal.mutable_event_time()->set_seconds(1'700'000'000 + second);
    v1::ChatMessage* chat = signal.mutable_chat_message();
    chat->set_conversation(conversation);
    chat->set_author(author);
    chat->set_text(text);
    return signal;
  }
};
WM_ON_EVERY_DATABASE(SignalServiceTest);

TEST_P(SignalServiceTest, ASignalIsThereRightAfterTheAcknowledgement) {
  for (int i = 0; i < 20; ++i) {
    const std::string id = absl::StrCat("id", i);
    const v1::IngestResponse response = service_->Ingest({Visit(id, 3)});
    const auto stored = Get(id);
    ASSERT_TRUE(stored.ok()) << stored.status();
    EXPECT_EQ(stored->signal().SerializeAsString(), Visit(id, 3).SerializeAsString());
    EXPECT_EQ(stored->position(), response.position());
    EXPECT_EQ(stored->record_time().seconds(), absl::ToUnixSeconds(service_->clock().Now()));
  }
}

TEST_P(SignalServiceTest, TheRevisionThatCountsIsRead) {
  service_->Ingest({Visit("a", 1), Visit("b", 5)});
  service_->Ingest({Visit("a", 2, "second"), Visit("b", 4, "older")});
  EXPECT_EQ(Get("a")->signal().interaction().activity(), "second");
  EXPECT_EQ(Get("b")->signal().revision(), 5);
  service_->Ingest(
      {Survey("s", 7, "", 1), Survey("s", 3, "", 9, v1::SurveyResponse::COMPLETION_PARTIAL)});
  EXPECT_EQ(Get("s", "survey")->signal().survey_response().answers(0).number(), 7);
}

TEST_P(SignalServiceTest, WhatIsDeletedUnknownOrAnothersIsNotFound) {
  v1::Signal tombstone = Visit("a", 2);
  tombstone.set_deleted(true);
  service_->Ingest({Visit("a", 1), Visit("b")});
  service_->Ingest({tombstone});
  EXPECT_EQ(ReasonOf(Get("a").status()), "SIGNAL_NOT_FOUND");
  // A tombstone that came first.
  tombstone.set_external_id("early");
  service_->Ingest({tombstone});
  EXPECT_EQ(ReasonOf(Get("early").status()), "SIGNAL_NOT_FOUND");
  service_->Ingest({Visit("early", 1)});
  EXPECT_EQ(ReasonOf(Get("early").status()), "SIGNAL_NOT_FOUND");
  service_->Ingest({Visit("early", 3)});
  EXPECT_TRUE(Get("early").ok());
  EXPECT_EQ(ReasonOf(Get("never").status()), "SIGNAL_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Get("b", "other").status()), "SIGNAL_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Get("b", "web", "other").status()), "SIGNAL_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Get("b", "no id!").status()), "INVALID_FIELD");
  EXPECT_EQ(ReasonOf(Get("").status()), "INVALID_FIELD");
  Restart();
  EXPECT_TRUE(Get("b").ok());
  EXPECT_EQ(ReasonOf(Get("a").status()), "SIGNAL_NOT_FOUND");
}

TEST_P(SignalServiceTest, IsPlacedByTheNewestCatalogue) {
  service_->Ingest({Visit("a", 0, "check in")});
  EXPECT_THAT(Get("a")->enrichment().placements(), IsEmpty());
  v1::UpdateTouchpointCatalogueRequest update;
  update.mutable_touchpoint_catalogue()->set_name("tenants/demo/touchpointCatalogue");
  update.mutable_touchpoint_catalogue()->set_revision(1);
  auto* rule = update.mutable_touchpoint_catalogue()->add_rules();
  rule->set_touchpoint("desk");
  rule->set_activity("check in");
  const auto updated = rpc::ClientCall(
      service_->stub(), &v1::FeedbackService::StubInterface::UpdateTouchpointCatalogue, update,
      {.tenant = "demo"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  ASSERT_THAT(Get("a")->enrichment().placements(), SizeIs(1));
  v1::ListSignalsRequest request;
  request.set_filter("touchpoint = \"desk\"");
  EXPECT_THAT(service_->List(request), SizeIs(1));
  request.set_filter("touchpoint != \"desk\"");
  EXPECT_THAT(service_->List(request), IsEmpty());
}

TEST_P(SignalServiceTest, ACustomersTimelineIsTheirsAlone) {
  std::vector<v1::Signal> batch;
  for (int i = 0; i < 200; ++i) {
    batch.push_back(Visit(absl::StrCat("id", i), 0, "visit", absl::StrCat("c", i % 50)));
    batch.back().mutable_event_time()->set_seconds(1'700'000'000 - i);
  }
  service_->Ingest(batch);
  service_->Ingest({Visit("foreign", 0, "visit", "c7")}, "other");
  v1::ListSignalsRequest request;
  request.set_order_by("event_time");
  request.set_page_size(3);
  request.set_filter("customer = \"c7\"");
  EXPECT_THAT(Ids(service_->List(request)), ElementsAre("id157", "id107", "id57", "id7"));
  request.set_filter("customer = \"c7\" OR customer = \"c8\"");
  EXPECT_THAT(service_->List(request), SizeIs(8));
  request.set_filter("customer = \"c7*\"");
  EXPECT_THAT(service_->List(request), SizeIs(4));
  request.set_filter("customer = \"c7\" AND event_time > \"2023-11-14T22:12:00Z\"");
  EXPECT_THAT(Ids(service_->List(request)), ElementsAre("id57", "id7"));
  request.set_filter("customer = \"c7\" AND customer = \"c8\"");
  EXPECT_THAT(service_->List(request), IsEmpty());
  request.set_filter("customer = \"\"");
  EXPECT_THAT(service_->List(request), IsEmpty());
}

TEST_P(SignalServiceTest, AReadWaitsForAPositionWithinItsDeadline) {
  service_->Ingest({Visit("a")});
  v1::ListSignalsRequest request;
  request.set_parent("tenants/demo");
  request.set_min_position(kFarAway);
  const auto late = rpc::ClientCall(service_->signals(), &Stub::ListSignals, request,
                                    {.tenant = "demo", .timeout = absl::Seconds(1)});
  EXPECT_EQ(late.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(late.status()), "POSITION_NOT_REACHED");
  request.set_min_position("yesterday");
  EXPECT_EQ(ReasonOf(service_->TryList(request).status()), "CURSOR_INVALID");
}

TEST_P(SignalServiceTest, APositionOfAnotherTenantsSignalsIsReached) {
  service_->Ingest({Visit("a")});
  for (int i = 0; i < 5; ++i) service_->Ingest({Visit(absl::StrCat("b", i))}, "other");
  v1::ListSignalsRequest request;
  request.set_min_position(service_->end("other"));
  EXPECT_THAT(service_->List(request), SizeIs(1));
}

TEST_P(SignalServiceTest, WhatCannotBeReadIsSaidWithItsPlace) {
  v1::ListSignalsRequest request;
  const auto refused = [&] {
    const absl::Status status = service_->TryList(request).status();
    EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
    return std::string(status.message());
  };
  request.set_filter("source = \"web\" AND costumer = \"x\"");
  EXPECT_THAT(refused(), HasSubstr("column 20"));
  request.set_filter("slow");
  EXPECT_THAT(refused(), HasSubstr("`search`"));
  request.set_filter("");
  request.set_search("slow \"wifi");
  EXPECT_THAT(refused(), HasSubstr("at byte 6: the quote is not closed"));
  request.set_search(std::string(1025, 'x'));
  EXPECT_THAT(refused(), HasSubstr("1025 bytes"));
  request.set_search("");
  request.set_order_by("event_time asc");
  EXPECT_THAT(refused(), HasSubstr("'event_time desc' or 'event_time'"));
}

TEST_P(SignalServiceTest, APageTokenBelongsToItsRequest) {
  service_->Ingest({Visit("a"), Visit("b"), Visit("c")});
  v1::ListSignalsRequest request;
  request.set_min_position(service_->end());
  request.set_page_size(1);
  const auto first = service_->TryList(request);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_FALSE(first->next_page_token().empty());
  request.set_page_token(first->next_page_token());
  request.set_page_size(2);  // may change
  const auto rest = service_->TryList(request);
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_THAT(rest->signals(), SizeIs(2));
  EXPECT_EQ(rest->next_page_token(), "");
  request.set_filter("source = \"web\"");
  EXPECT_EQ(ReasonOf(service_->TryList(request).status()), "PAGE_TOKEN_MISMATCH");
  request.set_page_token("no token");
  EXPECT_EQ(ReasonOf(service_->TryList(request).status()), "PAGE_TOKEN_INVALID");
}

TEST_P(SignalServiceTest, APageHoldsFiftyUnlessItIsAskedForMoreAndNeverMoreThanItMay) {
  std::vector<v1::Signal> batch;
  for (int i = 0; i < 1200; ++i) batch.push_back(Visit(absl::StrCat("id", i)));
  service_->Ingest(batch);
  v1::ListSignalsRequest request;
  request.set_min_position(service_->end());
  EXPECT_THAT(service_->TryList(request)->signals(), SizeIs(50));
  request.set_page_size(5000);
  EXPECT_THAT(service_->TryList(request)->signals(), SizeIs(1000));
  // Large signals end a page before it has more bytes than a message may.
  for (int half = 0; half < 2; ++half) {
    batch.clear();
    for (int i = 0; i < 20; ++i) {
      batch.push_back(Survey(absl::StrCat("s", half, "-", i), 5, std::string(64 << 10, 'x')));
      v1::Answer* more = batch.back().mutable_survey_response()->add_answers();
      more->set_question("more");
      more->set_text(std::string(64 << 10, 'y'));
    }
    service_->Ingest(batch);
  }
  request.set_min_position(service_->end());
  request.set_filter("source = \"survey\"");
  const auto page = service_->TryList(request);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_LT(page->signals_size(), 40);
  EXPECT_LT(page->ByteSizeLong(), 4 << 20);
  EXPECT_THAT(service_->List(request), SizeIs(40));
}

TEST_P(SignalServiceTest, RareMatchesAreFoundPageByPage) {
  std::vector<v1::Signal> batch;
  for (int i = 0; i < 3000; ++i) {
    batch.push_back(Visit(absl::StrCat("id", i), 0, i % 1000 == 999 ? "rare" : "visit"));
  }
  service_->Ingest(batch);
  v1::ListSignalsRequest request;
  request.set_order_by("event_time");
  request.set_filter("activity = \"rare\"");
  request.set_page_size(1);
  EXPECT_THAT(Ids(service_->List(request)), ElementsAre("id999", "id1999", "id2999"));
}

TEST_P(SignalServiceTest, WordsOfWhatWasRedactedAreNotFound) {
  service_->Ingest(
      {Survey("s", 2, "My card 4111 1111 1111 1111 and jane.doe@example.com, thanks")});
  const auto found = [&](const std::string& search) {
    v1::ListSignalsRequest request;
    request.set_search(search);
    return service_->List(request).size();
  };
  EXPECT_EQ(found("thanks"), 1);
  EXPECT_EQ(found("card thanks"), 1);
  for (const char* secret : {"4111", "1111", "\"4111 1111\"", "jane", "doe", "jane*", "example"}) {
    EXPECT_EQ(found(secret), 0) << secret;
  }
}

TEST_P(SignalServiceTest, AnAbsurdlyLongTextIsSearchedInItsFirstWords) {
  std::string text = "first";
  for (int i = 0; i < 20'000; ++i) absl::StrAppend(&text, " w");
  absl::StrAppend(&text, " last");
  service_->Ingest({Survey("s", 2, text)});
  v1::ListSignalsRequest request;
  request.set_search("\"first w\"");
  EXPECT_THAT(service_->List(request), SizeIs(1));
  request.set_search("last");
  EXPECT_THAT(service_->List(request), IsEmpty());
}

TEST_P(SignalServiceTest, AConversationIsMadeOfItsMessages) {
  using Message = v1::ChatMessage;
  service_->Ingest({Chat("m3", "c", 30, Message::AUTHOR_AGENT, "Hello"),
                    Chat("m1", "c", 0, Message::AUTHOR_CUSTOMER, "Hi"),
                    Chat("x", "d", 0, Message::AUTHOR_CUSTOMER, "Another one")});
  service_->Ingest({Chat("m2", "c", 5, Message::AUTHOR_BOT, "Please wait")});
  v1::Signal other_source = Chat("m1", "c", 1, Message::AUTHOR_CUSTOMER, "Elsewhere");
  other_source.set_source("inbox-2");
  service_->Ingest({other_source});
  service_->Ingest({Chat("m9", "c", 1, Message::AUTHOR_CUSTOMER, "Foreign")}, "other");
  // An edited and a deleted one.
  v1::Signal edited = Chat("m3", "c", 40, Message::AUTHOR_AGENT, "Hello!");
  edited.set_revision(1);
  v1::Signal deleted = Chat("m2", "c", 5, Message::AUTHOR_BOT, "");
  deleted.set_revision(1);
  deleted.set_deleted(true);
  service_->Ingest({edited, deleted});
  const auto conversation = Conversation("c");
  ASSERT_TRUE(conversation.ok()) << conversation.status();
  EXPECT_EQ(conversation->customer_messages(), 1);
  EXPECT_EQ(conversation->agent_messages(), 1);
  EXPECT_EQ(conversation->bot_messages(), 0);
  EXPECT_EQ(conversation->first_response_time().seconds(), 40);
  EXPECT_TRUE(conversation->open());
  EXPECT_EQ(Conversation("c", "inbox-2")->customer_messages(), 1);
  EXPECT_EQ(ReasonOf(Conversation("e").status()), "CONVERSATION_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Conversation("d", "inbox", "other").status()), "CONVERSATION_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Conversation("").status()), "INVALID_FIELD");
}

TEST_P(SignalServiceTest, StatisticsCountWhatCountsByDay) {
  std::mt19937 random(31);
  SignalModel model;
  for (int batch = 0; batch < 5; ++batch) {
    std::vector<v1::Signal> signals;
    for (int i = 0; i < 80; ++i) {
      signals.push_back(RandomSignal(absl::StrCat("id", random() % 300), random));
      signals.back().set_revision(batch);
      signals.back().set_deleted(random() % 9 == 0);
    }
    model.Apply(signals, service_->Ingest(signals));
  }
  const std::vector<std::pair<int64_t, int64_t>> ranges = {
      {0, 0}, {1'700'000'001, 0}, {-86'400, 1'700'000'001}, {5, 5}};
  for (const char* source : {"web", "survey", "chat"}) {
    for (const auto& [from, to] : ranges) {
      std::map<int64_t, int64_t> days;
      int64_t with_customer = 0, first = INT64_MAX, last = INT64_MIN, total = 0;
      for (const v1::Signal& signal : model.Sorted(true)) {
        const int64_t seconds = signal.event_time().seconds();
        if (signal.source() != source || (from != 0 && seconds < from)) continue;
        if (to != 0 && seconds >= to) continue;
        ++total;
        ++days[seconds >= 0 ? seconds / 86'400 : -((-seconds + 86'399) / 86'400)];
        with_customer += !signal.customer().empty();
        first = std::min(first, seconds);
        last = std::max(last, seconds);
      }
      const auto statistics = Statistics(source, from, to);
      ASSERT_TRUE(statistics.ok()) << statistics.status();
      EXPECT_EQ(statistics->signals(), total);
      EXPECT_EQ(statistics->with_customer(), with_customer);
      ASSERT_EQ(statistics->days_size(), static_cast<int>(days.size()));
      EXPECT_EQ(statistics->has_first_event_time(), total > 0);
      if (total == 0) continue;
      EXPECT_EQ(statistics->first_event_time().seconds(), first);
      EXPECT_EQ(statistics->last_event_time().seconds(), last);
      int i = 0;
      for (const auto& [day, count] : days) {
        const v1::DayCount& has = statistics->days(i++);
        const absl::CivilDay date(has.date().year(), has.date().month(), has.date().day());
        EXPECT_EQ(date - absl::CivilDay(1970, 1, 1), day);
        EXPECT_EQ(has.signals(), count);
      }
    }
  }
  EXPECT_EQ(ReasonOf(Statistics("none").status()), "SOURCE_NOT_FOUND");
  EXPECT_THAT(std::string(Statistics("none").status().message()),
              HasSubstr("tenants/demo/sources/none"));
  EXPECT_EQ(ReasonOf(Statistics("web", 5, 4).status()), "INVALID_FIELD");
}

TEST_P(SignalServiceTest, TheIndexTellsHowFarItIs) {
  const auto empty = Status();
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->projection().position(), "");
  EXPECT_EQ(empty->waiting(), 0);
  service_->Ingest({Visit("a"), Visit("b")});
  v1::ListSignalsRequest all;
  EXPECT_THAT(service_->List(all), SizeIs(2));
  const auto status = Status();
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->projection().position(), service_->end());
  EXPECT_EQ(status->waiting(), 0);
  EXPECT_EQ(status->projection().lag().seconds(), 0);
}

}  // namespace
}  // namespace waymark::feedback
