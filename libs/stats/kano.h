#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

namespace waymark::stats {

/// Answers to "how do you feel if the product has it?" and "... has it not?".
enum class KanoAnswer { kLike, kExpect, kNeutral, kTolerate, kDislike };

enum class KanoCategory {
  kMustBe,
  kOneDimensional,
  kAttractive,
  kIndifferent,
  kReverse,
  kQuestionable,
};

/// The evaluation table of Kano et al. (1984) in Berger's (1993) form.
KanoCategory ClassifyKano(KanoAnswer functional, KanoAnswer dysfunctional);

struct KanoCounts {
  int64_t must_be = 0;
  int64_t one_dimensional = 0;
  int64_t attractive = 0;
  int64_t indifferent = 0;
  int64_t reverse = 0;
  int64_t questionable = 0;

  void Add(KanoCategory category);
};

/// The most frequent category; ties go to M > O > A > I > R > Q. INVALID_ARGUMENT without answers
/// or with a negative count.
absl::StatusOr<KanoCategory> DominantKano(const KanoCounts& counts);

/// Berger's coefficients: what having the feature gains and lacking it costs.
struct KanoCoefficients {
  double better = 0;  ///< (A + O)/(A + O + M + I), 0..1
  double worse = 0;   ///< -(O + M)/(A + O + M + I), -1..0
};

/// INVALID_ARGUMENT for a negative count, or when A + O + M + I is 0.
absl::StatusOr<KanoCoefficients> BetterWorse(const KanoCounts& counts);

}  // namespace waymark::stats
