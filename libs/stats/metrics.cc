#include "libs/stats/metrics.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "libs/base/status_macros.h"
#include "libs/stats/distributions.h"
#include "libs/stats/intervals.h"

namespace waymark::stats {
namespace {

bool IsWhole(double x) { return std::floor(x) == x; }

absl::Status CheckOnScale(double answer, const Scale& scale) {
  if (answer >= scale.min && answer <= scale.max) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat(
      "answer %g is off the scale %g..%g; map codes for blank and not applicable to "
      "no answer, or correct the scale",
      answer, scale.min, scale.max));
}

absl::Status CheckOption(double answer, const Scale& scale) {
  WM_RETURN_IF_ERROR(CheckOnScale(answer, scale));
  if (IsWhole(answer)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("answer %g is not one of the options %g, %g, ... %g; give a whole number",
                      answer, scale.min, scale.min + 1, scale.max));
}

absl::Status CheckTally(const Tally& answers, const Scale& scale) {
  WM_RETURN_IF_ERROR(Validate(scale));
  for (const auto& [answer, count] : answers.counts()) {
    WM_RETURN_IF_ERROR(CheckOnScale(answer, scale));
  }
  return absl::OkStatus();
}

/// Answers among the k best and the k worst options.
struct Boxes {
  int64_t best = 0;
  int64_t worst = 0;
};

absl::StatusOr<Boxes> CountBoxes(const Tally& answers, const Scale& scale, int k) {
  WM_RETURN_IF_ERROR(Validate(scale));
  if (!IsWhole(scale.min) || !IsWhole(scale.max)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "boxes need a scale of whole numbers, this one is %g..%g", scale.min, scale.max));
  }
  const double options = scale.max - scale.min + 1;
  if (k < 1 || k > options) {
    return absl::InvalidArgumentError(
        absl::StrFormat("top %d of a scale with %g options; give 1..%g", k, options, options));
  }
  Boxes boxes;
  for (const auto& [answer, count] : answers.counts()) {
    WM_RETURN_IF_ERROR(CheckOption(answer, scale));
    const bool high = answer > scale.max - k;
    const bool low = answer < scale.min + k;
    if (scale.higher_is_better ? high : low) boxes.best += count;
    if (scale.higher_is_better ? low : high) boxes.worst += count;
  }
  return boxes;
}

/// The interval of a net share in points where every answer is of one class, which puts `net` at
/// 100, 0 or -100. With `effective_n` such answers the share of others may be up to Wilson's bound.
Interval OneClassInterval(double net, double effective_n, double confidence) {
  const double z = NormalCritical(confidence);
  const double others = z * z / (effective_n + z * z);
  if (net == 0) return {-100 * others, 100 * others};
  return net > 0 ? Interval{100 - 200 * others, 100} : Interval{-100, 200 * others - 100};
}

Interval NetInterval(double net, double error, double effective_n, double confidence) {
  if (error == 0) return OneClassInterval(net, effective_n, confidence);
  const double half = NormalCritical(confidence) * error;
  return Clamp({net - half, net + half}, {-100, 100});
}

}  // namespace

absl::Status Validate(const Scale& scale) {
  if (std::isfinite(scale.min) && std::isfinite(scale.max) && scale.min < scale.max) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("scale %g..%g is none; give min < max", scale.min, scale.max));
}

absl::StatusOr<double> AnswerScore(double answer, const Scale& scale) {
  WM_RETURN_IF_ERROR(Validate(scale));
  WM_RETURN_IF_ERROR(CheckOnScale(answer, scale));
  const double above_worst = scale.higher_is_better ? answer - scale.min : scale.max - answer;
  return 1 + 99 * above_worst / (scale.max - scale.min);
}

Tally Tally::Of(absl::Span<const double> answers) {
  Tally tally;
  for (const double answer : answers) tally.Add(answer);
  return tally;
}

void Tally::Add(double answer, int64_t times) {
  if (times == 0) return;
  counts_[answer] += times;
  n_ += times;
}

void Tally::Merge(const Tally& other) {
  for (const auto& [answer, count] : other.counts_) Add(answer, count);
}

absl::StatusOr<NpsClass> ClassifyNps(double answer) {
  WM_RETURN_IF_ERROR(CheckOption(answer, kNpsScale));
  if (answer >= 9) return NpsClass::kPromoter;
  return answer >= 7 ? NpsClass::kPassive : NpsClass::kDetractor;
}

absl::StatusOr<NpsCounts> CountNps(const Tally& answers) {
  NpsCounts counts;
  for (const auto& [answer, count] : answers.counts()) {
    WM_ASSIGN_OR_RETURN(const NpsClass c, ClassifyNps(answer));
    switch (c) {
      case NpsClass::kPromoter:
        counts.promoters += count;
        break;
      case NpsClass::kPassive:
        counts.passives += count;
        break;
      case NpsClass::kDetractor:
        counts.detractors += count;
        break;
    }
  }
  return counts;
}

