#include "libs/cache/circuit_breaker.h"

namespace waymark::cache {

bool CircuitBreaker::Allow() {
  absl::MutexLock lock(&mutex_);
  if (failures_ < max_failures_) return true;
  const absl::Time now = clock_->Now();
  if (now < next_probe_) return false;
  next_probe_ = now + pause_;
  return true;
}

CircuitBreaker::Change CircuitBreaker::Succeeded() {
  absl::MutexLock lock(&mutex_);
  const bool was_open = failures_ >= max_failures_;
  failures_ = 0;
  return was_open ? Change::kClosed : Change::kNone;
}

CircuitBreaker::Change CircuitBreaker::Failed() {
  absl::MutexLock lock(&mutex_);
  if (++failures_ < max_failures_) return Change::kNone;
  next_probe_ = clock_->Now() + pause_;
  return failures_ == max_failures_ ? Change::kOpened : Change::kNone;
}

}  // namespace waymark::cache
