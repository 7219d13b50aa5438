// What customers and staff write about persons goes in, and comes out nowhere.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/api/messages.h"
#include "tests/api/server.h"
#include "tests/api/signals.h"
#include "waymark/feedback/v1/signal_service.pb.h"
#include "waymark/scoring/v1/scoring_service.pb.h"

namespace waymark::api_test {
namespace {

using feedback::v1::Change;
using feedback::v1::Signal;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const char* const kSecrets[] = {
    "jane.doe@example.com", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00",
    "+49 170 1234567",      "203.0.113.77",        "2001:db8::ff00:42:8329"};

const std::string& Plaint() {
  static const auto& text = *new std::string(
      absl::StrCat("Mail me at ", kSecrets[0], ", my card ", kSecrets[1], " and account ",
                   kSecrets[2], " were charged, call ", kSecrets[3], " or look for ", kSecrets[4],
                   " and ", kSecrets[5], "."));
  return text;
}

void ExpectNoSecret(const std::string& bytes, const std::string& where) {
  for (const char* secret : kSecrets) {
    EXPECT_FALSE(absl::StrContains(bytes, secret)) << secret << " in " << where;
  }
}

Signal Chat(const std::string& id) {
  Signal signal = Visit(id, "ann", "");
  signal.mutable_chat_message()->set_conversation("c");
  signal.mutable_chat_message()->set_author(feedback::v1::ChatMessage::AUTHOR_CUSTOMER);
  signal.mutable_chat_message()->set_text(Plaint());
  return signal;
}

Signal Post(const std::string& id) {
  Signal signal = Visit(id, "ann", "");
  signal.mutable_social_mention()->set_network("mastodon");
  signal.mutable_social_mention()->set_text(Plaint());
  return signal;
}

Signal Observation(const std::string& id) {
  Signal signal = Visit(id, "ann", "");
  signal.mutable_staff_observation()->set_observer("eve");
  signal.mutable_staff_observation()->set_statement(Plaint());
  return signal;
}

class RedactionTest : public ApiTest {
 protected:
  // What every RPC that gives signals or words of customers out answers, as bytes by its name.
  std::map<std::string, std::string> EverythingThatComesOut(const std::string& position) const {
    std::map<std::string, std::string> out;
    const std::string indexed = absl::StrCat(" min_position: '", position, "'");
    for (const auto& [method, request] : std::map<std::string, std::string>{
             {"ListSignals", "parent: '$0' page_size: 1000" + indexed},
             {"GetSignal", "parent: '$0' source: 'survey' external_id: 's0'"},
             {"GetConversation", "parent: '$0' source: 'web' conversation: 'c'" + indexed},
             {"GetSourceSchema", "name: '$0/sources/survey/schema'"},
             {"GetSourceStatistics", "name: '$0/sources/survey/statistics'" + indexed},
             {"PullFeed", "parent: '$0' limit: 10000"},
             {"ListQuarantinedSignals", "parent: '$0' page_size: 500"},
             {"ListSources", "parent: '$0'"},
             {"GetScoreReport", "name: '$0/journeyMaps/m'"},
             {"ListPriorities", "parent: '$0/journeyMaps/m'"},
             {"ListInsights", "parent: '$0'"},
             {"DiscoverGraph", "parent: '$0'"},
             {"DiscoverVariants", "parent: '$0'"}}) {
      const Reply reply = client_.Send(method, request);
      EXPECT_THAT(reply.status, IsOk()) << method;
      out[method] = reply.body->SerializeAsString();
    }
    return out;
  }

