#pragma once

#include <cstdint>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/stats/estimate.h"

namespace waymark::stats {

// Customer metrics. Pure functions; safe from any thread. An answer off its scale is
// INVALID_ARGUMENT and named with its value, never counted. Too few answers are no error: the
// estimate is suppressed.

/// A rating scale. Raw answers keep it; metrics correct for its direction.
struct Scale {
  double min = 0;
  double max = 0;
  /// False where low answers are good ones (1 = very good).
  bool higher_is_better = true;
};

inline constexpr Scale kNpsScale = {0, 10, true};
inline constexpr Scale kCesScale = {1, 7, true};

/// INVALID_ARGUMENT unless min < max and both are finite.
absl::Status Validate(const Scale& scale);

/// 1 + 99·(x - min)/(max - min), mirrored where low answers are good: 1 is worst, 100 best.
absl::StatusOr<double> AnswerScore(double answer, const Scale& scale);

/// How often each answer was given; a few entries, however many answers. Not thread-safe.
class Tally {
 public:
  static Tally Of(absl::Span<const double> answers);

  /// times >= 0.
  void Add(double answer, int64_t times = 1);
  void Merge(const Tally& other);

  int64_t n() const { return n_; }
  /// Answer to its count, ascending.
  const absl::btree_map<double, int64_t>& counts() const { return counts_; }

 private:
  absl::btree_map<double, int64_t> counts_;
  int64_t n_ = 0;
};

enum class NpsClass { kDetractor, kPassive, kPromoter };

/// 9-10 promoter, 7-8 passive, 0-6 detractor (Reichheld 2003). INVALID_ARGUMENT for anything but a
/// whole number 0..10.
absl::StatusOr<NpsClass> ClassifyNps(double answer);

struct NpsCounts {
  int64_t promoters = 0;
  int64_t passives = 0;
  int64_t detractors = 0;

  int64_t n() const { return promoters + passives + detractors; }
};

absl::StatusOr<NpsCounts> CountNps(const Tally& answers);

/// In NPS points: 100·√((p + d - (p - d)²)/n). 0 when n is 0.
double NpsStandardError(const NpsCounts& counts);

/// 100·(promoters - detractors)/n, -100..100, with a normal interval. Where all answers are of one
/// class and the error is 0, the interval takes Wilson's upper bound for the share of answers of
/// another class that n such answers leave possible.
absl::StatusOr<Estimate> Nps(const NpsCounts& counts, const Reporting& reporting = {});
absl::StatusOr<Estimate> Nps(const Tally& answers, const Reporting& reporting = {});

struct WeightedAnswer {
  double answer = 0;
  /// > 0.
  double weight = 1;
};

/// NPS in which each answer counts by its weight, with the linearised error of a ratio,
/// √(Σw²(y - ȳ)²)/Σw (Cochran 1977, 6.3): with equal weights exactly that of Nps. n counts answers.
absl::StatusOr<Estimate> WeightedNps(absl::Span<const WeightedAnswer> answers,
                                     const Reporting& reporting = {});

/// Top-k box: the percentage 0..100 of answers among the k best options, with Wilson's interval.
/// Options are whole numbers; with `higher_is_better` false the lowest k count. 1 <= k <= options.
absl::StatusOr<Estimate> Csat(const Tally& answers, const Scale& scale, int top_k,
                              const Reporting& reporting = {});

/// The customer effort score is reported in three ways that must not be mixed.
enum class CesConvention {
  /// The mean of the raw answers with a t interval, in units of the scale.
  kMean,
  /// The percentage 0..100 on the easy side of the scale's middle (5-7 of 1-7), Wilson's interval.
  kEasyShare,
  /// Percentage of the two easiest options minus that of the two hardest, -100..100, with the
  /// interval that Nps has. Needs a scale of at least four options.
  kNetEasy,
};

/// `higher_is_better` says that high answers mean easy.
absl::StatusOr<Estimate> Ces(const Tally& answers, CesConvention convention,
                             const Scale& scale = kCesScale, const Reporting& reporting = {});

/// The mean of the raw answers with a t interval kept on the scale.
absl::StatusOr<Estimate> MeanAnswer(const Tally& answers, const Scale& scale,
                                    const Reporting& reporting = {});

/// The mean of the answers' scores (see AnswerScore), 1..100, with a t interval.
absl::StatusOr<Estimate> MeanScore(const Tally& answers, const Scale& scale,
                                   const Reporting& reporting = {});

}  // namespace waymark::stats
