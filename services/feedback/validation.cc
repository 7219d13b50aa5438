#include "services/feedback/validation.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "libs/base/ids.h"
#include "services/feedback/answer_validation.h"
#include "services/feedback/field_check.h"

namespace waymark::feedback {
namespace {

constexpr size_t kMaxLanguageBytes = 35;
constexpr int kMaxAttributes = 64;
constexpr size_t kMaxReasons = 1000;

void CheckLanguage(const Field& field, absl::string_view language, Reasons* reasons) {
  bool valid = language.size() <= kMaxLanguageBytes;
  for (const char c : language) valid &= absl::ascii_isalnum(c) || c == '-';
  if (!valid) Add(field, reasons, Shown(language), " is no BCP 47 tag such as 'en' or 'pt-BR'");
}

void CheckMoney(const Field& field, const common::v1::Money& money, Reasons* reasons) {
  bool valid = money.currency_code().size() == 3;
  for (const char c : money.currency_code()) valid &= absl::ascii_isupper(c);
  if (!valid) {
    Add(field, reasons, "currency_code ", Shown(money.currency_code()),
        " is no ISO 4217 code such as 'EUR'");
  }
}

void CheckAttributes(const v1::Signal& signal, Reasons* reasons) {
  const auto& attributes = signal.attributes();
  if (attributes.size() > kMaxAttributes) {
    Add({"attributes"}, reasons, attributes.size(), " given; at most ", kMaxAttributes,
        " are allowed");
    return;
  }
  for (int i = 0; i < attributes.size(); ++i) {
    CheckBytes({"attributes", i, "key"}, attributes[i].key(), 1, 64, reasons);
    CheckBytes({"attributes", i, "value"}, attributes[i].value(), 0, kMaxIdBytes, reasons);
    for (int j = 0; j < i; ++j) {
      if (attributes[j].key() != attributes[i].key()) continue;
      Add({"attributes", i, "key"}, reasons, Shown(attributes[i].key()),
          " is given more than once; give each key once");
      break;
    }
  }
}

void CheckSurvey(const v1::SurveyResponse& survey, Reasons* reasons) {
  CheckEnum({"survey_response.completion"}, survey.completion(),
            v1::SurveyResponse::Completion_IsValid(survey.completion()), reasons);
  CheckLanguage({"survey_response.language"}, survey.language(), reasons);
  if (survey.has_weight() && !(std::isfinite(survey.weight()) && survey.weight() >= 0)) {
    Add({"survey_response.weight"}, reasons, survey.weight(), "; give a number from 0 on");
  }
  const auto& taken = survey.time_to_complete();
  if (taken.seconds() < 0 || taken.nanos() < 0 || taken.nanos() >= 1'000'000'000) {
    Add({"survey_response.time_to_complete"}, reasons, taken.seconds(), " s ", taken.nanos(),
        " ns; a duration from 0 on is allowed");
  }
  CheckAnswers(survey, reasons);
}

void CheckRating(const v1::ChatMessage& chat, Reasons* reasons) {
  const bool is_rated = chat.event() == v1::ChatMessage::EVENT_RATED;
  if (is_rated && !chat.has_rating()) {
    Add({"chat_message.rating"}, reasons, "missing; EVENT_RATED needs it");
  } else if (!is_rated && chat.has_rating()) {
    Add({"chat_message.rating"}, reasons, "given with ", v1::ChatMessage::Event_Name(chat.event()),
        "; only EVENT_RATED has one");
  }
  if (chat.has_rating()) {
    CheckAnswer({"chat_message.rating"}, chat.rating(), v1::QUESTION_TYPE_CSAT, reasons);
  }
}

void CheckChat(const v1::ChatMessage& chat, Reasons* reasons) {
  CheckBytes({"chat_message.conversation"}, chat.conversation(), 1, kMaxIdBytes, reasons);
  CheckBytes({"chat_message.text"}, chat.text(), 0, kMaxTextBytes, reasons);
  CheckBytes({"chat_message.agent"}, chat.agent(), 0, kMaxIdBytes, reasons);
  CheckBytes({"chat_message.team"}, chat.team(), 0, kMaxLabelBytes, reasons);
  CheckEnum({"chat_message.event"}, chat.event(), v1::ChatMessage::Event_IsValid(chat.event()),
            reasons);
  if (chat.author() == v1::ChatMessage::AUTHOR_UNSPECIFIED) {
    Add({"chat_message.author"}, reasons, "missing; say who wrote it");
  } else {
    CheckEnum({"chat_message.author"}, chat.author(),
              v1::ChatMessage::Author_IsValid(chat.author()), reasons);
  }
  CheckRating(chat, reasons);
}

void CheckSocial(const v1::SocialMention& social, Reasons* reasons) {
  CheckBytes({"social_mention.network"}, social.network(), 1, kMaxLabelBytes, reasons);
  CheckBytes({"social_mention.text"}, social.text(), 0, kMaxTextBytes, reasons);
  CheckLanguage({"social_mention.language"}, social.language(), reasons);
  CheckEnum({"social_mention.post_type"}, social.post_type(),
            v1::SocialMention::PostType_IsValid(social.post_type()), reasons);
  CheckBytes({"social_mention.in_reply_to"}, social.in_reply_to(), 0, kMaxIdBytes, reasons);
  if (social.reach() < 0) {
    Add({"social_mention.reach"}, reasons, social.reach(), "; give a number from 0 on");
  }
}

void CheckInteraction(const v1::Interaction& interaction, Reasons* reasons) {
  CheckBytes({"interaction.activity"}, interaction.activity(), 1, kMaxIdBytes, reasons);
  CheckBytes({"interaction.session"}, interaction.session(), 0, kMaxIdBytes, reasons);
  CheckBytes({"interaction.channel"}, interaction.channel(), 0, kMaxLabelBytes, reasons);
  CheckBytes({"interaction.device"}, interaction.device(), 0, kMaxLabelBytes, reasons);
  CheckEnum({"interaction.outcome"}, interaction.outcome(),
            v1::Interaction::Outcome_IsValid(interaction.outcome()), reasons);
  if (interaction.has_cost()) CheckMoney({"interaction.cost"}, interaction.cost(), reasons);
  if (interaction.has_revenue()) {
    CheckMoney({"interaction.revenue"}, interaction.revenue(), reasons);
  }
}

void CheckStaff(const v1::StaffObservation& staff, Reasons* reasons) {
  CheckBytes({"staff_observation.observer"}, staff.observer(), 1, kMaxIdBytes, reasons);
  CheckBytes({"staff_observation.department"}, staff.department(), 0, kMaxLabelBytes, reasons);
  CheckBytes({"staff_observation.statement"}, staff.statement(), 0, kMaxTextBytes, reasons);
  CheckEnum({"staff_observation.stance"}, staff.stance(),
            v1::StaffObservation::Stance_IsValid(staff.stance()), reasons);
  if (!(staff.confidence() >= 0 && staff.confidence() <= 1)) {
    Add({"staff_observation.confidence"}, reasons, staff.confidence(), "; allowed is 0 to 1");
  }
  if (staff.has_expire_time()) {
    CheckTime({"staff_observation.expire_time"}, staff.expire_time(), reasons);
  }
}

void CheckKind(const v1::Signal& signal, Reasons* reasons) {
  switch (signal.kind_case()) {
    case v1::Signal::kSurveyResponse:
      return CheckSurvey(signal.survey_response(), reasons);
    case v1::Signal::kChatMessage:
      return CheckChat(signal.chat_message(), reasons);
    case v1::Signal::kSocialMention:
      return CheckSocial(signal.social_mention(), reasons);
    case v1::Signal::kInteraction:
      return CheckInteraction(signal.interaction(), reasons);
    case v1::Signal::kStaffObservation:
      return CheckStaff(signal.staff_observation(), reasons);
    case v1::Signal::KIND_NOT_SET:
      if (!signal.deleted()) {
        Add({"kind"}, reasons,
            "missing; give a survey_response, chat_message, social_mention, interaction or "
            "staff_observation");
      }
  }
}

}  // namespace

bool ScaleOf(const v1::Answer& answer, v1::QuestionType type, v1::Scale* scale) {
  if (answer.has_scale()) {
    *scale = answer.scale();
    return true;
  }
  const auto standard = [&](double min, double max) {
    scale->set_min(min);
    scale->set_max(max);
    return true;
  };
  switch (type) {
    case v1::QUESTION_TYPE_NPS:
      return standard(0, 10);
    case v1::QUESTION_TYPE_CSAT:
      return standard(1, 5);
    case v1::QUESTION_TYPE_CES:
      return standard(1, 7);
    default:
      return false;
  }
}

void ValidateSignal(const v1::Signal& signal, size_t bytes, Reasons* reasons) {
  if (!IsValidId(signal.source())) {
    Add({"source"}, reasons, Shown(signal.source()),
        " is no id; use 1-128 of A-Z a-z 0-9 _ . ~ : @ -");
  }
  CheckBytes({"external_id"}, signal.external_id(), 1, kMaxIdBytes, reasons);
  CheckBytes({"customer"}, signal.customer(), 0, kMaxIdBytes, reasons);
  CheckBytes({"account"}, signal.account(), 0, kMaxIdBytes, reasons);
  CheckOptionalId({"touchpoint"}, signal.touchpoint(), reasons);
  if (signal.revision() < 0) {
    Add({"revision"}, reasons, signal.revision(), "; give a number from 0 on");
  }
  if (!signal.has_event_time()) {
    Add({"event_time"}, reasons, "missing; say when it happened");
  } else {
    CheckTime({"event_time"}, signal.event_time(), reasons);
  }
  if (bytes > kMaxSignalBytes) {
    Add({"signal"}, reasons, bytes, " bytes; at most ", kMaxSignalBytes, " are allowed");
  }
  CheckAttributes(signal, reasons);
  CheckKind(signal, reasons);
  if (reasons->size() > kMaxReasons) {
    const size_t more = reasons->size() - kMaxReasons;
    reasons->resize(kMaxReasons);
    reasons->push_back(absl::StrCat("signal: ", more, " more reasons are left out"));
  }
}

void ValidateCatalogue(const v1::TouchpointCatalogue& catalogue, Reasons* reasons) {
  constexpr char kRules[] = "touchpoint_catalogue.rules";
  if (catalogue.revision() < 1 || catalogue.revision() > kMaxCatalogueRevision) {
    Add({"touchpoint_catalogue.revision"}, reasons, catalogue.revision(),
        "; give a number from 1 to ", kMaxCatalogueRevision);
  }
  if (catalogue.rules_size() > kMaxRules) {
    Add({kRules}, reasons, catalogue.rules_size(), " rules; at most ", kMaxRules, " are allowed");
    return;
  }
  for (int i = 0; i < catalogue.rules_size(); ++i) {
    const v1::PlacementRule& rule = catalogue.rules(i);
    if (!IsValidId(rule.touchpoint())) {
      Add({kRules, i, "touchpoint"}, reasons, Shown(rule.touchpoint()),
          " is no id; use 1-128 of A-Z a-z 0-9 _ . ~ : @ -");
    }
    if (rule.source().empty() && rule.question().empty() && rule.activity().empty() &&
        rule.channel().empty()) {
      Add({kRules, i, "source"}, reasons,
          "the rule has no condition; set its source, question, activity or channel");
    }
  }
}

}  // namespace waymark::feedback
