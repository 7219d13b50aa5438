#include "services/feedback/conversation.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/feedback/proto_time.h"

namespace waymark::feedback {
namespace {

using v1::ChatMessage;

absl::Time TimeOf(const v1::Signal& signal) {
  return absl::FromUnixSeconds(signal.event_time().seconds()) +
         absl::Nanoseconds(signal.event_time().nanos());
}

bool IsMessage(const ChatMessage& chat) {
  if (chat.event() == ChatMessage::EVENT_RATED) return false;
  return chat.event() == ChatMessage::EVENT_UNSPECIFIED || !chat.text().empty();
}

// What says something about the course of the conversation: all but notes that agents leave.
bool IsOfCourse(const ChatMessage& chat) {
  return chat.event() != ChatMessage::EVENT_UNSPECIFIED ||
         chat.author() != ChatMessage::AUTHOR_INTERNAL_NOTE;
}

// The chat messages, by (event time, sequence, position).
std::vector<const v1::StoredSignal*> InOrder(absl::Span<const v1::StoredSignal> messages) {
  std::vector<const v1::StoredSignal*> ordered;
  for (const v1::StoredSignal& message : messages) {
    if (message.signal().has_chat_message()) ordered.push_back(&message);
  }
  const auto rank = [](const v1::StoredSignal* stored) {
    const v1::Signal& signal = stored->signal();
    return std::tuple(signal.event_time().seconds(), signal.event_time().nanos(), signal.sequence(),
                      absl::string_view(stored->position()));
  };
  std::stable_sort(ordered.begin(), ordered.end(),
                   [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  return ordered;
}

/// Follows a conversation message by message.
class Course {
 public:
  void Add(const v1::Signal& signal) {
    const ChatMessage& chat = signal.chat_message();
    made_.set_source(signal.source());
    made_.set_conversation(chat.conversation());
    if (!signal.customer().empty()) made_.set_customer(signal.customer());
    const absl::Time time = TimeOf(signal);
    Extend(signal, IsOfCourse(chat), time);
    // A message that comes with an event reopens before it asks, and answers before it resolves.
    if (chat.event() == ChatMessage::EVENT_REOPENED) Reopen(time);
    if (IsMessage(chat)) AddMessage(chat.author(), time);
    if (chat.event() == ChatMessage::EVENT_TRANSFERRED) made_.set_transfers(made_.transfers() + 1);
    if (chat.event() == ChatMessage::EVENT_RESOLVED) Resolve(signal, time);
    if (chat.event() == ChatMessage::EVENT_RATED) Rate(chat.rating());
  }

  v1::Conversation Finish() {
    made_.set_open(open_);
    if (open_ && handled_since_) handling_ += last_ - *handled_since_;
    SetDuration(waiting_, made_.mutable_waiting_time());
    SetDuration(handling_, made_.mutable_handling_time());
    return std::move(made_);
  }

 private:
  // Notes stand in for the conversation's times only while there is nothing else.
  void Extend(const v1::Signal& signal, bool of_course, absl::Time time) {
    if (!of_course && began_) return;
    if (!made_.has_first_message_time() || (of_course && !began_)) {
      *made_.mutable_first_message_time() = signal.event_time();
    }
    *made_.mutable_last_message_time() = signal.event_time();
    last_ = time;
    began_ = of_course;
  }

  void AddMessage(ChatMessage::Author author, absl::Time time) {
    switch (author) {
      case ChatMessage::AUTHOR_CUSTOMER:
        made_.set_customer_messages(made_.customer_messages() + 1);
        if (!asked_) handled_since_ = handled_since_.value_or(time);
        asked_ = asked_.value_or(time);
        waits_since_ = waits_since_.value_or(time);
        return;
      case ChatMessage::AUTHOR_AGENT:
        made_.set_agent_messages(made_.agent_messages() + 1);
        if (asked_ && !made_.has_first_response_time()) {
          SetDuration(time - *asked_, made_.mutable_first_response_time());
        }
        EndWait(time);
        return;
      case ChatMessage::AUTHOR_BOT:
        return made_.set_bot_messages(made_.bot_messages() + 1);
      case ChatMessage::AUTHOR_INTERNAL_NOTE:
        return made_.set_internal_notes(made_.internal_notes() + 1);
      default:
        return;
    }
  }

  void EndWait(absl::Time time) {
    if (waits_since_) waiting_ += time - *waits_since_;
    waits_since_.reset();
  }

  void Resolve(const v1::Signal& signal, absl::Time time) {
    EndWait(time);
    if (handled_since_) handling_ += time - *handled_since_;
    handled_since_.reset();
    open_ = false;
    v1::Resolution* resolution = made_.add_resolutions();
    *resolution->mutable_time() = signal.event_time();
    resolution->set_agent(signal.chat_message().agent());
  }

  void Reopen(absl::Time time) {
    made_.set_reopenings(made_.reopenings() + 1);
    for (v1::Resolution& resolution : *made_.mutable_resolutions()) resolution.set_reopened(true);
    // "Thanks" after a resolution is no question that stays open until the next reopening.
    if (!open_ && waits_since_) waits_since_ = time;
    handled_since_ = handled_since_.value_or(time);
    open_ = true;
  }

  void Rate(const v1::Answer& rating) {
    if (made_.resolutions().empty()) return;
    v1::Answer* rated = made_.mutable_resolutions()->rbegin()->mutable_rating();
    *rated = rating;
    if (rated->type() == v1::QUESTION_TYPE_UNSPECIFIED) rated->set_type(v1::QUESTION_TYPE_CSAT);
  }

  v1::Conversation made_;
  bool open_ = true;
  /// Whether there was anything but notes.
  bool began_ = false;
  absl::Time last_;
  /// The customer's first message.
  std::optional<absl::Time> asked_;
  /// Since when the customer waits for an agent.
  std::optional<absl::Time> waits_since_;
  /// Since when it is open.
  std::optional<absl::Time> handled_since_;
  absl::Duration waiting_;
  absl::Duration handling_;
};

}  // namespace

v1::Conversation MakeConversation(absl::Span<const v1::StoredSignal> messages) {
  Course course;
  for (const v1::StoredSignal* stored : InOrder(messages)) course.Add(stored->signal());
  return course.Finish();
}

}  // namespace waymark::feedback
