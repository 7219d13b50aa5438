#include "tests/system/signals.h"

#include <random>

#include "absl/strings/str_cat.h"

namespace waymark::system_test {
namespace {

using feedback::v1::Answer;
using feedback::v1::Signal;

// 2026-01-01T00:00:00Z.
constexpr int64_t kFirstTime = 1'767'225'600;

// FNV-1a: the same everywhere, whatever the standard library.
uint64_t Hash(const std::string& text) {
  uint64_t hash = 14695981039346656037u;
  for (const unsigned char byte : text) hash = (hash ^ byte) * 1099511628211u;
  return hash;
}

class Maker {
 public:
  Maker(const std::string& external_id, int64_t revision)
      : of_key_(Hash(external_id)), random_(Hash(absl::StrCat(external_id, "#", revision))) {}

  Signal Make(int64_t revision) {
    Signal signal;
    signal.set_revision(revision);
    signal.set_customer(absl::StrCat("customer-", Pick(200)));
    // Few seconds and sequences, so that many are equal; a revision may move the signal.
    signal.mutable_event_time()->set_seconds(kFirstTime + Pick(2000));
    signal.set_sequence(Pick(3));
    if (Pick(4) == 0) AddAttribute(&signal);
    if (revision > 0 && Pick(10) == 0) {
      signal.set_deleted(true);
      return signal;
    }
    switch (of_key_ % 5) {
      case 0:
        return MakeSurvey(revision, std::move(signal));
      case 1:
        return MakeChat(std::move(signal));
      case 2:
        signal.mutable_social_mention()->set_network("mastodon");
        signal.mutable_social_mention()->set_text(Text());
        signal.mutable_social_mention()->set_reach(Pick(1000));
        return signal;
      case 3:
        signal.mutable_interaction()->set_activity(absl::StrCat("step-", Pick(9)));
        signal.mutable_interaction()->set_channel("web");
        return signal;
      default:
        signal.mutable_staff_observation()->set_observer(absl::StrCat("staff-", Pick(9)));
        signal.mutable_staff_observation()->set_statement(Text());
        signal.mutable_staff_observation()->set_confidence(Pick(4) * 0.25);
        return signal;
    }
  }

 private:
  int64_t Pick(int64_t below) { return static_cast<int64_t>(random_() % below); }

  std::string Text() {
    static constexpr const char* kWords[] = {"queue", "slow",  "friendly", "café",  "again",
                                             "gate",  "thank", "broken",   "clear", "desk"};
    std::string text = "the";
    for (int64_t words = 3 + Pick(20); words > 0; --words) {
      absl::StrAppend(&text, " ", kWords[Pick(std::size(kWords))]);
    }
    return text;
  }

  void AddAttribute(Signal* signal) {
    auto* attribute = signal->add_attributes();
    attribute->set_key("segment");
    attribute->set_value(absl::StrCat("s", Pick(3)));
  }

  Signal MakeSurvey(int64_t revision, Signal signal) {
    auto* survey = signal.mutable_survey_response();
    const bool partial = revision == 0 && Pick(2) == 0;
    survey->set_completion(partial ? feedback::v1::SurveyResponse::COMPLETION_PARTIAL
                                   : feedback::v1::SurveyResponse::COMPLETION_FINISHED);
    Answer* nps = survey->add_answers();
    nps->set_question("recommend");
    nps->set_type(feedback::v1::QUESTION_TYPE_NPS);
    nps->set_number(static_cast<double>(Pick(11)));
    if (partial) return signal;
    Answer* why = survey->add_answers();
    why->set_question("why");
    why->set_type(feedback::v1::QUESTION_TYPE_TEXT);
    why->set_text(Text());
    return signal;
  }

  // What follows from a conversation depends on the order of its messages: their sequences differ.
  Signal MakeChat(Signal signal) {
    signal.set_sequence(static_cast<int64_t>(of_key_ >> 16));
    auto* chat = signal.mutable_chat_message();
    chat->set_conversation(absl::StrCat("talk-", (of_key_ >> 8) % kConversations));
    chat->set_author(static_cast<feedback::v1::ChatMessage::Author>(1 + Pick(4)));
    chat->set_text(Text());
    if (chat->author() == feedback::v1::ChatMessage::AUTHOR_AGENT) {
      chat->set_event(static_cast<feedback::v1::ChatMessage::Event>(Pick(5)));
      chat->set_agent(absl::StrCat("agent-", Pick(5)));
    }
    return signal;
  }

  const uint64_t of_key_;
  std::mt19937_64 random_;
};

}  // namespace

Signal MakeSignal(const std::string& source, const std::string& external_id, int64_t revision) {
  Signal signal = Maker(external_id, revision).Make(revision);
  signal.set_source(source);
  signal.set_external_id(external_id);
  return signal;
}

}  // namespace waymark::system_test
