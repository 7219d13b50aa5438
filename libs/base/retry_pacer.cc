#include "libs/base/retry_pacer.h"

#include <algorithm>
#include <cmath>

namespace waymark {
namespace {

// How often the delay is adjusted: short beside the longest delay, long enough to count many.
constexpr absl::Duration kWindow = absl::Milliseconds(100);
// That many are refused for each that is served, at most.
constexpr double kRefusedShare = 0.1;

}  // namespace

absl::Duration RetryPacer::Refused(absl::Time now) {
  if (now - since_ >= kWindow) Adjust(now);
  ++refused_;
  const absl::Duration jittered = delay_ * std::uniform_real_distribution<>(0.5, 1.5)(random_);
  return std::clamp(jittered, kShortest, kLongest);
}

void RetryPacer::Adjust(absl::Time now) {
  const double wanted = 1 + kRefusedShare * static_cast<double>(served_);
  delay_ *= std::clamp(static_cast<double>(refused_) / wanted, 0.5, 4.0);
  // Nobody was refused in the windows that have passed since that one.
  delay_ *= std::exp2(1 - std::min(absl::FDivDuration(now - since_, kWindow), 10.0));
  delay_ = std::clamp(delay_, kShortest, kLongest);
  since_ = now;
  served_ = 0;
  refused_ = 0;
}

}  // namespace waymark
