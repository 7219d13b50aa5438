#include "services/feedback/conversation.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark::feedback {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::ChatMessage;

constexpr auto kCustomer = ChatMessage::AUTHOR_CUSTOMER;
constexpr auto kAgent = ChatMessage::AUTHOR_AGENT;
constexpr auto kBot = ChatMessage::AUTHOR_BOT;
constexpr auto kNote = ChatMessage::AUTHOR_INTERNAL_NOTE;
constexpr auto kMessage = ChatMessage::EVENT_UNSPECIFIED;
constexpr auto kAssigned = ChatMessage::EVENT_ASSIGNED;
constexpr auto kTransferred = ChatMessage::EVENT_TRANSFERRED;
constexpr auto kResolved = ChatMessage::EVENT_RESOLVED;
constexpr auto kReopened = ChatMessage::EVENT_REOPENED;
constexpr auto kRated = ChatMessage::EVENT_RATED;

struct Said {
  int second;
  ChatMessage::Author author;
  ChatMessage::Event event = kMessage;
  std::string text = "x";
  int rating = 0;
  int sequence = 0;
};

std::vector<v1::StoredSignal> Stored(const std::vector<Said>& lines) {
  std::vector<v1::StoredSignal> stored;
  for (const Said& line : lines) {
    v1::StoredSignal& one = stored.emplace_back();
    one.set_position(absl::StrCat(absl::Dec(stored.size(), absl::kZeroPad8)));
    one.mutable_signal()->set_source("inbox");
    one.mutable_signal()->mutable_event_time()->set_seconds(1'700'000'000 + line.second);
    one.mutable_signal()->set_sequence(line.sequence);
    ChatMessage& chat = *one.mutable_signal()->mutable_chat_message();
    chat.set_conversation("c1");
    chat.set_author(line.author);
    chat.set_event(line.event);
    chat.set_text(line.text);
    if (line.rating > 0) {
      chat.mutable_rating()->set_question("csat");
      chat.mutable_rating()->set_number(line.rating);
    }
  }
  return stored;
}

v1::Conversation Make(const std::vector<Said>& lines) { return MakeConversation(Stored(lines)); }

// Seconds, -1 for none.
double Seconds(bool has, const google::protobuf::Duration& duration) {
  return has ? static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9 : -1;
}

std::string Times(const v1::Conversation& made) {
  return absl::StrCat("first ", Seconds(made.has_first_response_time(), made.first_response_time()),
                      ", waiting ", Seconds(made.has_waiting_time(), made.waiting_time()),
                      ", handling ", Seconds(made.has_handling_time(), made.handling_time()),
                      made.open() ? ", open" : "");
}

// "rating" or "-", with "r" when it was reopened.
std::string Resolutions(const v1::Conversation& made) {
  return absl::StrJoin(
      made.resolutions(), " ", [](std::string* out, const v1::Resolution& resolution) {
        absl::StrAppend(out,
                        resolution.has_rating() ? absl::StrCat(resolution.rating().number()) : "-",
                        resolution.reopened() ? "r" : "");
      });
}

TEST(ConversationTest, MeasuresItsTimes) {
  const struct {
    const char* what;
    std::vector<Said> lines;
    const char* times;
  } kCases[] = {
      {"unanswered", {{0, kCustomer}, {50, kCustomer}}, "first -1, waiting 0, handling 50, open"},
      {"a bot's message is no answer",
       {{0, kCustomer}, {1, kBot}, {60, kAgent}, {100, kAgent, kResolved, ""}},
       "first 60, waiting 60, handling 100"},
      {"nor is a note",
       {{0, kCustomer}, {10, kNote}, {30, kAgent}},
       "first 30, waiting 30, "
       "handling 30, open"},
      {"two questions before one answer are one wait",
       {{0, kCustomer}, {40, kCustomer}, {100, kAgent}, {110, kCustomer}, {130, kAgent}},
       "first 100, waiting 120, handling 130, open"},
      {"a second message of the agent ends no wait",
       {{0, kCustomer}, {10, kAgent}, {500, kAgent}},
       "first 10, waiting 10, handling 500, open"},
      {"the resolution ends the wait",
       {{0, kCustomer}, {80, kAgent, kResolved, ""}},
       "first -1, waiting 80, handling 80"},
      {"a resolution with a text answers first",
       {{0, kCustomer}, {80, kAgent, kResolved, "Done."}},
       "first 80, waiting 80, handling 80"},
      {"assigning answers nobody",
       {{0, kCustomer}, {5, kAgent, kAssigned, ""}, {20, kAgent}},
       "first 20, waiting 20, handling 20, open"},
      {"an agent who writes first answers nobody",
       {{0, kAgent}, {100, kCustomer}, {130, kAgent}, {150, kAgent, kResolved, ""}},
       "first 30, waiting 30, handling 50"},
      {"an agent alone", {{0, kAgent}, {9, kAgent}}, "first -1, waiting 0, handling 0, open"},
      {"reopened by the customer's message",
       {{0, kCustomer},
        {10, kAgent},
        {20, kAgent, kResolved, ""},
        {1000, kCustomer, kReopened, "Again!"},
        {1030, kAgent},
        {1050, kAgent, kResolved, ""}},
       "first 10, waiting 40, handling 70"},
      {"thanks do not wait until the reopening",
       {{0, kCustomer},
        {10, kAgent, kResolved, "Done."},
        {15, kCustomer},
        {1000, kAgent, kReopened, ""},
        {1005, kAgent}},
       "first 10, waiting 15, handling 15, open"},
      {"an answer after the resolution",
       {{0, kCustomer}, {10, kAgent, kResolved, "Done."}, {15, kCustomer}, {35, kAgent}},
       "first 10, waiting 30, handling 10"},
      {"resolved twice in a row",
       {{0, kCustomer}, {10, kAgent, kResolved, ""}, {60, kAgent, kResolved, ""}},
       "first -1, waiting 10, handling 10"},
      {"reopened without a known resolution",
       {{0, kCustomer}, {10, kAgent}, {50, kCustomer, kReopened, ""}, {90, kAgent, kResolved, ""}},
       "first 10, waiting 10, handling 90"},
      {"resolved before the customer wrote",
       {{0, kAgent}, {10, kAgent, kResolved, ""}, {50, kCustomer}, {70, kAgent, kResolved, ""}},
       "first -1, waiting 20, handling 20"},
      {"what customers write with a rating waits for nobody",
       {{0, kCustomer},
        {10, kAgent, kResolved, "Done."},
        {20, kCustomer, kRated, "Took long", 2},
        {90, kAgent}},
       "first 10, waiting 10, handling 10"},
  };
  for (const auto& one : kCases) EXPECT_EQ(Times(Make(one.lines)), one.times) << one.what;
}

TEST(ConversationTest, CountsByAuthorWhatIsAMessage) {
  const v1::Conversation made = Make({{0, kCustomer},
                                      {1, kBot},
                                      {2, kBot, kTransferred, "I get you a person."},
                                      {3, kAgent, kAssigned, ""},
                                      {4, kNote},
                                      {5, kAgent, kTransferred, ""},
                                      {6, kAgent},
                                      {7, kAgent, kResolved, ""},
                                      {8, kCustomer, kRated, "", 5},
                                      {9, kCustomer, kReopened, "One more thing"}});
  EXPECT_EQ(made.customer_messages(), 2);
  EXPECT_EQ(made.bot_messages(), 2);
  EXPECT_EQ(made.agent_messages(), 1);
  EXPECT_EQ(made.internal_notes(), 1);
  EXPECT_EQ(made.transfers(), 2);
  EXPECT_EQ(made.reopenings(), 1);
  EXPECT_TRUE(made.open());
}

TEST(ConversationTest, ARatingIsOfTheResolutionBeforeIt) {
  const Said resolved = {10, kAgent, kResolved, ""}, reopened = {30, kCustomer, kReopened, ""},
             again = {50, kAgent, kResolved, ""};
  const auto rated = [](int second, int rating) {
    return Said{second, kCustomer, kRated, "", rating};
  };
  EXPECT_EQ(Resolutions(Make({{0, kCustomer}, resolved})), "-");
  EXPECT_EQ(Resolutions(Make({resolved, rated(20, 4), reopened, again})), "4r -");
  EXPECT_EQ(Resolutions(Make({resolved, reopened, rated(40, 2), again})), "2r -");
  EXPECT_EQ(Resolutions(Make({resolved, reopened, again, rated(60, 5)})), "-r 5");
  EXPECT_EQ(Resolutions(Make({resolved, rated(20, 1), rated(25, 3)})), "3");
  EXPECT_EQ(Resolutions(Make({rated(5, 1), resolved})), "-");
  EXPECT_EQ(Make({resolved, rated(20, 4)}).resolutions(0).rating().type(), v1::QUESTION_TYPE_CSAT);
}

TEST(ConversationTest, SaysWhoResolvedItAndWhen) {
  auto stored = Stored({{0, kCustomer}, {10, kAgent, kResolved, ""}});
  stored[1].mutable_signal()->mutable_chat_message()->set_agent("ann");
  const v1::Conversation made = MakeConversation(stored);
  ASSERT_THAT(made.resolutions(), SizeIs(1));
  EXPECT_EQ(made.resolutions(0).agent(), "ann");
  EXPECT_EQ(made.resolutions(0).time().seconds(), 1'700'000'010);
}

TEST(ConversationTest, EqualTimesGoBySequenceThenByPosition) {
  EXPECT_EQ(Times(Make({{0, kAgent, kMessage, "x", 0, 2}, {0, kCustomer, kMessage, "x", 0, 1}})),
            "first 0, waiting 0, handling 0, open");
  EXPECT_EQ(Times(Make({{0, kAgent}, {0, kCustomer}})), "first -1, waiting 0, handling 0, open");
  auto stored = Stored({{0, kAgent}, {0, kCustomer}});
  stored[0].set_position("9");
  EXPECT_EQ(Times(MakeConversation(stored)), "first 0, waiting 0, handling 0, open");
}

TEST(ConversationTest, KeepsFractionsOfSeconds) {
  auto stored = Stored({{0, kCustomer}, {2, kAgent}});
  stored[0].mutable_signal()->mutable_event_time()->set_nanos(750'000'000);
  const auto made = MakeConversation(stored);
  EXPECT_EQ(made.first_response_time().seconds(), 1);
  EXPECT_EQ(made.first_response_time().nanos(), 250'000'000);
}

TEST(ConversationTest, IsTheSameInWhateverOrderItIsRead) {
  auto stored = Stored({{0, kCustomer},
                        {5, kBot},
                        {10, kAgent},
                        {20, kAgent, kResolved, ""},
                        {30, kCustomer, kRated, "", 2},
                        {40, kCustomer, kReopened, "No."},
                        {90, kAgent, kResolved, "Now."}});
  const std::string expected = MakeConversation(stored).SerializeAsString();
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    std::shuffle(stored.begin(), stored.end(), random);
    ASSERT_EQ(MakeConversation(stored).SerializeAsString(), expected);
  }
}

TEST(ConversationTest, NamesItsCustomerAsTheLatestMessageDoes) {
  auto stored = Stored({{0, kCustomer}, {10, kCustomer}, {20, kAgent}});
  stored[0].mutable_signal()->set_customer("visitor-1");
  stored[1].mutable_signal()->set_customer("anna");
  const auto made = MakeConversation(stored);
  EXPECT_EQ(made.customer(), "anna");
  EXPECT_EQ(made.source(), "inbox");
  EXPECT_EQ(made.conversation(), "c1");
}

TEST(ConversationTest, NotesDoNotBeginOrEndIt) {
  const auto made = Make({{0, kNote}, {10, kCustomer}, {20, kAgent}, {90, kNote}});
  EXPECT_EQ(made.first_message_time().seconds(), 1'700'000'010);
  EXPECT_EQ(made.last_message_time().seconds(), 1'700'000'020);
  EXPECT_EQ(Times(made), "first 10, waiting 10, handling 10, open");
  const auto notes = Make({{0, kNote}, {10, kNote}});
  EXPECT_EQ(notes.first_message_time().seconds(), 1'700'000'000);
  EXPECT_EQ(notes.last_message_time().seconds(), 1'700'000'010);
}

TEST(ConversationTest, PassesOverWhatIsNoChatAndTakesNone) {
  std::vector<v1::StoredSignal> other(1);
  other[0].mutable_signal()->mutable_interaction();
  for (const auto& made : {MakeConversation({}), MakeConversation(other)}) {
    EXPECT_TRUE(made.open());
    EXPECT_FALSE(made.has_first_message_time());
    EXPECT_THAT(made.resolutions(), IsEmpty());
  }
}

}  // namespace
}  // namespace waymark::feedback
