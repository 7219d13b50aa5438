#include "services/feedback/preparation.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "libs/base/ids.h"
#include "services/feedback/errors.h"
#include "services/feedback/free_text.h"
#include "services/feedback/validation.h"

namespace waymark::feedback {
namespace {

template <typename M>
bool HasUnknown(const M& message) {
  static const auto* const reflection = M::default_instance().GetReflection();
  return !reflection->GetUnknownFields(message).empty();
}

bool AnswerHasUnknown(const v1::Answer& answer) {
  bool any = HasUnknown(answer) || HasUnknown(answer.scale());
  switch (answer.value_case()) {
    case v1::Answer::kChoices:
      return any || HasUnknown(answer.choices());
    case v1::Answer::kDate:
      return any || HasUnknown(answer.date());
    case v1::Answer::kMatrix:
      any |= HasUnknown(answer.matrix());
      for (const auto& row : answer.matrix().rows()) any |= HasUnknown(row);
      return any;
    default:
      return any;
  }
}

bool KindHasUnknown(const v1::SurveyResponse& survey) {
  bool any = HasUnknown(survey) || HasUnknown(survey.time_to_complete());
  for (const auto& answer : survey.answers()) any |= AnswerHasUnknown(answer);
  return any;
}

bool KindHasUnknown(const v1::ChatMessage& chat) {
  return HasUnknown(chat) || (chat.has_rating() && AnswerHasUnknown(chat.rating()));
}

bool KindHasUnknown(const v1::Interaction& interaction) {
  return HasUnknown(interaction) || HasUnknown(interaction.cost()) ||
         HasUnknown(interaction.revenue());
}

bool KindHasUnknown(const v1::StaffObservation& staff) {
  return HasUnknown(staff) || HasUnknown(staff.expire_time());
}

// A newer client may send fields that this server neither checks nor redacts: they must not be
// stored.
bool AnyUnknown(const v1::Signal& signal) {
  bool any = HasUnknown(signal) || HasUnknown(signal.event_time());
  for (const auto& attribute : signal.attributes()) any |= HasUnknown(attribute);
  switch (signal.kind_case()) {
    case v1::Signal::kSurveyResponse:
      return any || KindHasUnknown(signal.survey_response());
    case v1::Signal::kChatMessage:
      return any || KindHasUnknown(signal.chat_message());
    case v1::Signal::kSocialMention:
      return any || HasUnknown(signal.social_mention());
    case v1::Signal::kInteraction:
      return any || KindHasUnknown(signal.interaction());
    case v1::Signal::kStaffObservation:
      return any || KindHasUnknown(signal.staff_observation());
    case v1::Signal::KIND_NOT_SET:
      return any;
  }
  return any;
}

// The order of attributes says nothing, so it must not tell two signals apart.
void Canonicalize(v1::Signal* signal) {
  if (AnyUnknown(*signal)) signal->DiscardUnknownFields();
  const auto by_key = [](const auto& a, const auto& b) { return a.key() < b.key(); };
  if (!std::is_sorted(signal->attributes().begin(), signal->attributes().end(), by_key)) {
    std::stable_sort(signal->mutable_attributes()->begin(), signal->mutable_attributes()->end(),
                     by_key);
  }
}

size_t AppendSerialized(const v1::Signal& signal, size_t bytes, std::string* out) {
  const size_t offset = out->size();
  out->resize(offset + bytes);
  signal.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(out->data()) + offset);
  return offset;
}

bool IsPartial(const v1::Signal& signal) {
  return !signal.deleted() && signal.has_survey_response() &&
         signal.survey_response().completion() == v1::SurveyResponse::COMPLETION_PARTIAL;
}

// Cuts `text` to `limit` bytes at most, where a character begins.
void Cut(size_t limit, std::string* text) {
  if (text->size() <= limit) return;
  while (limit > 0 && (static_cast<unsigned char>((*text)[limit]) & 0xC0) == 0x80) --limit;
  text->resize(limit);
}

// What names the signal is kept when all of it is too much to keep.
void CutToSize(v1::Signal* signal) {
  for (std::string* text : FreeTexts(signal)) Cut(kMaxTextBytes, text);
  if (signal->ByteSizeLong() <= kMaxSignalBytes) return;
  signal->clear_kind();
  signal->clear_attributes();
  for (std::string* id :
       {signal->mutable_source(), signal->mutable_external_id(), signal->mutable_customer(),
        signal->mutable_account(), signal->mutable_touchpoint()}) {
    Cut(kMaxTextBytes / 4, id);
  }
}

}  // namespace

