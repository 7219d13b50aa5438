#include "libs/columns/funnel.h"

#include <algorithm>
#include <array>
#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace waymark::columns {
namespace {

constexpr size_t kMaxSteps = 64;
constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

/// By step id: bit i is set when funnel step i has that name.
std::vector<uint64_t> StepMasks(const View& view, const std::vector<std::string>& steps) {
  std::vector<uint64_t> masks(view.step_names().size(), 0);
  for (size_t i = 0; i < steps.size(); ++i) {
    if (const Id id = view.step_names().Find(steps[i]); id != kNone) masks[id] |= uint64_t{1} << i;
  }
  return masks;
}

/// One event as the funnel sees it.
struct Match {
  uint64_t mask;
  int64_t time;
};

/// How many steps a case gets through when the chain starts at the first occurrence of step 0:
/// taking each step at its earliest is best.
class FromFirst {
 public:
  FromFirst(size_t steps, std::optional<int64_t> window) : steps_(steps), window_(window) {}

  void Restart() { reached_ = 0; }
  void See(Match match) {
    if (reached_ == steps_ || (match.mask >> reached_ & 1) == 0) return;
    if (reached_ == 0) start_ = match.time;
    if (window_ && match.time - start_ > *window_) return;
    ++reached_;
  }
  size_t reached() const { return reached_; }

 private:
  const size_t steps_;
  const std::optional<int64_t> window_;
  size_t reached_ = 0;
  int64_t start_ = 0;
};

/// The most steps over all starts: for each length of chain, the latest start that has it.
class FromAny {
 public:
  FromAny(size_t steps, int64_t window) : steps_(steps), window_(window) {}

  void Restart() {
    latest_start_.fill(kNever);
    reached_ = 0;
  }
  void See(Match match) {
    // From the last step down, so that one event does not serve two steps.
    for (size_t step = steps_; step-- > 0;) {
      if ((match.mask >> step & 1) == 0) continue;
      const int64_t start = step == 0 ? match.time : latest_start_[step - 1];
      if (start == kNever || match.time - start > window_) continue;
      latest_start_[step] = start;
      reached_ = std::max(reached_, step + 1);
    }
  }
  size_t reached() const { return reached_; }

 private:
  const size_t steps_;
  const int64_t window_;
  /// Later chains of one length start later, so overwriting keeps the latest.
  std::array<int64_t, kMaxSteps> latest_start_;
  size_t reached_ = 0;
};

/// stopped_at[k] = cases that got through exactly k steps.
template <typename Progress>
std::vector<int64_t> CountStops(const View& view, const std::vector<uint64_t>& masks, size_t steps,
                                Progress progress) {
  std::vector<int64_t> stopped_at(steps + 1, 0);
  for (size_t c = 0; c < view.cases(); ++c) {
    progress.Restart();
    for (size_t i = view.case_begin()[c]; i < view.case_begin()[c + 1]; ++i) {
      const uint64_t mask = masks[view.steps()[i]];
      if (mask != 0) progress.See({mask, view.times()[i]});
    }
    ++stopped_at[progress.reached()];
  }
  return stopped_at;
}

absl::Status Check(const FunnelSpec& spec) {
  if (spec.steps.empty() || spec.steps.size() > kMaxSteps) {
    return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_FUNNEL",
                     absl::StrCat("a funnel has 1-", kMaxSteps, " steps, this one ",
                                  spec.steps.size(), "; name its steps in order"));
  }
  if (spec.window_micros && *spec.window_micros < 0) {
    return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_FUNNEL",
                     absl::StrCat("the window of a funnel is ", *spec.window_micros,
                                  " microseconds; give none or one of at least 0"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Funnel> MeasureFunnel(const View& view, const FunnelSpec& spec) {
  if (absl::Status status = Check(spec); !status.ok()) return status;
  const size_t steps = spec.steps.size();
  const std::vector<uint64_t> masks = StepMasks(view, spec.steps);
  const std::vector<int64_t> stopped_at =
      spec.window_micros && spec.start == FunnelStart::kAny
          ? CountStops(view, masks, steps, FromAny(steps, *spec.window_micros))
          : CountStops(view, masks, steps, FromFirst(steps, spec.window_micros));

  Funnel funnel;
  funnel.cases = static_cast<int64_t>(view.cases());
  funnel.never_entered = stopped_at[0];
  int64_t reached = funnel.cases - funnel.never_entered;
  for (size_t i = 0; i < steps; ++i) {
    funnel.steps.push_back({spec.steps[i], reached, stopped_at[i + 1]});
    reached -= stopped_at[i + 1];
  }
  return funnel;
}

}  // namespace waymark::columns