double NpsStandardError(const NpsCounts& counts) {
  if (counts.n() == 0) return 0;
  const double n = static_cast<double>(counts.n());
  const double p = static_cast<double>(counts.promoters) / n;
  const double d = static_cast<double>(counts.detractors) / n;
  return 100 * std::sqrt(std::max(0.0, p + d - (p - d) * (p - d)) / n);
}

absl::StatusOr<Estimate> Nps(const NpsCounts& counts, const Reporting& reporting) {
  WM_RETURN_IF_ERROR(Validate(reporting));
  if (counts.promoters < 0 || counts.passives < 0 || counts.detractors < 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "NPS of %d promoters, %d passives, %d detractors; counts cannot be negative",
        counts.promoters, counts.passives, counts.detractors));
  }
  const int64_t n = counts.n();
  if (n == 0) return MakeEstimate(0, {}, 0, reporting);
  const double net =
      100.0 * static_cast<double>(counts.promoters - counts.detractors) / static_cast<double>(n);
  return MakeEstimate(
      net, NetInterval(net, NpsStandardError(counts), static_cast<double>(n), reporting.confidence),
      n, reporting);
}

absl::StatusOr<Estimate> Nps(const Tally& answers, const Reporting& reporting) {
  WM_ASSIGN_OR_RETURN(const NpsCounts counts, CountNps(answers));
  return Nps(counts, reporting);
}

absl::StatusOr<Estimate> WeightedNps(absl::Span<const WeightedAnswer> answers,
                                     const Reporting& reporting) {
  WM_RETURN_IF_ERROR(Validate(reporting));
  double weights = 0, points = 0;
  double squares = 0, square_points = 0, square_points_squared = 0;  // sums of w², w²y, w²y²
  for (const WeightedAnswer& a : answers) {
    WM_ASSIGN_OR_RETURN(const NpsClass c, ClassifyNps(a.answer));
    if (!(a.weight > 0) || !std::isfinite(a.weight)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("weight %g of an answer; give a positive number", a.weight));
    }
    const double y = c == NpsClass::kPromoter ? 1 : c == NpsClass::kDetractor ? -1 : 0;
    const double square = a.weight * a.weight;
    weights += a.weight;
    points += a.weight * y;
    squares += square;
    square_points += square * y;
    square_points_squared += square * y * y;
  }
  const int64_t n = static_cast<int64_t>(answers.size());
  if (n == 0) return MakeEstimate(0, {}, 0, reporting);
  const double mean = points / weights;
  const double residuals = square_points_squared - 2 * mean * square_points + mean * mean * squares;
  const double error = 100 * std::sqrt(std::max(0.0, residuals)) / weights;
  return MakeEstimate(
      100 * mean, NetInterval(100 * mean, error, weights * weights / squares, reporting.confidence),
      n, reporting);
}

absl::StatusOr<Estimate> Csat(const Tally& answers, const Scale& scale, int top_k,
                              const Reporting& reporting) {
  WM_ASSIGN_OR_RETURN(const Boxes boxes, CountBoxes(answers, scale, top_k));
  return ShareEstimate(boxes.best, answers.n(), reporting);
}

absl::StatusOr<Estimate> Ces(const Tally& answers, CesConvention convention, const Scale& scale,
                             const Reporting& reporting) {
  WM_RETURN_IF_ERROR(Validate(scale));
  switch (convention) {
    case CesConvention::kMean:
      return MeanAnswer(answers, scale, reporting);
    case CesConvention::kEasyShare:
      return Csat(answers, scale, static_cast<int>((scale.max - scale.min + 1) / 2), reporting);
    case CesConvention::kNetEasy: {
      if (scale.max - scale.min < 3) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "the net of two easy and two hard options needs four, the scale is %g..%g", scale.min,
            scale.max));
      }
      WM_ASSIGN_OR_RETURN(const Boxes boxes, CountBoxes(answers, scale, 2));
      const NpsCounts counts = {boxes.best, answers.n() - boxes.best - boxes.worst, boxes.worst};
      return Nps(counts, reporting);
    }
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("unknown CES convention %d", static_cast<int>(convention)));
}

absl::StatusOr<Estimate> MeanAnswer(const Tally& answers, const Scale& scale,
                                    const Reporting& reporting) {
  WM_RETURN_IF_ERROR(CheckTally(answers, scale));
  Moments moments;
  for (const auto& [answer, count] : answers.counts()) moments.Add(answer, count);
  return MeanEstimate(moments, reporting, {scale.min, scale.max});
}

absl::StatusOr<Estimate> MeanScore(const Tally& answers, const Scale& scale,
                                   const Reporting& reporting) {
  Moments moments;
  for (const auto& [answer, count] : answers.counts()) {
    WM_ASSIGN_OR_RETURN(const double score, AnswerScore(answer, scale));
    moments.Add(score, count);
  }
  return MeanEstimate(moments, reporting, {1, 100});
}

}  // namespace waymark::stats
