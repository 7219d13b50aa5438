#include "services/scoring/projection.h"

#include <xxhash.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "waymark/feedback/v1/feed.pb.h"

namespace waymark::scoring {
namespace {

using feedback::v1::Answer;
using feedback::v1::Change;
using feedback::v1::MatrixRow;
using feedback::v1::QuestionType;
using feedback::v1::Signal;
using feedback::v1::StaffObservation;

int64_t MicrosOf(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000 + time.nanos() / 1000;
}

QuestionKind KindOf(QuestionType type) {
  switch (type) {
    case feedback::v1::QUESTION_TYPE_NPS:
      return QuestionKind::kNps;
    case feedback::v1::QUESTION_TYPE_CSAT:
      return QuestionKind::kCsat;
    case feedback::v1::QUESTION_TYPE_CES:
      return QuestionKind::kCes;
    default:
      return QuestionKind::kRating;
  }
}

// The scales that questions of each kind have unless they say otherwise; see signal.proto.
stats::Scale ScaleOf(const Answer& answer, QuestionType type) {
  if (answer.has_scale()) {
    return {answer.scale().min(), answer.scale().max(), !answer.scale().lower_is_better()};
  }
  switch (type) {
    case feedback::v1::QUESTION_TYPE_NPS:
      return stats::kNpsScale;
    case feedback::v1::QUESTION_TYPE_CES:
      return stats::kCesScale;
    default:
      return {1, 5, true};
  }
}

// Whether the answer is one to a question with a scale, be it rated or left blank.
bool HasScale(const Answer& answer, QuestionType type) {
  switch (type) {
    case feedback::v1::QUESTION_TYPE_NPS:
    case feedback::v1::QUESTION_TYPE_CSAT:
    case feedback::v1::QUESTION_TYPE_CES:
    case feedback::v1::QUESTION_TYPE_RATING:
      return true;
    case feedback::v1::QUESTION_TYPE_UNSPECIFIED:
      return answer.value_case() == Answer::kNumber && answer.has_scale();
    default:
      return false;
  }
}

Stance StanceOf(const StaffObservation& observation) {
  switch (observation.stance()) {
    case StaffObservation::STANCE_ADVOCATING:
      return Stance::kAdvocating;
    case StaffObservation::STANCE_STAYING:
      return Stance::kStaying;
    case StaffObservation::STANCE_AT_RISK:
      return Stance::kAtRisk;
    case StaffObservation::STANCE_LEAVING:
      return Stance::kLeaving;
    default:
      return Stance::kNone;
  }
}

/// Takes the answers of one change into its evidence, each at its place.
class AnswerReader {
 public:
  AnswerReader(const Change& change, SignalEvidence* evidence) : evidence_(*evidence) {
    for (const feedback::v1::Placement& placement : change.enrichment().placements()) {
      places_[placement.question()] = placement.touchpoint();
    }
  }

  /// `type` is the question's, with the standard one for an answer that states none.
  void Add(const Answer& answer, QuestionType type) {
    const absl::string_view place = PlaceOf(answer.question(), evidence_.touchpoint);
    if (HasScale(answer, type)) {
      SignalEvidence::Rating rating = RatingOf(answer, type);
      rating.touchpoint = std::string(place);
      rating.rated = answer.value_case() == Answer::kNumber && !answer.not_applicable();
      rating.value = answer.number();
      evidence_.ratings.push_back(std::move(rating));
    } else if (answer.value_case() == Answer::kMatrix && answer.has_scale()) {
      for (const MatrixRow& row : answer.matrix().rows()) AddRow(answer, type, row, place);
    } else if (answer.value_case() == Answer::kText && !answer.text().empty()) {
      evidence_.comments.push_back({std::string(place), answer.text()});
    }
  }

 private:
  absl::string_view PlaceOf(absl::string_view question, absl::string_view otherwise) const {
    const auto place = places_.find(question);
    return place == places_.end() ? otherwise : place->second;
  }

  static SignalEvidence::Rating RatingOf(const Answer& answer, QuestionType type) {
    return {.question = answer.question(),
            .kind = KindOf(type),
            .scale = ScaleOf(answer, type),
            .version = answer.question_version(),
            .text = answer.question_text()};
  }

  // A row counts as a question of its own, blank ones too unless the rows are answered with
  // options.
  void AddRow(const Answer& answer, QuestionType type, const MatrixRow& row,
              absl::string_view place) {
    if (row.has_option()) return;
    SignalEvidence::Rating rating = RatingOf(answer, type);
    rating.question = absl::StrCat(answer.question(), "/", row.row());
    rating.touchpoint = std::string(PlaceOf(rating.question, place));
    rating.rated = row.has_number() && !row.not_applicable();
    rating.value = row.number();
    evidence_.ratings.push_back(std::move(rating));
  }

