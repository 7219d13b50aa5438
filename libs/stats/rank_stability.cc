#include "libs/stats/rank_stability.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "absl/strings/str_format.h"
#include "libs/base/status_macros.h"

namespace waymark::stats {
namespace {

absl::Status Validate(absl::Span<const double> scores, const RankStabilityOptions& options) {
  for (const double score : scores) {
    if (!std::isfinite(score)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("score %g cannot be ranked; give a finite number", score));
    }
  }
  if (options.top_k >= 1 && options.draws >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat("top %d over %d draws; both must be at least 1",
                                                    options.top_k, options.draws));
}

/// ranks[i] is the 1-based rank of scores[i], the highest first; ties in the order given.
void Rank(absl::Span<const double> scores, std::vector<size_t>& order, std::vector<int>& ranks) {
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  for (size_t place = 0; place < order.size(); ++place) {
    ranks[order[place]] = static_cast<int>(place) + 1;
  }
}

}  // namespace

absl::StatusOr<std::vector<RankStability>> MeasureRankStability(
    absl::Span<const double> scores, ScoreResampler resample, const RankStabilityOptions& options) {
  WM_RETURN_IF_ERROR(Validate(scores, options));
  std::vector<size_t> order(scores.size());
  std::vector<int> ranks(scores.size());
  Rank(scores, order, ranks);
  std::vector<RankStability> result(scores.size());
  for (size_t i = 0; i < result.size(); ++i) result[i].rank = ranks[i];

  std::mt19937_64 random(options.seed);
  std::vector<double> drawn(scores.size());
  std::vector<int> same_rank(scores.size()), top_k(scores.size());
  for (int draw = 0; draw < options.draws; ++draw) {
    resample(random, absl::MakeSpan(drawn));
    Rank(drawn, order, ranks);
    for (size_t i = 0; i < result.size(); ++i) {
      same_rank[i] += ranks[i] == result[i].rank;
      top_k[i] += ranks[i] <= options.top_k;
    }
  }
  for (size_t i = 0; i < result.size(); ++i) {
    result[i].same_rank_share = static_cast<double>(same_rank[i]) / options.draws;
    result[i].top_k_share = static_cast<double>(top_k[i]) / options.draws;
  }
  return result;
}

absl::StatusOr<std::vector<RankStability>> MeasureRankStability(
    absl::Span<const UncertainScore> scores, const RankStabilityOptions& options) {
  std::vector<double> means;
  means.reserve(scores.size());
  for (const UncertainScore& score : scores) {
    if (!(score.standard_error >= 0) || !std::isfinite(score.standard_error)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("standard error %g of a score; give 0 or more", score.standard_error));
    }
    means.push_back(score.mean);
  }
  const auto resample = [&](std::mt19937_64& random, absl::Span<double> drawn) {
    std::normal_distribution<double> normal;
    for (size_t i = 0; i < scores.size(); ++i) {
      drawn[i] = scores[i].mean + scores[i].standard_error * normal(random);
    }
  };
  return MeasureRankStability(means, resample, options);
}

}  // namespace waymark::stats
