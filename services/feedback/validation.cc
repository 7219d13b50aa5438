#include "services/feedback/validation.h"

#include <cmath>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "libs/base/ids.h"

namespace waymark::feedback {
namespace {

using Reasons = std::vector<std::string>;

constexpr size_t kMaxIdBytes = 256;
constexpr size_t kMaxLabelBytes = 128;
constexpr size_t kMaxQuestionTextBytes = 1024;
constexpr size_t kMaxOptionBytes = 1024;
constexpr size_t kMaxLanguageBytes = 35;
constexpr int kMaxAttributes = 64;
constexpr int kMaxAnswers = 500;
constexpr int kMaxOptions = 200;
constexpr int64_t kFirstSecond = -62135596800;  // year 1
constexpr int64_t kLastSecond = 253402300799;   // year 9999

// Says which field is meant; the text is only built when something is wrong with it.
struct Field {
  const char* message = "";
  int index = -1;
  const char* name = "";

  std::string ToString() const {
    return index < 0 ? absl::StrCat(message, name) : absl::StrCat(message, "[", index, "].", name);
  }
};

std::string Shown(absl::string_view value) {
  constexpr size_t kShown = 80;
  return absl::StrCat("'", absl::Utf8SafeCEscape(value.substr(0, kShown)),
                      value.size() > kShown ? "...'" : "'");
}

template <typename... Parts>
void Add(const Field& field, Reasons* reasons, const Parts&... parts) {
  reasons->push_back(absl::StrCat(field.ToString(), ": ", parts...));
}

void CheckBytes(const Field& field, absl::string_view value, size_t min, size_t max,
                Reasons* reasons) {
  if (value.size() < min) Add(field, reasons, "missing; give it 1-", max, " bytes");
  if (value.size() > max)
    Add(field, reasons, value.size(), " bytes; at most ", max, " are allowed");
}

void CheckOptionalId(const Field& field, absl::string_view value, Reasons* reasons) {
  if (value.empty() || IsValidId(value)) return;
  Add(field, reasons, Shown(value), " is no id; use 1-128 of A-Z a-z 0-9 _ . ~ : @ -");
}

template <typename Enum>
void CheckEnum(const Field& field, Enum value, bool valid, Reasons* reasons) {
  if (!valid) Add(field, reasons, static_cast<int>(value), " is not a known value");
}

void CheckTime(const Field& field, const google::protobuf::Timestamp& time, Reasons* reasons) {
  if (time.seconds() >= kFirstSecond && time.seconds() <= kLastSecond && time.nanos() >= 0 &&
      time.nanos() < 1'000'000'000) {
    return;
  }
  Add(field, reasons, time.seconds(), " s ", time.nanos(),
      " ns is no time; allowed are the years 1 to 9999 with 0-999999999 ns");
}

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

constexpr char kAnswers[] = "survey_response.answers";

bool IsRating(v1::QuestionType type) {
  return type == v1::QUESTION_TYPE_NPS || type == v1::QUESTION_TYPE_CSAT ||
         type == v1::QUESTION_TYPE_CES || type == v1::QUESTION_TYPE_RATING;
}

void CheckNumber(const v1::Answer& answer, int i, Reasons* reasons) {
  v1::Scale scale;
  if (!ScaleOf(answer, &scale)) {
    Add({kAnswers, i, "scale"}, reasons, "missing for the rating of question ",
        Shown(answer.question()), "; give its min and max");
    return;
  }
  if (answer.number() >= scale.min() && answer.number() <= scale.max()) return;
  Add({kAnswers, i, "number"}, reasons, answer.number(), " is off the scale ", scale.min(), "-",
      scale.max(), " of question ", Shown(answer.question()));
}

void CheckScale(const v1::Answer& answer, int i, Reasons* reasons) {
  const v1::Scale& scale = answer.scale();
  if (!std::isfinite(scale.min()) || !std::isfinite(scale.max()) || scale.min() >= scale.max()) {
    Add({kAnswers, i, "scale"}, reasons, scale.min(), "-", scale.max(), " of question ",
        Shown(answer.question()), " is no scale; max must be above min");
  } else if (answer.type() == v1::QUESTION_TYPE_NPS &&
             (scale.min() != 0 || scale.max() != 10 || scale.lower_is_better())) {
    Add({kAnswers, i, "scale"}, reasons, scale.min(), "-", scale.max(), " of question ",
        Shown(answer.question()), ": NPS is asked on 0-10; use RATING for another scale");
  }
}

// Whether the kind of value suits the question's type; an unset value always does.
bool ValueFits(const v1::Answer& answer) {
  switch (answer.type()) {
    case v1::QUESTION_TYPE_CHOICE:
      return answer.has_choices() && answer.choices().options_size() <= 1;
    case v1::QUESTION_TYPE_MULTIPLE_CHOICE:
      return answer.has_choices();
    case v1::QUESTION_TYPE_TEXT:
      return answer.has_text();
    case v1::QUESTION_TYPE_BOOLEAN:
      return answer.has_boolean();
    default:
      return IsRating(answer.type()) ? answer.has_number() : true;
  }
}

void CheckChoices(const v1::Answer& answer, int i, Reasons* reasons) {
  const auto& options = answer.choices().options();
  if (options.size() > kMaxOptions) {
    Add({kAnswers, i, "choices"}, reasons, options.size(), " options; at most ", kMaxOptions,
        " are allowed");
  }
  for (const std::string& option : options) {
    if (!option.empty() && option.size() <= kMaxOptionBytes) continue;
    Add({kAnswers, i, "choices"}, reasons, "an option has ", option.size(), " bytes; 1-",
        kMaxOptionBytes, " are allowed");
  }
}

void CheckValue(const v1::Answer& answer, int i, Reasons* reasons) {
  if (answer.value_case() == v1::Answer::VALUE_NOT_SET) return;
  if (answer.not_applicable()) {
    Add({kAnswers, i, "not_applicable"}, reasons, "question ", Shown(answer.question()),
        " has a value too; give one of them");
  }
  if (!ValueFits(answer)) {
    Add({kAnswers, i, "type"}, reasons, "the value of question ", Shown(answer.question()),
        " does not suit ", v1::QuestionType_Name(answer.type()));
  } else if (answer.has_number()) {
    CheckNumber(answer, i, reasons);
  } else if (answer.has_text()) {
    CheckBytes({kAnswers, i, "text"}, answer.text(), 0, kMaxTextBytes, reasons);
  } else if (answer.has_choices()) {
    CheckChoices(answer, i, reasons);
  }
}

void CheckAnswer(const v1::Answer& answer, int i, Reasons* reasons) {
  CheckBytes({kAnswers, i, "question"}, answer.question(), 1, kMaxLabelBytes, reasons);
  CheckBytes({kAnswers, i, "question_text"}, answer.question_text(), 0, kMaxQuestionTextBytes,
             reasons);
  CheckOptionalId({kAnswers, i, "touchpoint"}, answer.touchpoint(), reasons);
  if (!v1::QuestionType_IsValid(answer.type())) {
    CheckEnum({kAnswers, i, "type"}, answer.type(), false, reasons);
    return;
  }
  const size_t before = reasons->size();
  if (answer.has_scale()) CheckScale(answer, i, reasons);
  if (reasons->size() == before) CheckValue(answer, i, reasons);
}

void CheckQuestionsOnce(const v1::SurveyResponse& survey, Reasons* reasons) {
  constexpr int kSmall = 16;
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < survey.answers_size(); ++i) {
    const std::string& question = survey.answers(i).question();
    bool repeated = false;
    if (survey.answers_size() <= kSmall) {
      for (int j = 0; j < i && !repeated; ++j) repeated = survey.answers(j).question() == question;
    } else {
      repeated = !seen.insert(question).second;
    }
    if (repeated) {
      Add({kAnswers, i, "question"}, reasons, Shown(question),
          " is answered more than once; give each question once");
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
  if (survey.answers_size() > kMaxAnswers) {
    Add({kAnswers}, reasons, survey.answers_size(), " answers; at most ", kMaxAnswers,
        " are allowed");
    return;
  }
  for (int i = 0; i < survey.answers_size(); ++i) CheckAnswer(survey.answers(i), i, reasons);
  CheckQuestionsOnce(survey, reasons);
}

void CheckChat(const v1::ChatMessage& chat, Reasons* reasons) {
  CheckBytes({"chat_message.conversation"}, chat.conversation(), 1, kMaxIdBytes, reasons);
  CheckBytes({"chat_message.text"}, chat.text(), 0, kMaxTextBytes, reasons);
  CheckBytes({"chat_message.agent"}, chat.agent(), 0, kMaxIdBytes, reasons);
  CheckEnum({"chat_message.event"}, chat.event(), v1::ChatMessage::Event_IsValid(chat.event()),
            reasons);
  if (chat.author() == v1::ChatMessage::AUTHOR_UNSPECIFIED) {
    Add({"chat_message.author"}, reasons, "missing; say who wrote it");
  } else {
    CheckEnum({"chat_message.author"}, chat.author(),
              v1::ChatMessage::Author_IsValid(chat.author()), reasons);
  }
}

void CheckSocial(const v1::SocialMention& social, Reasons* reasons) {
  CheckBytes({"social_mention.network"}, social.network(), 1, kMaxLabelBytes, reasons);
  CheckBytes({"social_mention.text"}, social.text(), 0, kMaxTextBytes, reasons);
  CheckLanguage({"social_mention.language"}, social.language(), reasons);
  CheckEnum({"social_mention.post_type"}, social.post_type(),
            v1::SocialMention::PostType_IsValid(social.post_type()), reasons);
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

bool ScaleOf(const v1::Answer& answer, v1::Scale* scale) {
  if (answer.has_scale()) {
    *scale = answer.scale();
    return true;
  }
  const auto standard = [&](double min, double max) {
    scale->set_min(min);
    scale->set_max(max);
    return true;
  };
  switch (answer.type()) {
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
}

void ValidateCatalogue(const v1::TouchpointCatalogue& catalogue, Reasons* reasons) {
  constexpr char kRules[] = "touchpoint_catalogue.rules";
  if (catalogue.revision() < 1) {
    Add({"touchpoint_catalogue.revision"}, reasons, catalogue.revision(),
        "; give a number from 1 on");
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
