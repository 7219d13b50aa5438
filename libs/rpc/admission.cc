#include "libs/rpc/admission.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"

namespace waymark::rpc {

struct Admission::Waiter {
  enum class State { kWaiting, kAdmitted, kEvicted };

  std::string tenant;
  int64_t places = 1;
  State state = State::kWaiting;
  absl::CondVar decided;
};

namespace {

// A tenant takes at most that many places for each that it leaves free.
constexpr int64_t kRunningForEachFree = 7;

absl::Status TooLate() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                   "the call's deadline passed before the server could take it up");
}

}  // namespace

Admission::Ticket::Ticket(Ticket&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr)),
      tenant_(std::move(other.tenant_)),
      places_(other.places_) {}

Admission::Ticket::~Ticket() {
  if (admission_ != nullptr) admission_->Leave(tenant_, places_);
}

absl::StatusOr<Admission::Ticket> Admission::Enter(absl::string_view tenant, absl::Time deadline,
                                                   int64_t places) {
  const absl::Time now = absl::Now();
  if (deadline <= now) return TooLate();
  absl::MutexLock lock(&mutex_);
  places = std::clamp<int64_t>(places, 1, options_.max_concurrent);
  if (MayRun(tenant, places) && !LighterWaits(tenant)) {
    Admit(tenant, places);
    return Ticket(this, tenant, places);
  }
  if (static_cast<int64_t>(queue_.size()) >= options_.max_queued && !MakeRoomFor(tenant)) {
    return Overloaded();
  }
  Waiter waiter{.tenant = std::string(tenant), .places = places};
  Enqueue(&waiter);
  const absl::Time until = std::min(deadline, now + options_.max_wait);
  while (waiter.state == Waiter::State::kWaiting) {
    if (waiter.decided.WaitWithDeadline(&mutex_, until)) break;
  }
  if (waiter.state == Waiter::State::kAdmitted) return Ticket(this, tenant, places);
  if (waiter.state == Waiter::State::kEvicted) return Overloaded();
  Dequeue(std::find(queue_.begin(), queue_.end(), &waiter));
  return until == deadline ? TooLate() : Overloaded();
}

absl::Status Admission::Overloaded() {
  const absl::Duration retry_after = pacer_.Refused(absl::Now());
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("the server takes no more calls just now; try again in ",
                                absl::FormatDuration(retry_after)),
                   {.reason = "OVERLOADED", .retry_after = retry_after});
}

// As if the places were taken one by one: whether the last may be.
bool Admission::MayRun(absl::string_view tenant, int64_t places) const {
  if (running_ == 0) return true;
  const int64_t free = options_.max_concurrent - running_ - (places - 1);
  return LoadOf(tenant).running + (places - 1) < kRunningForEachFree * free;
}

// Whether a call waits, for more places than are free, that must not wait for ever while smaller
// ones of a tenant that runs no less go past it. Where all are of one size, nobody who may run
// waits: Leave hands places on.
bool Admission::LighterWaits(absl::string_view tenant) const {
  const int64_t running = LoadOf(tenant).running;
  return std::any_of(queue_.begin(), queue_.end(), [&](const Waiter* waiter) {
    mutex_.AssertHeld();
    return LoadOf(waiter->tenant).running <= running;
  });
}

void Admission::Admit(absl::string_view tenant, int64_t places) {
  running_ += places;
  load_[tenant].running += places;
}

void Admission::Enqueue(Waiter* waiter) {
  queue_.push_back(waiter);
  ++load_[waiter->tenant].queued;
}

void Admission::Dequeue(const std::deque<Waiter*>::iterator& position) {
  const auto load = load_.find((*position)->tenant);
  if (--load->second.queued == 0 && load->second.running == 0) load_.erase(load);
  queue_.erase(position);
}

Admission::Load Admission::LoadOf(absl::string_view tenant) const {
  const auto found = load_.find(tenant);
  return found == load_.end() ? Load{} : found->second;
}

bool Admission::MakeRoomFor(absl::string_view tenant) {
  const auto total = [](const Load& load) { return load.running + load.queued; };
  auto heaviest = queue_.end();
  // With one more of its calls, `tenant` must still be lighter than who gives way.
  int64_t most = total(LoadOf(tenant)) + 1;
  for (auto it = queue_.begin(); it != queue_.end(); ++it) {
    const int64_t load = total(LoadOf((*it)->tenant));
    // Among a tenant's calls the newest gives way: it has waited least.
    const bool newer_of_same = heaviest != queue_.end() && (*heaviest)->tenant == (*it)->tenant;
    if (load > most || newer_of_same) {
      most = load;
      heaviest = it;
    }
  }
  if (heaviest == queue_.end()) return false;
  Waiter* waiter = *heaviest;
  Dequeue(heaviest);
  waiter->state = Waiter::State::kEvicted;
  waiter->decided.Signal();
  return true;
}

void Admission::Leave(const std::string& tenant, int64_t places) {
  absl::MutexLock lock(&mutex_);
  running_ -= places;
  const auto load = load_.find(tenant);
  if ((load->second.running -= places) == 0 && load->second.queued == 0) load_.erase(load);
  pacer_.Served();
  while (!queue_.empty()) {
    auto next = queue_.begin();
    for (auto it = queue_.begin(); it != queue_.end(); ++it) {
      if (LoadOf((*it)->tenant).running < LoadOf((*next)->tenant).running) next = it;
    }
    Waiter* waiter = *next;
    if (!MayRun(waiter->tenant, waiter->places)) return;
    Dequeue(next);
    Admit(waiter->tenant, waiter->places);
    waiter->state = Waiter::State::kAdmitted;
    waiter->decided.Signal();
  }
}

int64_t Admission::running() const {
  absl::MutexLock lock(&mutex_);
  return running_;
}

int64_t Admission::queued() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int64_t>(queue_.size());
}

}  // namespace waymark::rpc