Hash128 SignalKey(const HashKey& key, absl::string_view tenant, absl::string_view source,
                  absl::string_view external_id) {
  absl::InlinedVector<char, 256> text;
  for (const absl::string_view part : {tenant, source, external_id}) {
    text.insert(text.end(), part.begin(), part.end());
    text.push_back('\0');
  }
  return SipHash128(key, absl::string_view(text.data(), text.size()));
}

uint32_t ShardHash(const HashKey& key, const Hash128& signal_key, absl::string_view customer) {
  return static_cast<uint32_t>(customer.empty() ? signal_key.lo : SipHash128(key, customer).lo);
}

absl::Status Preparer::Prepare(google::protobuf::RepeatedPtrField<v1::Signal>* signals,
                               Submission* submission, text::RedactionCounts* redactions) const {
  submission->candidates.reserve(signals->size());
  size_t total = 0;
  std::vector<std::string> reasons;
  for (int i = 0; i < signals->size(); ++i) {
    v1::Signal* signal = signals->Mutable(i);
    Canonicalize(signal);
    const size_t bytes = signal->ByteSizeLong();
    total += bytes;
    if (total > kMaxBatchBytes) {
      for (++i; i < signals->size(); ++i) total += (*signals)[i].ByteSizeLong();
      return BatchTooLarge(total, kMaxBatchBytes);
    }
    const size_t offset = AppendSerialized(*signal, bytes, &submission->payload);
    const uint64_t content = ContentOf(*submission, i, offset);
    const Hash128 key =
        SignalKey(key_, submission->tenant, signal->source(), signal->external_id());
    ValidateSignal(*signal, bytes, &reasons);
    if (!reasons.empty()) {
      submission->payload.resize(offset);
      Reject(signal,
             {.ordinal = static_cast<uint32_t>(i),
              .content = content,
              .key = key,
              .reasons = std::exchange(reasons, {})},
             submission, redactions);
      continue;
    }
    if (Redact(signal, redactions)) {
      submission->payload.resize(offset);
      AppendSerialized(*signal, signal->ByteSizeLong(), &submission->payload);
    }
    submission->candidates.push_back(
        {.key = key,
         .content = content,
         .revision = signal->revision(),
         .shard_hash = ShardHash(key_, key, signal->customer()),
         .source = SourceIndex(signal->source(), submission),
         .ordinal = static_cast<uint32_t>(i),
         .offset = static_cast<uint32_t>(offset),
         .bytes = static_cast<uint32_t>(submission->payload.size() - offset),
         .partial = IsPartial(*signal),
         .deleted = signal->deleted()});
  }
  return absl::OkStatus();
}

uint64_t Preparer::ContentOf(const Submission& submission, size_t ordinal, size_t offset) const {
  // What quarantine keeps is redacted: it would not match the original when that is sent again.
  if (!submission.replays.empty() && !submission.replays[ordinal].mended) {
    return submission.replays[ordinal].content;
  }
  return XXH3_64bits_withSeed(submission.payload.data() + offset,
                              submission.payload.size() - offset, key_.k0 ^ key_.k1);
}

// Nearly every batch comes from one source.
uint32_t Preparer::SourceIndex(const std::string& source, Submission* submission) const {
  std::vector<std::string>& sources = submission->sources;
  for (size_t i = sources.size(); i-- > 0;) {
    if (sources[i] == source) return i;
  }
  sources.push_back(source);
  return sources.size() - 1;
}

bool Preparer::Redact(v1::Signal* signal, text::RedactionCounts* redactions) const {
  bool redacted = false;
  for (std::string* text : FreeTexts(signal)) redacted |= redactor_.Redact(text, redactions);
  return redacted;
}

void Preparer::Reject(v1::Signal* signal, Rejected rejected, Submission* submission,
                      text::RedactionCounts* redactions) const {
  if (IsValidId(signal->source())) {
    rejected.source = static_cast<int32_t>(SourceIndex(signal->source(), submission));
  }
  // Before it is cut: half an address is not recognised as one.
  Redact(signal, redactions);
  CutToSize(signal);
  for (std::string& reason : rejected.reasons) redactor_.Redact(&reason);
  rejected.signal = signal->SerializeAsString();
  submission->rejected.push_back(std::move(rejected));
}

}  // namespace waymark::feedback