  SignalEvidence& evidence_;
  absl::flat_hash_map<absl::string_view, absl::string_view> places_;
};

void AddAnswers(const Change& change, SignalEvidence* evidence) {
  AnswerReader reader(change, evidence);
  const feedback::v1::SurveyResponse& survey = change.signal().survey_response();
  for (const Answer& answer : survey.answers()) reader.Add(answer, answer.type());
  if (survey.has_weight()) evidence->weight = survey.weight();
}

void AddRating(const Change& change, SignalEvidence* evidence) {
  const Answer& rating = change.signal().chat_message().rating();
  AnswerReader(change, evidence)
      .Add(rating, rating.type() == feedback::v1::QUESTION_TYPE_UNSPECIFIED
                       ? feedback::v1::QUESTION_TYPE_CSAT
                       : rating.type());
}

uint64_t FingerprintOf(const Change& change) {
  const std::string bytes =
      absl::StrCat(change.position(), "/", change.enrichment().catalogue_revision(), "/",
                   change.enrichment().correction_revision(), "/",
                   change.signal().SerializeAsString(), change.customer_link().SerializeAsString());
  return XXH3_64bits(bytes.data(), bytes.size());
}

LinkEvidence LinkOf(const Change& change) {
  const feedback::v1::CustomerLink& link = change.customer_link();
  return {.customer = link.customer(),
          .linked_customer = link.linked_customer(),
          .linked = change.kind() == Change::KIND_LINKED,
          .revision = link.revision(),
          .customer_hash = change.customer_hash(),
          .linked_customer_hash = change.linked_customer_hash(),
          .position = change.position(),
          .fingerprint = FingerprintOf(change)};
}

SignalEvidence EvidenceOf(const Change& change) {
  const Signal& signal = change.signal();
  SignalEvidence evidence = {.source = signal.source(),
                             .external_id = signal.external_id(),
                             .revision = signal.revision(),
                             .finished = signal.survey_response().completion() !=
                                         feedback::v1::SurveyResponse::COMPLETION_PARTIAL,
                             .deleted = signal.deleted(),
                             .customer = signal.customer(),
                             .time_micros = MicrosOf(signal.event_time())};
  evidence.customer_hash = change.customer_hash();
  evidence.position = change.position();
  evidence.catalogue_revision = change.enrichment().catalogue_revision();
  evidence.correction_revision = change.enrichment().correction_revision();
  evidence.fingerprint = FingerprintOf(change);
  evidence.touchpoint = signal.touchpoint();
  for (const feedback::v1::Placement& placement : change.enrichment().placements()) {
    if (placement.question().empty()) evidence.touchpoint = placement.touchpoint();
  }
  for (const common::v1::Attribute& attribute : signal.attributes()) {
    evidence.attributes.emplace_back(attribute.key(), attribute.value());
  }
  evidence.is_interaction = signal.has_interaction();
  if (signal.has_survey_response()) AddAnswers(change, &evidence);
  if (signal.chat_message().has_rating()) AddRating(change, &evidence);
  if (signal.has_staff_observation()) {
    const StaffObservation& observation = signal.staff_observation();
    evidence.stance = StanceOf(observation);
    evidence.confidence = observation.confidence();
    if (observation.has_expire_time()) evidence.expire_micros = MicrosOf(observation.expire_time());
  }
  return evidence;
}

}  // namespace

absl::StatusOr<std::string> Projection::Cursor() {
  absl::ReaderMutexLock lock(&mutex_);
  return cursor_;
}

absl::Status Projection::Apply(const feedback::v1::PullFeedResponse& page) {
  for (const Change& change : page.changes()) {
    Evidence* evidence;
    {
      absl::MutexLock lock(&mutex_);
      std::unique_ptr<Evidence>& tenant = tenants_[change.tenant()];
      if (tenant == nullptr) tenant = std::make_unique<Evidence>();
      evidence = tenant.get();
    }
    if (change.kind() == Change::KIND_ERASED) {
      evidence->Erase({.customer_hash = change.customer_hash(),
                       .position = change.position(),
                       .fingerprint = FingerprintOf(change)});
    } else if (change.has_customer_link()) {
      evidence->Apply(LinkOf(change));
    } else {
      evidence->Apply(EvidenceOf(change));
    }
  }
  absl::MutexLock lock(&mutex_);
  cursor_ = page.next_cursor();
  return absl::OkStatus();
}

const Evidence& Projection::Of(absl::string_view tenant) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto it = tenants_.find(tenant);
  return it == tenants_.end() ? empty_ : *it->second;
}

}  // namespace waymark::scoring
