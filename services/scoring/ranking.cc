#include "services/scoring/ranking.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/ids.h"
#include "libs/stats/intervals.h"
#include "libs/stats/rank_stability.h"

namespace waymark::scoring {
namespace {

constexpr double kLostCustomerPoints = 100;

std::string PValue(double p) { return p < 0.001 ? "p < 0.001" : absl::StrFormat("p %.3f", p); }

Opportunity FromStep(const Report::Step& step, const Report& report) {
  Opportunity found;
  found.kind = Opportunity::Kind::kPainPoint;
  found.id = absl::StrCat("step-", Slug(step.model.id));
  found.title = absl::StrCat(step.model.display_name, " disappoints");
  found.step = step.model.id;
  found.reach = step.reach;
  found.impact = step.score;
  const double half = (step.score.upper - step.score.lower) / 2;
  found.impact.value = -step.difference;
  found.impact.lower = found.impact.value - half;
  found.impact.upper = found.impact.value + half;
  found.standard_error = step.standard_error;
  found.confidence = 1 - step.adjusted_p_value;
  found.reasons = {absl::StrCat("scores ", step.reason),
                   absl::StrFormat("%d customers come past it", step.reach)};
  const auto lowest = std::min_element(
      report.steps.begin(), report.steps.end(),
      [](const Report::Step& a, const Report::Step& b) { return a.difference < b.difference; });
  if (lowest->model.id == step.model.id) {
    found.reasons.push_back(absl::StrFormat("the lowest of %d steps", report.steps.size()));
  }
  if (!step.quotes.empty()) found.reasons.push_back(absl::StrCat("\"", step.quotes[0], "\""));
  return found;
}

Opportunity FromHandoff(const LossyHandoff& handoff) {
  Opportunity found;
  found.kind = Opportunity::Kind::kLossyHandoff;
  found.id = absl::StrCat(
      "handoff-", Slug(absl::StrCat(handoff.counts.activity, "-", handoff.counts.from_channel,
                                    "-to-", handoff.counts.to_channel)));
  found.title = TitleOf(handoff);
  found.reach = handoff.counts.reached;
  found.impact = handoff.excess;
  found.standard_error = handoff.standard_error;
  found.confidence = 1 - handoff.adjusted_p_value;
  found.reasons = EvidenceOf(handoff);
  return found;
}

Opportunity FromSegment(const SufferingSegment& segment) {
  Opportunity found;
  found.kind = Opportunity::Kind::kSufferingSegment;
  found.id = absl::StrCat("segment-", Slug(absl::StrCat(segment.key, "-", segment.value)));
  found.title = TitleOf(segment);
  found.reach = segment.customers;
  found.impact = segment.loss;
  found.standard_error = segment.standard_error;
  found.confidence = 1 - segment.adjusted_p_value;
  found.reasons = EvidenceOf(segment);
  return found;
}

Opportunity FromHiddenChurn(const Contradictions& contradictions) {
  Opportunity found;
  found.kind = Opportunity::Kind::kHiddenChurn;
  found.id = "hidden-churn";
  found.reach = static_cast<int64_t>(contradictions.healthy_but_leaving.size());
  found.title = absl::StrFormat("%d customers are about to leave unnoticed", found.reach);
  // Of those of whom staff say that they leave, every one counts as lost; how sure the staff are is
  // the confidence.
  found.impact = {.value = kLostCustomerPoints,
                  .lower = kLostCustomerPoints,
                  .upper = kLostCustomerPoints,
                  .n = found.reach,
                  .suppressed = false};
  found.confidence = contradictions.staff_confidence;
  found.reasons = EvidenceOfHiddenChurn(contradictions);
  return found;
}

void Rank(std::vector<Opportunity>* opportunities) {
  std::vector<stats::UncertainScore> scores;
  for (Opportunity& item : *opportunities) {
    const double weight = static_cast<double>(item.reach) * item.confidence;
    item.score = weight * item.impact.value;
    scores.push_back({item.score, weight * item.standard_error});
  }
  const auto stability = stats::MeasureRankStability(scores);
  for (size_t i = 0; i < opportunities->size(); ++i) {
    Opportunity& item = (*opportunities)[i];
    item.rank = stability.ok() ? (*stability)[i].rank : static_cast<int>(i) + 1;
    item.rank_stability = stability.ok() ? 100 * (*stability)[i].same_rank_share : 0;
  }
  std::sort(opportunities->begin(), opportunities->end(),
            [](const Opportunity& a, const Opportunity& b) { return a.rank < b.rank; });
}

}  // namespace

std::string TitleOf(const LossyHandoff& handoff) {
  return absl::StrCat("The hand-off after ", handoff.counts.activity, " from ",
                      handoff.counts.from_channel, " to ", handoff.counts.to_channel,
                      " loses customers");
}

std::string TitleOf(const SufferingSegment& segment) {
  return absl::StrCat("Customers with ", segment.key, " ", segment.value, " suffer");
}

std::vector<std::string> EvidenceOf(const LossyHandoff& handoff) {
  const HandoffCounts& counts = handoff.counts;
  const double share =
      100.0 * static_cast<double>(counts.lost) / static_cast<double>(counts.reached);
  return {absl::StrFormat("%d of %d journeys that reach %s on %s end there: %.1f%%", counts.lost,
                          counts.reached, counts.activity, counts.from_channel, share),
          absl::StrFormat("other hand-offs lose %.1f%% (%s)", 100 * handoff.others_share,
                          PValue(handoff.adjusted_p_value)),
          absl::StrFormat("%d go on with %s on %s", counts.continued, counts.next_activity,
                          counts.to_channel)};
}

std::vector<std::string> EvidenceOf(const SufferingSegment& segment) {
  return {
      absl::StrFormat("%d customers with %s %s score %.1f", segment.customers, segment.key,
                      segment.value, segment.mean),
      absl::StrFormat("the %d others score %.1f: %.1f points more (%.1f to %.1f, %s)",
                      segment.others, segment.others_mean, segment.loss.value, segment.loss.lower,
                      segment.loss.upper, PValue(segment.adjusted_p_value))};
}

std::vector<std::string> EvidenceOfHiddenChurn(const Contradictions& contradictions) {
  return {absl::StrFormat("staff say that %d customers leave", contradictions.leaving),
          absl::StrFormat("%d of them use the service as ever: usage alone does not show it",
                          contradictions.healthy_but_leaving.size())};
}

std::vector<Opportunity> RankOpportunities(const Report& report,
                                           const std::vector<LossyHandoff>& handoffs,
                                           const std::vector<SufferingSegment>& segments,
                                           const Contradictions& contradictions) {
  std::vector<Opportunity> found;
  for (const Report::Step& step : report.steps) {
    if (step.pain_point) found.push_back(FromStep(step, report));
  }
  for (const LossyHandoff& handoff : handoffs) found.push_back(FromHandoff(handoff));
  for (const SufferingSegment& segment : segments) found.push_back(FromSegment(segment));
  if (!contradictions.healthy_but_leaving.empty()) found.push_back(FromHiddenChurn(contradictions));
  Rank(&found);
  return found;
}

}  // namespace waymark::scoring
