#include "services/action/effect.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "libs/stats/comparisons.h"
#include "libs/stats/distributions.h"

namespace waymark::action {
namespace {

using google::protobuf::util::TimeUtil;

constexpr double kConfidence = stats::kDefaultConfidence;

bool IsEnough(const common::v1::Estimate& score) {
  return !score.suppressed() && score.n() >= kMinimumCustomers;
}

/// The sample behind a mean with a t interval. An end that was moved to the end of the scale is
/// nearer to the mean than the other one, which tells the standard error.
stats::Moments SampleOf(const common::v1::Estimate& score) {
  const double n = static_cast<double>(score.n());
  const double half = std::max(score.value() - score.lower(), score.upper() - score.value());
  const double error = half / stats::StudentTCritical(score.confidence(), n - 1);
  return stats::Moments::FromSummary(score.n(), score.value(), error * error * n);
}

stats::Comparison Compare(const common::v1::Estimate& before, const common::v1::Estimate& after) {
  const absl::StatusOr<stats::Comparison> welch =
      stats::WelchT(SampleOf(after), SampleOf(before), {.confidence = kConfidence});
  if (welch.ok()) return *welch;
  // Nothing varies on either side.
  const double difference = after.value() - before.value();
  return {.difference = difference,
          .p_value = difference == 0 ? 1.0 : 0.0,
          .interval = {difference, difference}};
}

v1::Effect::Verdict VerdictOf(const stats::Comparison& comparison) {
  if (comparison.p_value >= 1 - kConfidence) return v1::Effect::VERDICT_NO_DIFFERENCE;
  return comparison.difference > 0 ? v1::Effect::VERDICT_BETTER : v1::Effect::VERDICT_WORSE;
}

std::string Define(const v1::Action& action) {
  const bool done = action.has_done_time();
  return absl::StrCat(
      "Experience score of step '", action.kpi().step(), "' of ", action.kpi().journey_map(),
      ", from what happened before ", TimeUtil::ToString(action.start_time()),
      " (the start of the action) and from ",
      TimeUtil::ToString(done ? action.done_time() : action.start_time()),
      done ? " (its end)" : " (its start)",
      " on. Welch's t test of the two means over customers, two-sided at 95 %; at least ",
      kMinimumCustomers,
      " customers on each side. Customers seen on both sides count as different ones, and there is "
      "no control group: whatever else changed meanwhile is part of the difference.");
}

}  // namespace

v1::Effect Evaluate(const v1::Action& action, const common::v1::Estimate& before,
                    const common::v1::Estimate& after) {
  v1::Effect effect;
  *effect.mutable_before() = before;
  *effect.mutable_after() = after;
  effect.set_definition(Define(action));
  common::v1::Estimate& difference = *effect.mutable_difference();
  difference.set_confidence(kConfidence);
  difference.set_n(before.n() + after.n());
  if (!IsEnough(before) || !IsEnough(after)) {
    difference.set_suppressed(true);
    effect.set_p_value(1);
    effect.set_verdict(v1::Effect::VERDICT_TOO_LITTLE_DATA);
    return effect;
  }
  const stats::Comparison comparison = Compare(before, after);
  difference.set_value(comparison.difference);
  difference.set_lower(comparison.interval.lower);
  difference.set_upper(comparison.interval.upper);
  effect.set_p_value(comparison.p_value);
  effect.set_verdict(VerdictOf(comparison));
  return effect;
}

}  // namespace waymark::action
