// What is special to a kind of signal on its way through the service: revisions of surveys and
// posts in every order of arrival, ratings of chats, matrices.
#include <algorithm>
#include <map>

#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class KindsTest : public OnEveryDatabase {
 protected:
  /// The last change of each signal, by its external id: what counts in the end.
  std::map<std::string, v1::Change> Last() {
    std::map<std::string, v1::Change> last;
    for (v1::Change& change : service_->PullAll()) last[change.signal().external_id()] = change;
    return last;
  }

  /// Takes `revisions` in in each of their orders, as a signal of its own each time, one by one;
  /// returns what counts in the end.
  std::map<std::string, v1::Change> InEveryOrder(const std::vector<v1::Signal>& revisions) {
    std::vector<int> order(revisions.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
    do {
      std::string id;
      for (const int i : order) absl::StrAppend(&id, i);
      for (const int i : order) {
        v1::Signal signal = revisions[i];
        signal.set_external_id(id);
        service_->Ingest({signal});
      }
    } while (std::next_permutation(order.begin(), order.end()));
    return Last();
  }
};
WM_ON_EVERY_DATABASE(KindsTest);

constexpr auto kFinished = v1::SurveyResponse::COMPLETION_FINISHED;
constexpr auto kPartial = v1::SurveyResponse::COMPLETION_PARTIAL;

v1::Signal Post(const std::string& text, int64_t revision) {
  v1::Signal signal = Visit("post", revision);
  signal.set_source("social");
  v1::SocialMention* social = signal.mutable_social_mention();
  social->set_network("mastodon");
  social->set_text(text);
  social->set_post_type(v1::SocialMention::POST_TYPE_REPLY);
  social->set_in_reply_to("https://example.social/@a/1");
  return signal;
}

v1::Signal Gone(int64_t revision) {
  v1::Signal signal = Post("", revision);
  signal.clear_kind();
  signal.set_deleted(true);
  return signal;
}

v1::Signal RatedChat(const std::string& external_id, double rating) {
  v1::Signal signal = Visit(external_id);
  v1::ChatMessage* chat = signal.mutable_chat_message();
  chat->set_conversation("c1");
  chat->set_author(v1::ChatMessage::AUTHOR_CUSTOMER);
  chat->set_event(v1::ChatMessage::EVENT_RATED);
  chat->mutable_rating()->set_question("chat-csat");
  chat->mutable_rating()->set_number(rating);
  return signal;
}

TEST_P(KindsTest, AFinishedSurveyStaysFinishedInEveryOrderOfItsRevisions) {
  const auto last =
      InEveryOrder({Survey("s", 1, "", 1, kPartial), Survey("s", 2, "", 2, kPartial),
                    Survey("s", 3, "", 3, kFinished), Survey("s", 4, "", 4, kPartial)});
  ASSERT_THAT(last, SizeIs(24));
  for (const auto& [order, change] : last) {
    EXPECT_EQ(change.signal().revision(), 3) << order;
    EXPECT_EQ(change.signal().survey_response().answers(0).number(), 3) << order;
  }
}

TEST_P(KindsTest, OfFinishedSurveysTheHighestRevisionCountsInEveryOrder) {
  const auto last = InEveryOrder({Survey("s", 1, "", 1, kFinished), Survey("s", 2, "", 2, kPartial),
                                  Survey("s", 3, "", 3, kFinished)});
  ASSERT_THAT(last, SizeIs(6));
  for (const auto& [order, change] : last) EXPECT_EQ(change.signal().revision(), 3) << order;
}

TEST_P(KindsTest, AnEditedPostReplacesItsFirstTextInEveryOrder) {
  const auto last = InEveryOrder({Post("Great!", 0), Post("Bad, call +44 20 7946 0958", 1)});
  ASSERT_THAT(last, SizeIs(2));
  for (const auto& [order, change] : last) {
    EXPECT_EQ(change.signal().social_mention().text(), "Bad, call [PHONE]") << order;
    EXPECT_EQ(change.signal().social_mention().in_reply_to(), "https://example.social/@a/1");
  }
}

TEST_P(KindsTest, ADeletedPostStaysDeletedInEveryOrder) {
  const auto last = InEveryOrder({Post("Bad", 0), Post("Worse", 1), Gone(2)});
  ASSERT_THAT(last, SizeIs(6));
  for (const auto& [order, change] : last) {
    EXPECT_TRUE(change.signal().deleted()) << order;
    EXPECT_FALSE(change.signal().has_social_mention()) << order;
  }
}

