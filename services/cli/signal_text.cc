#include "services/cli/signal_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "services/cli/enum_text.h"
#include "services/cli/time_text.h"

namespace waymark::cli {
namespace {

using feedback::v1::Answer;
using feedback::v1::ChatMessage;
using feedback::v1::Conversation;
using feedback::v1::Interaction;
using feedback::v1::Signal;
using feedback::v1::SocialMention;
using feedback::v1::StaffObservation;
using feedback::v1::StoredSignal;
using feedback::v1::SurveyResponse;

// Answers that a summary names.
constexpr int kShownAnswers = 3;

std::string Quoted(absl::string_view text) { return absl::StrCat("\"", text, "\""); }

std::string Spaced(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

template <typename Enum>
std::string KnownText(Enum value) {
  return value == 0 ? "" : Spaced(EnumText(value));
}

// The parts that are not empty.
std::string Joined(const std::vector<std::string>& parts, absl::string_view separator) {
  std::vector<absl::string_view> given;
  for (const std::string& part : parts) {
    if (!part.empty()) given.push_back(part);
  }
  return absl::StrJoin(given, separator);
}

std::string RowText(const feedback::v1::MatrixRow& row) {
  return absl::StrCat(row.row(), " ",
                      row.has_number()        ? absl::StrCat(row.number())
                      : !row.option().empty() ? row.option()
                      : row.not_applicable()  ? "not applicable"
                                              : "blank");
}

std::string ValueText(const Answer& answer) {
  switch (answer.value_case()) {
    case Answer::kNumber:
      return absl::StrCat(answer.number());
    case Answer::kText:
      return Quoted(answer.text());
    case Answer::kBoolean:
      return answer.boolean() ? "yes" : "no";
    case Answer::kChoices:
      return absl::StrJoin(answer.choices().options(),
                           answer.type() == feedback::v1::QUESTION_TYPE_RANKING ? " > " : ", ");
    case Answer::kDate:
      return absl::StrFormat("%04d-%02d-%02d", answer.date().year(), answer.date().month(),
                             answer.date().day());
    case Answer::kMatrix:
      return absl::StrJoin(answer.matrix().rows(), ", ", [](std::string* out, const auto& row) {
        absl::StrAppend(out, RowText(row));
      });
    case Answer::VALUE_NOT_SET:
      break;
  }
  return answer.not_applicable() ? "not applicable" : "blank";
}

std::string SurveyText(const SurveyResponse& survey) {
  std::vector<std::string> parts;
  if (survey.completion() > SurveyResponse::COMPLETION_FINISHED) {
    parts.push_back(KnownText(survey.completion()));
  }
  std::string words;
  int shown = 0, more = 0;
  for (const Answer& answer : survey.answers()) {
    if (answer.has_text()) {
      if (words.empty()) words = Quoted(answer.text());
      continue;
    }
    if (answer.value_case() == Answer::VALUE_NOT_SET) continue;
    if (shown == kShownAnswers) {
      ++more;
      continue;
    }
    parts.push_back(absl::StrCat(answer.question(), " ", ValueText(answer)));
    ++shown;
  }
  if (more > 0) parts.back() += absl::StrCat(" +", more);
  parts.push_back(words);
  return Joined(parts, ", ");
}

std::string ChatText(const ChatMessage& chat) {
  const std::string event = KnownText(chat.event());
  return Joined({KnownText(chat.author()), event.empty() ? "" : absl::StrCat("[", event, "]"),
                 chat.has_rating() ? ValueText(chat.rating()) : "",
                 chat.text().empty() ? "" : Quoted(chat.text())},
                " ");
}

std::string SocialText(const SocialMention& social) {
  const bool plain = social.post_type() <= SocialMention::POST_TYPE_POST;
  return Joined({social.network(), plain ? "" : KnownText(social.post_type()),
                 social.text().empty() ? "" : Quoted(social.text())},
                " ");
}

std::string InteractionText(const Interaction& interaction) {
  return Joined(
      {interaction.activity(), KnownText(interaction.outcome()),
       MoneyCell(interaction.revenue()).shown,
       interaction.channel().empty() ? "" : absl::StrCat("(", interaction.channel(), ")")},
      " ");
}

std::string StaffText(const StaffObservation& staff) {
  const std::string who = staff.department().empty() ? staff.observer() : staff.department();
  return Joined(
      {who, KnownText(staff.stance()), staff.statement().empty() ? "" : Quoted(staff.statement())},
      " ");
}

/// Collects details, leaving out what is not given.
class DetailList {
 public:
  void Add(std::string name, std::string value) {
    if (!value.empty()) details_.emplace_back(std::move(name), std::move(value));
  }
  void AddDuration(std::string name, const google::protobuf::Duration& duration) {
    Add(std::move(name), DurationCell(duration).shown);
  }
  void AddCount(std::string name, int64_t count) {
    if (count != 0) Add(std::move(name), CountCell(count).shown);
  }
  Details Take() { return std::move(details_); }

 private:
  Details details_;
};

void AddAnswer(const Answer& answer, DetailList* list) {
  list->Add(
      answer.question(),
      Joined({ValueText(answer),
              answer.question_text().empty() ? "" : absl::StrCat("— ", answer.question_text())},
             " "));
}

void AddSurvey(const SurveyResponse& survey, DetailList* list) {
  list->Add("completion", KnownText(survey.completion()));
  list->Add("language", survey.language());
  if (survey.has_time_to_complete()) list->AddDuration("took", survey.time_to_complete());
  for (const Answer& answer : survey.answers()) AddAnswer(answer, list);
}

void AddChat(const ChatMessage& chat, DetailList* list) {
  list->Add("conversation", chat.conversation());
  list->Add("author", KnownText(chat.author()));
  list->Add("event", KnownText(chat.event()));
  list->Add("agent", chat.agent());
  list->Add("team", chat.team());
  if (chat.has_rating()) list->Add("rating", ValueText(chat.rating()));
  list->Add("text", chat.text());
}

void AddSocial(const SocialMention& social, DetailList* list) {
  list->Add("network", social.network());
  list->Add("post", KnownText(social.post_type()));
  list->AddCount("reach", social.reach());
  list->Add("language", social.language());
  list->Add("in reply to", social.in_reply_to());
  list->Add("text", social.text());
}

void AddInteraction(const Interaction& interaction, DetailList* list) {
  list->Add("activity", interaction.activity());
  list->Add("outcome", KnownText(interaction.outcome()));
  list->Add("session", interaction.session());
  list->Add("channel", interaction.channel());
  list->Add("device", interaction.device());
  list->Add("cost", MoneyCell(interaction.cost()).shown);
  list->Add("revenue", MoneyCell(interaction.revenue()).shown);
}

void AddStaff(const StaffObservation& staff, DetailList* list) {
  list->Add("observer", staff.observer());
  list->Add("department", staff.department());
  list->Add("stance", KnownText(staff.stance()));
  if (staff.confidence() > 0) list->Add("confidence", absl::StrCat(staff.confidence()));
  list->Add("expires", TimeText(staff.expire_time()));
  list->Add("statement", staff.statement());
}

void AddKind(const Signal& signal, DetailList* list) {
  if (signal.has_survey_response()) AddSurvey(signal.survey_response(), list);
  if (signal.has_chat_message()) AddChat(signal.chat_message(), list);
  if (signal.has_social_mention()) AddSocial(signal.social_mention(), list);
  if (signal.has_interaction()) AddInteraction(signal.interaction(), list);
  if (signal.has_staff_observation()) AddStaff(signal.staff_observation(), list);
}

}  // namespace

std::string KindText(const Signal& signal) {
  switch (signal.kind_case()) {
    case Signal::kSurveyResponse:
      return "survey";
    case Signal::kChatMessage:
      return "chat";
    case Signal::kSocialMention:
      return "social";
    case Signal::kInteraction:
      return "behaviour";
    case Signal::kStaffObservation:
      return "staff";
    case Signal::KIND_NOT_SET:
      break;
  }
  return "";
}

std::string SummaryOf(const Signal& signal) {
  switch (signal.kind_case()) {
    case Signal::kSurveyResponse:
      return SurveyText(signal.survey_response());
    case Signal::kChatMessage:
      return ChatText(signal.chat_message());
    case Signal::kSocialMention:
      return SocialText(signal.social_mention());
    case Signal::kInteraction:
      return InteractionText(signal.interaction());
    case Signal::kStaffObservation:
      return StaffText(signal.staff_observation());
    case Signal::KIND_NOT_SET:
      break;
  }
  return "";
}

Details DetailsOf(const StoredSignal& stored) {
  const Signal& signal = stored.signal();
  DetailList list;
  list.Add("source", signal.source());
  list.Add("external id", signal.external_id());
  list.Add("kind", KindText(signal));
  list.AddCount("revision", signal.revision());
  list.Add("event time", Rfc3339(signal.event_time()));
  list.Add("recorded", Rfc3339(stored.record_time()));
  list.Add("customer", signal.customer());
  list.Add("account", signal.account());
  for (const auto& placement : stored.enrichment().placements()) {
    list.Add(
        "touchpoint",
        Joined({placement.touchpoint(),
                placement.question().empty() ? "" : absl::StrCat("(", placement.question(), ")"),
                placement.corrected() ? "— corrected" : ""},
               " "));
  }
  for (const auto& attribute : signal.attributes()) {
    list.Add(absl::StrCat("attributes.", attribute.key()), attribute.value());
  }
  AddKind(signal, &list);
  return list.Take();
}

Details DetailsOf(const Conversation& conversation) {
  DetailList list;
  list.Add("source", conversation.source());
  list.Add("conversation", conversation.conversation());
  list.Add("customer", conversation.customer());
  list.Add("state", conversation.open() ? "open" : "resolved");
  list.Add("began", TimeText(conversation.first_message_time()));
  list.Add("last message", TimeText(conversation.last_message_time()));
  list.AddCount("messages of the customer", conversation.customer_messages());
  list.AddCount("messages of agents", conversation.agent_messages());
  list.AddCount("messages of bots", conversation.bot_messages());
  list.AddCount("internal notes", conversation.internal_notes());
  list.AddCount("transfers", conversation.transfers());
  list.AddCount("reopenings", conversation.reopenings());
  if (conversation.has_first_response_time()) {
    list.AddDuration("first response after", conversation.first_response_time());
  }
  list.AddDuration("customer waited", conversation.waiting_time());
  list.AddDuration("handled in", conversation.handling_time());
  for (const auto& resolution : conversation.resolutions()) {
    list.Add(
        "resolved",
        Joined({TimeText(resolution.time()),
                resolution.agent().empty() ? "" : absl::StrCat("by ", resolution.agent()),
                resolution.has_rating() ? absl::StrCat("rated ", ValueText(resolution.rating()))
                                        : "not rated",
                resolution.reopened() ? "opened again" : ""},
               ", "));
  }
  return list.Take();
}

Table DetailTable(const Details& details) {
  Table table({{"field"}, {"value"}});
  for (const auto& [name, value] : details) {
    table.AddRow({TextCell(name, Tone::kDim), TextCell(value)});
  }
  return table;
}

std::string FilterLiteral(absl::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"' || c == '*') literal.push_back('\\');
    if (c == '\n' || c == '\t' || c == '\r') {
      absl::StrAppend(&literal, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
    } else {
      literal.push_back(c);
    }
  }
  literal.push_back('"');
  return literal;
}

}  // namespace waymark::cli