  void MakeMap() const {
    client_.Send("UpdateTouchpoint",
                 "touchpoint { name: '$0/touchpoints/desk' } allow_missing: true");
    EXPECT_THAT(client_
                    .Send("UpdateJourneyMap",
                          "journey_map { name: '$0/journeyMaps/m' stages { id: 's' steps { id: 'p' "
                          "touchpoint: 'desk' } } } allow_missing: true")
                    .status,
                IsOk());
  }
};

TEST_F(RedactionTest, WhatIsRecordedHoldsPlaceholdersInstead) {
  Signal survey = Survey("s", "ann");
  Say("why", Plaint(), &survey);
  const auto response = Ingest(client_, {survey, Chat("c"), Post("p"), Observation("o")});
  EXPECT_THAT(response.outcomes(), ::testing::Each(feedback::v1::INGEST_OUTCOME_RECORDED));
  const std::vector<Change> changes = PullAll(client_);
  ASSERT_THAT(changes, SizeIs(4));
  for (const Change& change : changes) {
    const std::string text = change.signal().ShortDebugString();
    ExpectNoSecret(text, text);
    for (const char* placeholder : {"[EMAIL]", "[CARD]", "[IBAN]", "[PHONE]", "[IP]"}) {
      EXPECT_THAT(text, HasSubstr(placeholder));
    }
  }
}

TEST_F(RedactionTest, NothingComesOutOfAnyServiceAnyFileOrTheLog) {
  MakeMap();
  std::vector<Signal> signals = {Chat("c"), Post("p"), Observation("o")};
  for (int i = 0; i < 40; ++i) {
    signals.push_back(Survey(absl::StrCat("s", i), absl::StrCat("customer-", i)));
    Rate("sat", 1, &signals.back())->set_touchpoint("desk");
    Say("why", Plaint(), &signals.back())->set_touchpoint("desk");
  }
  // Quarantined for what has nothing to do with the text, and for the text itself.
  signals.push_back(Chat("undated"));
  signals.back().clear_event_time();
  signals.push_back(Survey("off-scale", "ann"));
  Rate("sat", 9, &signals.back());
  Say("why", Plaint(), &signals.back());
  signals.push_back(Survey("text-for-a-rating", "ann"));
  Say("sat", Plaint(), &signals.back())->set_type(feedback::v1::QUESTION_TYPE_NPS);
  signals.push_back(Survey("too-long", "ann"));
  Say("why", Plaint() + std::string(70'000, ' ') + Plaint(), &signals.back());
  const auto response = Ingest(client_, signals);
  EXPECT_EQ(response.problems_size(), 4);
  ExpectNoSecret(response.DebugString(), "the answer to Ingest");
  signals[0].mutable_chat_message()->mutable_text()->append(" Now!");
  EXPECT_THAT(Ingest(client_, {signals[0]}).outcomes(),
              ::testing::ElementsAre(feedback::v1::INGEST_OUTCOME_CONFLICT));

  scoring::v1::GetScoreReportRequest ask;
  ask.set_name(client_.parent() + "/journeyMaps/m");
  ask.set_min_position(response.position());
  const auto report = client_.Get<scoring::v1::ScoreReport>(ask);
  ASSERT_THAT(report.steps(), SizeIs(1));
  ASSERT_GE(report.steps(0).quotes_size(), 1);
  EXPECT_THAT(report.steps(0).quotes(0), HasSubstr("[EMAIL]"));

  for (const auto& [method, bytes] : EverythingThatComesOut(response.position())) {
    ExpectNoSecret(bytes, method);
  }
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(server_->data())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    ExpectNoSecret(std::string(std::istreambuf_iterator<char>(file), {}), entry.path());
    ++files;
  }
  EXPECT_GT(files, 3);
  ExpectNoSecret(server_->log(), "the log");
}

TEST_F(RedactionTest, NothingIsFoundByWhatWasRedacted) {
  Signal survey = Survey("s", "ann");
  Say("why", Plaint(), &survey);
  const auto response = Ingest(client_, {survey, Chat("c"), Post("p"), Observation("o")});
  feedback::v1::ListSignalsRequest request;
  request.set_parent(client_.parent());
  request.set_min_position(response.position());
  const auto found = [&](const std::string& search) {
    request.set_search(search);
    return client_.Get<feedback::v1::ListSignalsResponse>(request).signals_size();
  };
  EXPECT_EQ(found("\"my card\" charged"), 4);
  for (const char* secret : {"4111", "1111", "\"4111 1111 1111 1111\"", "411*", "jane", "doe",
                             "\"jane.doe@example.com\"", "DE89", "3704*", "170", "1234567", "203",
                             "\"203.0.113.77\"", "db8", "8329"}) {
    EXPECT_EQ(found(secret), 0) << secret;
  }
}

TEST_F(RedactionTest, ATextThatIsCutIsRedactedUpToTheCut) {
  // The address begins before the limit and ends behind it.
  Signal survey = Survey("s", "ann");
  Say("why", std::string((64 << 10) - 12, ' ') + kSecrets[0] + std::string(100, ' '), &survey);
  EXPECT_THAT(Ingest(client_, {survey}).outcomes(),
              ::testing::ElementsAre(feedback::v1::INGEST_OUTCOME_QUARANTINED));
  const Reply quarantine = client_.Send("ListQuarantinedSignals", "parent: '$0'");
  ASSERT_THAT(quarantine.status, IsOk());
  EXPECT_FALSE(absl::StrContains(quarantine.body->SerializeAsString(), "jane.doe"));
}

TEST_F(RedactionTest, ContentIsComparedAsItWasSent) {
  Signal survey = Survey("s", "ann");
  Say("why", Plaint(), &survey);
  Ingest(client_, {survey});
  EXPECT_THAT(Ingest(client_, {survey}).outcomes(),
              ::testing::ElementsAre(feedback::v1::INGEST_OUTCOME_DUPLICATE));
  const Signal redacted = PullAll(client_)[0].signal();
  EXPECT_THAT(Ingest(client_, {redacted}).outcomes(),
              ::testing::ElementsAre(feedback::v1::INGEST_OUTCOME_CONFLICT));
}

TEST_F(RedactionTest, OrdinaryNumbersStay) {
  Signal survey = Survey("s", "ann");
  const std::string text = "Order 4111111 of 2026-01-31 at 12:45 cost 1,234.50 EUR, version 1.2.3";
  Say("why", text, &survey);
  Ingest(client_, {survey});
  EXPECT_EQ(PullAll(client_)[0].signal().survey_response().answers(0).text(), text);
}

}  // namespace
}  // namespace waymark::api_test
