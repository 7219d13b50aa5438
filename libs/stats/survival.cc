#include "libs/stats/survival.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_format.h"
#include "libs/base/status_macros.h"
#include "libs/stats/distributions.h"

namespace waymark::stats {
namespace {

struct Exits {
  int64_t events = 0;
  int64_t all = 0;
};

absl::StatusOr<std::map<double, Exits>> CountExits(absl::Span<const Lifetime> lifetimes) {
  std::map<double, Exits> exits;
  for (const Lifetime& lifetime : lifetimes) {
    if (!std::isfinite(lifetime.time) || lifetime.time < 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("observation time %g; give a finite time of 0 or more", lifetime.time));
    }
    Exits& at_time = exits[lifetime.time];
    at_time.events += lifetime.event;
    ++at_time.all;
  }
  return exits;
}

Interval LogLogInterval(double survival, double log_error, double z) {
  const double spread = std::exp(z * log_error / std::abs(std::log(survival)));
  return {std::pow(survival, spread), std::pow(survival, 1 / spread)};
}

}  // namespace

absl::StatusOr<std::vector<SurvivalPoint>> KaplanMeier(absl::Span<const Lifetime> lifetimes,
                                                       double confidence) {
  WM_RETURN_IF_ERROR(ValidateConfidence(confidence));
  WM_ASSIGN_OR_RETURN(const auto exits, CountExits(lifetimes));
  const double z = NormalCritical(confidence);
  std::vector<SurvivalPoint> curve;
  double survival = 1;
  double greenwood = 0;
  Interval interval = {1, 1};
  int64_t at_risk = static_cast<int64_t>(lifetimes.size());
  for (const auto& [time, exit] : exits) {
    const int64_t survivors = at_risk - exit.events;
    if (exit.events > 0) {
      survival *= static_cast<double>(survivors) / static_cast<double>(at_risk);
      if (survivors > 0) {
        greenwood += static_cast<double>(exit.events) /
                     (static_cast<double>(at_risk) * static_cast<double>(survivors));
        interval = LogLogInterval(survival, std::sqrt(greenwood), z);
      } else {
        interval.lower = 0;
      }
      curve.push_back(
          {time, at_risk, exit.events, survival, survival * std::sqrt(greenwood), interval});
    }
    at_risk -= exit.all;
  }
  return curve;
}

}  // namespace waymark::stats
