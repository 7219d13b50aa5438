#include "services/feedback/source_schema.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <tuple>

#include "services/feedback/validation.h"

namespace waymark::feedback {
namespace {

// Fingerprints are stored: neither these nor what is hashed may change.
constexpr uint64_t kQuestionSeed = 0x7761796d61726b51;
constexpr uint64_t kActivitySeed = 0x7761796d61726b41;

uint64_t Mix(absl::string_view text, uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

void See(int64_t time, Sightings* sightings) {
  ++sightings->count;
  sightings->last = std::max(sightings->last, time);
}

Sightings FirstSeen(int64_t time) { return {.count = 1, .first = time, .last = time}; }

v1::QuestionType TypeOf(const v1::Answer& answer, v1::QuestionType standard) {
  if (answer.type() != v1::QUESTION_TYPE_UNSPECIFIED) return answer.type();
  if (standard != v1::QUESTION_TYPE_UNSPECIFIED) return standard;
  switch (answer.value_case()) {
    case v1::Answer::kNumber:
      return v1::QUESTION_TYPE_RATING;
    case v1::Answer::kText:
      return v1::QUESTION_TYPE_TEXT;
    case v1::Answer::kBoolean:
      return v1::QUESTION_TYPE_BOOLEAN;
    case v1::Answer::kChoices:
      // One option says nothing about how many could have been chosen.
      return v1::QUESTION_TYPE_MULTIPLE_CHOICE;
    case v1::Answer::kDate:
      return v1::QUESTION_TYPE_DATE;
    case v1::Answer::kMatrix:
      return v1::QUESTION_TYPE_MATRIX;
    case v1::Answer::VALUE_NOT_SET:
      break;
  }
  return v1::QUESTION_TYPE_UNSPECIFIED;
}

}  // namespace

v1::SourceKind SourceKindOf(const v1::Signal& signal) {
  switch (signal.kind_case()) {
    case v1::Signal::kSurveyResponse:
      return v1::SOURCE_KIND_SURVEY;
    case v1::Signal::kChatMessage:
      return v1::SOURCE_KIND_CHAT;
    case v1::Signal::kSocialMention:
      return v1::SOURCE_KIND_SOCIAL;
    case v1::Signal::kInteraction:
      return v1::SOURCE_KIND_BEHAVIOUR;
    case v1::Signal::kStaffObservation:
      return v1::SOURCE_KIND_STAFF;
    case v1::Signal::KIND_NOT_SET:
      break;
  }
  return v1::SOURCE_KIND_UNSPECIFIED;
}

SchemaLearner::SchemaLearner() {
  v1::Scale scale;
  for (int type = 0; type < v1::QuestionType_ARRAYSIZE; ++type) {
    if (ScaleOf(v1::Answer(), static_cast<v1::QuestionType>(type), &scale)) {
      standard_scales_[type] = {true, scale.min(), scale.max(), false};
    }
  }
}

void SchemaLearner::Observe(absl::string_view tenant, const v1::Signal& signal,
                            int64_t record_time) {
  if (signal.deleted()) return;
  Source& source = Find(tenant, signal.source());
  ObserveKind(source, SourceKindOf(signal), record_time);
  if (signal.has_survey_response()) {
    for (const v1::Answer& answer : signal.survey_response().answers()) {
      ObserveAnswer(source, answer, v1::QUESTION_TYPE_UNSPECIFIED, record_time);
    }
  } else if (signal.has_interaction()) {
    ObserveActivity(source, signal.interaction().activity(), record_time);
  } else if (signal.has_chat_message() && signal.chat_message().has_rating()) {
    ObserveAnswer(source, signal.chat_message().rating(), v1::QUESTION_TYPE_CSAT, record_time);
  }
}

SchemaLearner::Source& SchemaLearner::Find(absl::string_view tenant, absl::string_view source) {
  if (last_ != nullptr && last_->learned.source == source && last_->learned.tenant == tenant) {
    return *last_;
  }
  const auto it = by_name_.find(std::pair(tenant, source));
  if (it != by_name_.end()) {
    last_ = it->second;
    return *last_;
  }
  last_ = &sources_.emplace_back();
  last_->learned.tenant = std::string(tenant);
  last_->learned.source = std::string(source);
  by_name_.emplace(
      std::pair<absl::string_view, absl::string_view>(last_->learned.tenant, last_->learned.source),
      last_);
  return *last_;
}

void SchemaLearner::ObserveKind(Source& source, v1::SourceKind kind, int64_t record_time) {
  if (kind == v1::SOURCE_KIND_UNSPECIFIED) return;
  Sightings*& sightings = source.kinds[kind];
  if (sightings != nullptr) return See(record_time, sightings);
  source.learned.kinds.push_back({kind, FirstSeen(record_time)});
  sightings = &source.learned.kinds.back().signals;
}

SchemaLearner::Scale SchemaLearner::ScaleFor(const v1::Answer& answer,
                                             v1::QuestionType type) const {
  if (!answer.has_scale()) return standard_scales_[type];
  const v1::Scale& scale = answer.scale();
  return {true, scale.min(), scale.max(), scale.lower_is_better()};
}

void SchemaLearner::ObserveAnswer(Source& source, const v1::Answer& answer,
                                  v1::QuestionType standard_type, int64_t record_time) const {
  if (answer.value_case() == v1::Answer::VALUE_NOT_SET || answer.not_applicable()) return;
  const v1::QuestionType type = TypeOf(answer, standard_type);
  if (!v1::QuestionType_IsValid(type)) return;
  const Scale scale = ScaleFor(answer, type);

  uint64_t fingerprint = Mix(answer.question(), kQuestionSeed);
  fingerprint = Mix(answer.question_text(), fingerprint);
  fingerprint = Mix(answer.question_version(), fingerprint);
  // Adding zero makes -0 the same as 0.
  const uint64_t rest[] = {
      static_cast<uint64_t>(type) << 2 | uint64_t{scale.lower_is_better} << 1 | scale.known,
      std::bit_cast<uint64_t>(scale.min + 0.0), std::bit_cast<uint64_t>(scale.max + 0.0)};
  fingerprint = XXH3_64bits_withSeed(rest, sizeof(rest), fingerprint);

  const auto it = source.items.find(fingerprint);
  if (it != source.items.end()) return See(record_time, it->second);
  if (source.items.size() >= kMaxSchemaItems) {
    source.learned.truncated = true;
    return;
  }
  LearnedSource::Question& question = source.learned.questions.emplace_back();
  question.fingerprint = fingerprint;
  question.version.set_question(answer.question());
  question.version.set_text(answer.question_text());
  question.version.set_source_version(answer.question_version());
  question.version.set_type(type);
  if (scale.known) {
    question.version.mutable_scale()->set_min(scale.min);
    question.version.mutable_scale()->set_max(scale.max);
    question.version.mutable_scale()->set_lower_is_better(scale.lower_is_better);
  }
  question.answers = FirstSeen(record_time);
  source.items.emplace(fingerprint, &question.answers);
}

void SchemaLearner::ObserveActivity(Source& source, const std::string& activity,
                                    int64_t record_time) {
  const uint64_t fingerprint = Mix(activity, kActivitySeed);
  const auto it = source.items.find(fingerprint);
  if (it != source.items.end()) return See(record_time, it->second);
  if (source.items.size() >= kMaxSchemaItems) {
    source.learned.truncated = true;
    return;
  }
  source.learned.activities.push_back({activity, FirstSeen(record_time)});
  source.items.emplace(fingerprint, &source.learned.activities.back().signals);
}

std::vector<const LearnedSource*> SchemaLearner::Sources() const {
  std::vector<const LearnedSource*> sources;
  sources.reserve(sources_.size());
  for (const Source& source : sources_) sources.push_back(&source.learned);
  std::sort(sources.begin(), sources.end(), [](const LearnedSource* a, const LearnedSource* b) {
    return std::tie(a->tenant, a->source) < std::tie(b->tenant, b->source);
  });
  return sources;
}

void SchemaLearner::Clear() {
  last_ = nullptr;
  by_name_.clear();
  sources_.clear();
}

}  // namespace waymark::feedback
