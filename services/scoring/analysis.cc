#include "services/scoring/analysis.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/ids.h"

namespace waymark::scoring {
namespace {

constexpr size_t kMaxListedCustomers = 100;
constexpr int kMaxOtherVersions = 20;

int64_t FloorDivide(int64_t number, int64_t divisor) {
  return number / divisor - (number % divisor < 0 ? 1 : 0);
}

v1::Priority::Kind KindOf(Opportunity::Kind kind) {
  switch (kind) {
    case Opportunity::Kind::kPainPoint:
      return v1::Priority::KIND_PAIN_POINT;
    case Opportunity::Kind::kLossyHandoff:
      return v1::Priority::KIND_LOSSY_HANDOFF;
    case Opportunity::Kind::kSufferingSegment:
      return v1::Priority::KIND_SUFFERING_SEGMENT;
    case Opportunity::Kind::kHiddenChurn:
      return v1::Priority::KIND_HIDDEN_CHURN;
  }
  return v1::Priority::KIND_UNSPECIFIED;
}

feedback::v1::QuestionType TypeOf(QuestionKind kind) {
  switch (kind) {
    case QuestionKind::kNps:
      return feedback::v1::QUESTION_TYPE_NPS;
    case QuestionKind::kCsat:
      return feedback::v1::QUESTION_TYPE_CSAT;
    case QuestionKind::kCes:
      return feedback::v1::QUESTION_TYPE_CES;
    case QuestionKind::kRating:
      return feedback::v1::QUESTION_TYPE_RATING;
  }
  return feedback::v1::QUESTION_TYPE_UNSPECIFIED;
}

feedback::v1::Scale ScaleOf(const stats::Scale& scale) {
  feedback::v1::Scale proto;
  proto.set_min(scale.min);
  proto.set_max(scale.max);
  proto.set_lower_is_better(!scale.higher_is_better);
  return proto;
}

v1::AnsweredVersion ToProto(const QuestionVersion& version) {
  v1::AnsweredVersion proto;
  proto.set_id(version.id);
  proto.set_source_version(version.source_version);
  proto.set_text(version.text);
  proto.set_type(TypeOf(version.kind));
  *proto.mutable_scale() = ScaleOf(version.scale);
  proto.set_answers(version.answers);
  if (version.begun()) {
    const int64_t seconds = FloorDivide(version.first_micros, 1'000'000);
    proto.mutable_first_answer_time()->set_seconds(seconds);
    proto.mutable_first_answer_time()->set_nanos(
        static_cast<int32_t>((version.first_micros - seconds * 1'000'000) * 1000));
  }
  return proto;
}

v1::Insight MakeInsight(const std::string& parent, const std::string& id, v1::Insight::Kind kind,
                        const std::string& title, const std::vector<std::string>& evidence,
                        int64_t customer_count) {
  v1::Insight insight;
  insight.set_name(absl::StrCat(parent, "/insights/", id));
  insight.set_kind(kind);
  insight.set_title(title);
  insight.mutable_evidence()->Assign(evidence.begin(), evidence.end());
  insight.set_customer_count(customer_count);
  return insight;
}

void ListCustomers(const std::vector<std::string>& customers, v1::Insight* insight) {
  const size_t listed = std::min(customers.size(), kMaxListedCustomers);
  insight->mutable_customers()->Assign(customers.begin(), customers.begin() + listed);
}

}  // namespace

common::v1::Estimate ToProto(const stats::Estimate& estimate) {
  common::v1::Estimate proto;
  proto.set_value(estimate.value);
  proto.set_lower(estimate.lower);
  proto.set_upper(estimate.upper);
  proto.set_confidence(estimate.confidence);
  proto.set_n(estimate.n);
  proto.set_suppressed(estimate.suppressed);
  return proto;
}

v1::MetricResult ToProto(const MetricAnswer& answer) {
  v1::MetricResult proto;
  *proto.mutable_estimate() = ToProto(answer.estimate);
  *proto.mutable_scale() = ScaleOf(answer.scale);
  for (const auto& [value, count] : answer.distribution) {
    v1::ValueCount& entry = *proto.add_distribution();
    entry.set_value(value);
    entry.set_count(count);
  }
  proto.set_not_rated(answer.not_rated);
  proto.set_definition(answer.definition);
  for (const QuestionVersion& version : answer.versions) *proto.add_versions() = ToProto(version);
  for (const QuestionVersion& version : answer.other_versions) {
    if (proto.other_versions_size() == kMaxOtherVersions) break;
    *proto.add_other_versions() = ToProto(version);
  }
  return proto;
}

v1::ScoreReport ToProto(const Report& report) {
  v1::ScoreReport proto;
  proto.set_definition_version(kScoreDefinition);
  *proto.mutable_score() = ToProto(report.score);
  *proto.mutable_baseline() = ToProto(report.baseline);
  proto.set_baseline_is_target(report.baseline_is_target);
  for (const Report::Stage& stage : report.stages) {
    v1::StageScore& score = *proto.add_stages();
    score.set_stage(stage.id);
    score.set_display_name(stage.display_name);
    *score.mutable_score() = ToProto(stage.score);
  }
  for (const Report::Step& step : report.steps) {
    v1::StepScore& score = *proto.add_steps();
    score.set_step(step.model.id);
    score.set_display_name(step.model.display_name);
    score.set_stage(step.model.stage);
    score.set_touchpoint(step.model.touchpoint);
    *score.mutable_score() = ToProto(step.score);
    score.set_difference(step.difference);
    score.set_p_value(step.p_value);
    score.set_adjusted_p_value(step.adjusted_p_value);
    score.set_pain_point(step.pain_point);
    score.set_reason(step.reason);
    score.mutable_quotes()->Assign(step.quotes.begin(), step.quotes.end());
  }
  return proto;
}

v1::Priority ToProto(const Opportunity& opportunity, const std::string& map_name) {
  v1::Priority proto;
  proto.set_name(absl::StrCat(map_name, "/priorities/", opportunity.id));
  proto.set_rank(opportunity.rank);
  proto.set_kind(KindOf(opportunity.kind));
  proto.set_title(opportunity.title);
  proto.set_step(opportunity.step);
  proto.set_score(opportunity.score);
  proto.set_reach(opportunity.reach);
  *proto.mutable_impact() = ToProto(opportunity.impact);
  proto.mutable_reasons()->Assign(opportunity.reasons.begin(), opportunity.reasons.end());
  proto.set_rank_stability(opportunity.rank_stability);
  return proto;
}

std::vector<v1::Insight> ToInsights(const Contradictions& contradictions,
                                    const std::vector<SufferingSegment>& segments,
                                    const std::vector<LossyHandoff>& handoffs,
                                    const std::string& parent) {
  std::vector<v1::Insight> insights;
  if (const auto& leavers = contradictions.healthy_but_leaving; !leavers.empty()) {
    insights.push_back(MakeInsight(
        parent, "usage-healthy-staff-leaving", v1::Insight::KIND_USAGE_HEALTHY_STAFF_LEAVING,
        absl::StrFormat("Usage looks healthy, staff say %d customers leave", leavers.size()),
        EvidenceOfHiddenChurn(contradictions), static_cast<int64_t>(leavers.size())));
    ListCustomers(leavers, &insights.back());
  }
  if (const auto& gone = contradictions.satisfied_but_gone; !gone.empty()) {
    insights.push_back(MakeInsight(
        parent, "answers-good-usage-stopped", v1::Insight::KIND_ANSWERS_GOOD_USAGE_STOPPED,
        absl::StrFormat("%d satisfied customers stopped using the service", gone.size()),
        {absl::StrFormat("%d customers have stopped in the last 28 days", contradictions.stopped),
         absl::StrFormat("%d of them had rated us 70 or better", gone.size())},
        static_cast<int64_t>(gone.size())));
    ListCustomers(gone, &insights.back());
  }
  for (const SufferingSegment& segment : segments) {
    insights.push_back(MakeInsight(
        parent, absl::StrCat("segment-", Slug(absl::StrCat(segment.key, "-", segment.value))),
        v1::Insight::KIND_SUFFERING_SEGMENT, TitleOf(segment), EvidenceOf(segment),
        segment.customers));
  }
  for (const LossyHandoff& handoff : handoffs) {
    const HandoffCounts& counts = handoff.counts;
    insights.push_back(MakeInsight(
        parent,
        absl::StrCat("handoff-", Slug(absl::StrCat(counts.activity, "-", counts.from_channel,
                                                   "-to-", counts.to_channel))),
        v1::Insight::KIND_LOSSY_HANDOFF, TitleOf(handoff), EvidenceOf(handoff), counts.lost));
  }
  return insights;
}

}  // namespace waymark::scoring