TEST_P(KindsTest, AnEditThatComesAfterTheDeletionIsStale) {
  EXPECT_EQ(service_->IngestOne(Post("Bad", 0)), v1::INGEST_OUTCOME_RECORDED);
  EXPECT_EQ(service_->IngestOne(Gone(2)), v1::INGEST_OUTCOME_UPDATED);
  EXPECT_EQ(service_->IngestOne(Post("Worse", 1)), v1::INGEST_OUTCOME_STALE);
  EXPECT_EQ(service_->IngestOne(Gone(2)), v1::INGEST_OUTCOME_DUPLICATE);
  EXPECT_EQ(service_->PullAll().back().kind(), v1::Change::KIND_DELETED);
}

TEST_P(KindsTest, WhatACustomerWritesWithARatingIsRedactedInJournalAndQuarantine) {
  v1::Signal good = RatedChat("good", 5), bad = RatedChat("bad", 5);
  for (v1::Signal* signal : {&good, &bad}) {
    v1::Answer* rating = signal->mutable_chat_message()->mutable_rating();
    rating->set_type(v1::QUESTION_TYPE_TEXT);
    rating->set_text("Write to jane.doe@example.com");
  }
  bad.mutable_chat_message()->set_event(v1::ChatMessage::EVENT_RESOLVED);
  EXPECT_THAT(service_->Ingest({good, bad}).outcomes(),
              ElementsAre(v1::INGEST_OUTCOME_RECORDED, v1::INGEST_OUTCOME_QUARANTINED));
  EXPECT_EQ(service_->PullAll()[0].signal().chat_message().rating().text(), "Write to [EMAIL]");
  v1::ListQuarantinedSignalsRequest request;
  request.set_parent("tenants/demo");
  const auto page = rpc::ClientCall(service_->quarantine(),
                                    &v1::QuarantineService::StubInterface::ListQuarantinedSignals,
                                    request, {.tenant = "demo"});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->ShortDebugString(), HasSubstr("[EMAIL]"));
  EXPECT_THAT(page->ShortDebugString(), Not(HasSubstr("jane")));
}

TEST_P(KindsTest, KeepsMatricesDatesAndRatingsAsTheyCame) {
  v1::Signal survey = Survey("s", 9), chat = RatedChat("chat", 4);
  v1::Answer* matrix = survey.mutable_survey_response()->add_answers();
  matrix->set_question("areas");
  matrix->set_question_version("2");
  matrix->mutable_scale()->set_min(1);
  matrix->mutable_scale()->set_max(5);
  v1::MatrixRow* row = matrix->mutable_matrix()->add_rows();
  row->set_row("food");
  row->set_number(2);
  v1::Answer* date = survey.mutable_survey_response()->add_answers();
  date->set_question("visited");
  date->mutable_date()->set_year(2024);
  date->mutable_date()->set_month(2);
  date->mutable_date()->set_day(29);
  service_->Ingest({survey, chat});
  const auto changes = service_->PullAll();
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_EQ(changes[0].signal().SerializeAsString(), survey.SerializeAsString());
  EXPECT_EQ(changes[1].signal().SerializeAsString(), chat.SerializeAsString());
}

TEST_P(KindsTest, DropsFieldsItDoesNotKnowFromEveryPartOfAnAnswer) {
  const auto spoil = [](google::protobuf::Message* message) {
    message->GetReflection()->MutableUnknownFields(message)->AddLengthDelimited(999, "jane.doe");
  };
  v1::Signal survey = Survey("s", 9), chat = RatedChat("chat", 4);
  spoil(chat.mutable_chat_message()->mutable_rating());
  v1::Answer* matrix = survey.mutable_survey_response()->add_answers();
  matrix->set_question("areas");
  spoil(matrix->mutable_matrix());
  matrix->mutable_matrix()->add_rows()->set_row("food");
  spoil(matrix->mutable_matrix()->mutable_rows(0));
  v1::Answer* date = survey.mutable_survey_response()->add_answers();
  date->set_question("visited");
  date->mutable_date()->set_year(2024);
  date->mutable_date()->set_month(2);
  date->mutable_date()->set_day(29);
  spoil(date->mutable_date());
  service_->Ingest({survey, chat});
  const auto changes = service_->PullAll();
  ASSERT_THAT(changes, SizeIs(2));
  for (const v1::Change& change : changes) {
    EXPECT_THAT(change.SerializeAsString(), Not(HasSubstr("jane.doe")));
  }
}

}  // namespace
}  // namespace waymark::feedback
