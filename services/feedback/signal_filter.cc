#include "services/feedback/signal_filter.h"

#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "services/feedback/index_page.h"
#include "services/feedback/source_schema.h"

namespace waymark::feedback {
namespace {

using filter::FieldType;
using filter::Value;

// In the order of the schema's fields.
enum FieldIndex {
  kSource,
  kExternalId,
  kRevision,
  kCustomer,
  kAccount,
  kTouchpoint,
  kKind,
  kEventTime,
  kRecordTime,
  kAttributes,
  kConversation,
  kAuthor,
  kAgent,
  kNetwork,
  kReach,
  kActivity,
  kSession,
  kChannel,
  kDevice,
  kOutcome,
  kDepartment,
  kStance,
  kConfidence,
  kLanguage,
  kCompletion,
  kQuestion,
  kAnswers,
};

// The values of a proto enum but its zero, without their common prefix.
filter::Field EnumField(const std::string& name, const google::protobuf::EnumDescriptor& type,
                        absl::string_view prefix) {
  filter::Field field = {.name = name, .type = FieldType::kEnum};
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == 0) continue;
    field.values.push_back({.name = std::string(absl::StripPrefix(type.value(i)->name(), prefix)),
                            .number = type.value(i)->number()});
  }
  return field;
}

std::vector<filter::Field> Fields() {
  return {
      {"source"},
      {"external_id"},
      {"revision", FieldType::kInt},
      {"customer"},
      {"account"},
      {"touchpoint"},
      EnumField("kind", *v1::SourceKind_descriptor(), "SOURCE_KIND_"),
      {"event_time", FieldType::kTimestamp},
      {"record_time", FieldType::kTimestamp},
      {"attributes", FieldType::kMap},
      {"conversation"},
      EnumField("author", *v1::ChatMessage::Author_descriptor(), "AUTHOR_"),
      {"agent"},
      {"network"},
      {"reach", FieldType::kInt},
      {"activity"},
      {"session"},
      {"channel"},
      {"device"},
      EnumField("outcome", *v1::Interaction::Outcome_descriptor(), "OUTCOME_"),
      {"department"},
      EnumField("stance", *v1::StaffObservation::Stance_descriptor(), "STANCE_"),
      {"confidence", FieldType::kDouble},
      {"language"},
      EnumField("completion", *v1::SurveyResponse::Completion_descriptor(), "COMPLETION_"),
      {"question", FieldType::kStringList},
      {"answers", FieldType::kMap},
  };
}

Value Text(const std::string& text) {
  return text.empty() ? Value() : Value(absl::string_view(text));
}

Value Number(int64_t number, bool present) { return present ? Value(number) : Value(); }

Value OfChat(const v1::ChatMessage& chat, int field) {
  switch (field) {
    case kConversation:
      return Text(chat.conversation());
    case kAuthor:
      return Number(chat.author(), true);
    case kAgent:
      return Text(chat.agent());
    default:
      return {};
  }
}

Value OfSocial(const v1::SocialMention& social, int field) {
  switch (field) {
    case kNetwork:
      return Text(social.network());
    case kReach:
      return Number(social.reach(), true);
    case kLanguage:
      return Text(social.language());
    default:
      return {};
  }
}

Value OfInteraction(const v1::Interaction& interaction, int field) {
  switch (field) {
    case kActivity:
      return Text(interaction.activity());
    case kSession:
      return Text(interaction.session());
    case kChannel:
      return Text(interaction.channel());
    case kDevice:
      return Text(interaction.device());
    case kOutcome:
      return Number(interaction.outcome(), interaction.outcome() != 0);
    default:
      return {};
  }
}

Value OfStaff(const v1::StaffObservation& staff, int field) {
  switch (field) {
    case kDepartment:
      return Text(staff.department());
    case kStance:
      return Number(staff.stance(), staff.stance() != 0);
    case kConfidence:
      return Value(staff.confidence());
    default:
      return {};
  }
}

Value OfSurvey(const v1::SurveyResponse& survey, int field) {
  switch (field) {
    case kLanguage:
      return Text(survey.language());
    case kCompletion:
      // Unspecified is taken as finished.
      return Number(
          survey.completion() == 0 ? v1::SurveyResponse::COMPLETION_FINISHED : survey.completion(),
          true);
    case kQuestion:
      if (survey.answers().empty()) return {};
      return filter::TextList(&survey, survey.answers_size(), [](const void* of, size_t i) {
        return absl::string_view(
            static_cast<const v1::SurveyResponse*>(of)->answers(static_cast<int>(i)).question());
      });
    default:
      return {};
  }
}

