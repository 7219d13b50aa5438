#include "libs/sql/write_gate.h"

#include <algorithm>

namespace waymark::sql {

bool WriteGate::Enter(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  if (!taken_) {
    taken_ = true;
    return true;
  }
  bool my_turn = false;
  waiting_.push_back(&my_turn);
  if (mutex_.AwaitWithTimeout(absl::Condition(&my_turn), timeout)) return true;
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &my_turn));
  return false;
}

void WriteGate::Leave() {
  absl::MutexLock lock(&mutex_);
  if (waiting_.empty()) {
    taken_ = false;
    return;
  }
  *waiting_.front() = true;
  waiting_.pop_front();
}

}  // namespace waymark::sql
