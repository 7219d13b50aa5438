#include "services/cli/progress.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/render/text.h"

namespace waymark::cli {
namespace {

constexpr absl::Duration kBetweenDraws = absl::Milliseconds(200);

// "0:42", "1:02:03"
std::string ClockText(absl::Duration duration) {
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(duration));
  return seconds < 3600
             ? absl::StrFormat("%d:%02d", seconds / 60, seconds % 60)
             : absl::StrFormat("%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace

Progress::Progress(std::ostream* out, bool watched, std::string unit, Clock* clock)
    : out_(*out), watched_(watched), unit_(std::move(unit)), clock_(*clock), start_(clock->Now()) {}

Progress::~Progress() {
  absl::MutexLock lock(&mutex_);
  ClearLine();
}

void Progress::Update(int64_t count, int64_t done, int64_t total) {
  if (!watched_) return;
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  if (now - drawn_ < kBetweenDraws) return;
  drawn_ = now;
  const absl::Duration spent = now - start_;
  const double share = total > 0 ? std::clamp(static_cast<double>(done) / total, 0.0, 1.0) : 0;
  std::string line =
      absl::StrFormat("%3.0f %%  %s %s", 100 * share, render::FormatCount(count), unit_);
  if (spent >= absl::Seconds(1)) {
    const auto rate = static_cast<int64_t>(count / absl::ToDoubleSeconds(spent));
    absl::StrAppend(&line, "  ", render::FormatCount(rate), "/s");
    if (share > 0.01) absl::StrAppend(&line, "  ", ClockText(spent / share - spent), " left");
  }
  Draw(line);
}

void Progress::Show(absl::string_view text) {
  if (!watched_) return;
  absl::MutexLock lock(&mutex_);
  Draw(text);
}

void Progress::Say(absl::string_view text) {
  absl::MutexLock lock(&mutex_);
  ClearLine();
  out_ << text << std::endl;
}

void Progress::Draw(absl::string_view line) {
  out_ << "\r\033[K" << line << std::flush;
  on_line_ = true;
}

void Progress::ClearLine() {
  if (on_line_) out_ << "\r\033[K" << std::flush;
  on_line_ = false;
}

}  // namespace waymark::cli
