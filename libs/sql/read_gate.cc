#include "libs/sql/read_gate.h"

namespace waymark::sql {

void ReadGate::Enter() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&open_));
  ++readers_;
}

void ReadGate::Leave() {
  absl::MutexLock lock(&mutex_);
  --readers_;
}

bool ReadGate::Close(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  open_ = false;
  open_ = !mutex_.AwaitWithTimeout(absl::Condition(this, &ReadGate::empty), timeout);
  return !open_;
}

void ReadGate::Open() {
  absl::MutexLock lock(&mutex_);
  open_ = true;
}

}  // namespace waymark::sql