Value OfKind(const v1::Signal& signal, int field) {
  switch (signal.kind_case()) {
    case v1::Signal::kSurveyResponse:
      return OfSurvey(signal.survey_response(), field);
    case v1::Signal::kChatMessage:
      return OfChat(signal.chat_message(), field);
    case v1::Signal::kSocialMention:
      return OfSocial(signal.social_mention(), field);
    case v1::Signal::kInteraction:
      return OfInteraction(signal.interaction(), field);
    case v1::Signal::kStaffObservation:
      return OfStaff(signal.staff_observation(), field);
    case v1::Signal::KIND_NOT_SET:
      break;
  }
  return {};
}

Value TouchpointOf(const v1::StoredSignal& stored) {
  for (const v1::Placement& placement : stored.enrichment().placements()) {
    if (placement.question().empty()) return Text(placement.touchpoint());
  }
  return {};
}

}  // namespace

const filter::Schema& SignalSchema() {
  static const auto& schema =
      *new filter::Schema(Fields(), "To look for words in texts use `search`.");
  return schema;
}

int CustomerField() { return kCustomer; }
int EventTimeField() { return kEventTime; }

std::vector<filter::SqlColumn> SignalColumns(const HashKey& key) {
  const auto hashed = [key](const filter::SqlValue& literal) -> std::optional<filter::SqlValue> {
    const std::string* text = std::get_if<std::string>(&literal);
    if (text == nullptr) return std::nullopt;
    return filter::SqlValue(IndexHash(key, *text));
  };
  using Tells = filter::SqlColumn::Tells;
  return {{.field = kSource, .column = "source"},
          {.field = kKind, .column = "kind"},
          {.field = kEventTime, .column = "event_time"},
          {.field = kCustomer, .column = "customer", .tells = Tells::kNecessary, .convert = hashed},
          {.field = kAccount, .column = "account", .tells = Tells::kNecessary, .convert = hashed}};
}

Value SignalRecord::Get(int field, absl::string_view member) const {
  const v1::Signal& signal = stored_.signal();
  switch (field) {
    case kSource:
      return Text(signal.source());
    case kExternalId:
      return Text(signal.external_id());
    case kRevision:
      return Value(signal.revision());
    case kCustomer:
      return Text(signal.customer());
    case kAccount:
      return Text(signal.account());
    case kTouchpoint:
      return TouchpointOf(stored_);
    case kKind:
      return Number(SourceKindOf(signal), true);
    case kEventTime:
      return Value(EventMicros(signal));
    case kRecordTime:
      return Value(stored_.record_time().seconds() * 1'000'000 +
                   stored_.record_time().nanos() / 1000);
    case kAttributes:
      return Attribute(member);
    case kAnswers:
      return Answer(member);
    default:
      return OfKind(signal, field);
  }
}

Value SignalRecord::Attribute(absl::string_view key) const {
  for (const auto& attribute : stored_.signal().attributes()) {
    if (attribute.key() == key) return Value(absl::string_view(attribute.value()));
  }
  return {};
}

Value SignalRecord::Answer(absl::string_view question) const {
  for (const v1::Answer& answer : stored_.signal().survey_response().answers()) {
    if (answer.question() == question) return AnswerValue(answer);
  }
  return {};
}

Value SignalRecord::AnswerValue(const v1::Answer& answer) const {
  switch (answer.value_case()) {
    case v1::Answer::kNumber:
      return Value(answer.number());
    case v1::Answer::kText:
      return Text(answer.text());
    case v1::Answer::kBoolean:
      return Value(answer.boolean());
    case v1::Answer::kChoices:
      return answer.choices().options().empty() ? Value() : Text(answer.choices().options(0));
    case v1::Answer::kDate:
      scratch_ = absl::StrFormat("%04d-%02d-%02d", answer.date().year(), answer.date().month(),
                                 answer.date().day());
      return Value(absl::string_view(scratch_));
    case v1::Answer::kMatrix:
    case v1::Answer::VALUE_NOT_SET:
      break;
  }
  return {};
}

}  // namespace waymark::feedback
