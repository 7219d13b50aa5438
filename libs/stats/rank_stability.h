#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace waymark::stats {

/// An item's score and how far it may be off.
struct UncertainScore {
  double mean = 0;
  double standard_error = 0;
};

/// How far to trust an item's place in a ranking.
struct RankStability {
  /// 1 is the highest score; equal scores rank in the order given.
  int rank = 0;
  /// Share 0..1 of draws in which the item has exactly that rank.
  double same_rank_share = 0;
  /// Share 0..1 of draws in which the item is among the top k.
  double top_k_share = 0;
};

struct RankStabilityOptions {
  int top_k = 3;
  int draws = 1000;
  /// The same seed and scores give the same answer.
  uint64_t seed = 1;
};

/// Writes one resampled score per item; all finite.
using ScoreResampler = absl::FunctionRef<void(std::mt19937_64& random, absl::Span<double> scores)>;

/// Ranks `scores` and counts, over draws of `resample`, how well the ranking holds. Pure but for
/// the callback. INVALID_ARGUMENT: a score that is not finite, top_k or draws below 1.
absl::StatusOr<std::vector<RankStability>> MeasureRankStability(
    absl::Span<const double> scores, ScoreResampler resample,
    const RankStabilityOptions& options = {});

/// The same with independent normal errors. A negative standard error is INVALID_ARGUMENT.
absl::StatusOr<std::vector<RankStability>> MeasureRankStability(
    absl::Span<const UncertainScore> scores, const RankStabilityOptions& options = {});

}  // namespace waymark::stats
