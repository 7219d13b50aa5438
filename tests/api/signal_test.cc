// Reading what was taken in: one signal, lists, searches, a conversation.
#include "absl/strings/str_cat.h"
#include "tests/api/server.h"
#include "tests/api/signals.h"
#include "waymark/feedback/v1/signal_service.pb.h"

namespace waymark::api_test {
namespace {

using feedback::v1::ListSignalsRequest;
using feedback::v1::ListSignalsResponse;
using feedback::v1::Signal;
using feedback::v1::StoredSignal;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SignalTest : public ApiTest {
 protected:
  void Take(const std::vector<Signal>& signals) { end_ = Ingest(client_, signals).position(); }

  ListSignalsRequest Request(const std::string& filter, const std::string& search = "") const {
    ListSignalsRequest request;
    request.set_parent(client_.parent());
    request.set_filter(filter);
    request.set_search(search);
    request.set_order_by("event_time");
    request.set_min_position(end_);
    return request;
  }

  // The ids of all that it lists, page by page.
  std::vector<std::string> Ids(ListSignalsRequest request) const {
    std::vector<std::string> ids;
    do {
      const auto page = client_.Get<ListSignalsResponse>(request);
      if (HasFailure()) break;
      for (const StoredSignal& one : page.signals()) ids.push_back(one.signal().external_id());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  static Signal Message(const std::string& id, int second, feedback::v1::ChatMessage::Author author,
                        const std::string& text) {
    Signal signal = Visit(id, "ann", "", second);
    signal.mutable_chat_message()->set_conversation("c");
    signal.mutable_chat_message()->set_author(author);
    signal.mutable_chat_message()->set_text(text);
    return signal;
  }

  std::string end_;
};

TEST_F(SignalTest, IsReadRightAfterTheAcknowledgement) {
  Take({Visit("v", "ann", "arrive", 3)});
  const Reply reply = client_.Send("GetSignal", "parent: '$0' source: 'web' external_id: 'v'");
  ASSERT_THAT(reply.status, IsOk());
  feedback::v1::GetSignalRequest request;
  request.set_parent(client_.parent());
  request.set_source("web");
  request.set_external_id("v");
  const auto stored = client_.Get<StoredSignal>(request);
  EXPECT_EQ(stored.signal().SerializeAsString(),
            Visit("v", "ann", "arrive", 3).SerializeAsString());
  EXPECT_EQ(stored.position(), end_);
}

TEST_F(SignalTest, AListHoldsWhatTheFilterSaysPageByPage) {
  std::vector<Signal> signals;
  for (int i = 0; i < 100; ++i) {
    signals.push_back(Visit(absl::StrCat("v", i), absl::StrCat("customer-", i % 10),
                            i % 2 == 0 ? "arrive" : "leave", i));
  }
  Take(signals);
  for (const int page_size : {1, 3, 1000}) {
    ListSignalsRequest request = Request("customer = \"customer-7\" AND activity = \"leave\"");
    request.set_page_size(page_size);
    EXPECT_THAT(Ids(request),
                ElementsAre("v7", "v17", "v27", "v37", "v47", "v57", "v67", "v77", "v87", "v97"));
    request.set_filter("activity = \"arrive\" AND event_time < \"2026-01-01T00:00:07Z\"");
    EXPECT_THAT(Ids(request), ElementsAre("v0", "v2", "v4", "v6"));
    request.set_filter("");
    EXPECT_THAT(Ids(request), SizeIs(100));
    request.set_order_by("");
    EXPECT_EQ(Ids(request).front(), "v99");
  }
}

TEST_F(SignalTest, APageTokenIsOfItsRequestAlone) {
  Take({Visit("a", "ann", "arrive"), Visit("b", "ann", "leave")});
  ListSignalsRequest request = Request("");
  request.set_page_size(1);
  request.set_page_token(client_.Get<ListSignalsResponse>(request).next_page_token());
  request.set_filter("customer = \"ann\"");
  ListSignalsResponse response;
  EXPECT_THAT(client_.Try(request, &response),
              Fails(grpc::INVALID_ARGUMENT, "PAGE_TOKEN_MISMATCH"));
}

TEST_F(SignalTest, IsFoundByItsWords) {
  Signal survey = Survey("s", "bob");
  Say("why", "The Wi-Fi in the café was slow!", &survey);
  Take({survey, Message("m", 1, feedback::v1::ChatMessage::AUTHOR_CUSTOMER, "wifi SLOW again"),
        Visit("v", "ann", "slow")});
  EXPECT_THAT(Ids(Request("", "slow")), SizeIs(2));
  EXPECT_THAT(Ids(Request("", "CAFE")), ElementsAre("s"));
  EXPECT_THAT(Ids(Request("", "\"wi fi\"")), ElementsAre("s"));
  EXPECT_THAT(Ids(Request("", "slow -cafe")), ElementsAre("m"));
  EXPECT_THAT(Ids(Request("", "cafe OR wifi")), SizeIs(2));
  EXPECT_THAT(Ids(Request("", "aga*")), ElementsAre("m"));
  EXPECT_THAT(Ids(Request("kind = SURVEY", "slow")), ElementsAre("s"));
  EXPECT_THAT(Ids(Request("kind = SOCIAL", "slow")), IsEmpty());
}

TEST_F(SignalTest, WhatIsRevisedOrDeletedIsListedOnceOrNotAtAll) {
  Take({Visit("a", "ann", "arrive"), Visit("b", "ann", "arrive")});
  Signal revised = Visit("a", "ann", "leave");
  revised.set_revision(1);
  Signal deleted = Visit("b", "ann", "arrive");
  deleted.set_revision(1);
  deleted.set_deleted(true);
  Take({revised, deleted});
  EXPECT_THAT(Ids(Request("")), ElementsAre("a"));
  EXPECT_THAT(Ids(Request("activity = \"arrive\"")), IsEmpty());
}

TEST_F(SignalTest, AConversationIsMadeOfItsMessages) {
  using feedback::v1::ChatMessage;
  Take({Message("2", 20, ChatMessage::AUTHOR_AGENT, "Hello"),
        Message("1", 0, ChatMessage::AUTHOR_CUSTOMER, "Hi")});
  feedback::v1::GetConversationRequest request;
  request.set_parent(client_.parent());
  request.set_source("web");
  request.set_conversation("c");
  request.set_min_position(end_);
  const auto conversation = client_.Get<feedback::v1::Conversation>(request);
  EXPECT_EQ(conversation.customer(), "ann");
  EXPECT_EQ(conversation.customer_messages(), 1);
  EXPECT_EQ(conversation.first_response_time().seconds(), 20);
}

TEST_F(SignalTest, StatisticsAndStatusFollowWhatIsTakenIn) {
  Take({Visit("a", "ann", "arrive"), Visit("b", "", "arrive", 24 * 3600)});
  feedback::v1::ListSignalsResponse listed = client_.Get<ListSignalsResponse>(Request(""));
  EXPECT_THAT(listed.signals(), SizeIs(2));
  const Reply statistics =
      client_.Send("GetSourceStatistics",
                   absl::StrCat("name: '$0/sources/web/statistics' min_position: '", end_, "'"));
  ASSERT_THAT(statistics.status, IsOk());
  const std::string text = statistics.body->ShortDebugString();
  EXPECT_THAT(text, ::testing::HasSubstr("signals: 2 with_customer: 1"));
  EXPECT_THAT(text,
              ::testing::HasSubstr("days { date { year: 2026 month: 1 day: 2 } signals: 1 }"));
  const Reply status = client_.Send("GetIndexStatus", "parent: '$0'");
  ASSERT_THAT(status.status, IsOk());
  EXPECT_THAT(status.body->ShortDebugString(), ::testing::HasSubstr(end_));
}

}  // namespace
}  // namespace waymark::api_test
