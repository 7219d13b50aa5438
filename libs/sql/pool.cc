#include "libs/sql/pool.h"

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace waymark::sql {

Pool::Pool(Driver* driver, Role role, int size, const DatabaseOptions& options)
    : driver_(driver),
      role_(role),
      size_(size),
      acquire_timeout_(options.acquire_timeout),
      statement_timeout_(options.statement_timeout) {}

absl::StatusOr<Pool::Lease> Pool::Acquire() {
  {
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(absl::Condition(this, &Pool::Available), acquire_timeout_)) {
      ++timeouts_;
      return MakeError(
          absl::StatusCode::kDeadlineExceeded, "STORE_TIMEOUT",
          absl::StrCat("none of the ", size_, " sessions of ", driver_->name(),
                       " became free within ", absl::FormatDuration(acquire_timeout_)));
    }
    if (!idle_.empty()) {
      Lease lease(this, std::move(idle_.back()));
      idle_.pop_back();
      return lease;
    }
    ++open_;
  }
  absl::StatusOr<std::unique_ptr<Session>> session = driver_->Connect(role_, statement_timeout_);
  if (!session.ok()) {
    absl::MutexLock lock(&mutex_);
    --open_;
    return session.status();
  }
  return Lease(this, *std::move(session));
}

void Pool::Return(std::unique_ptr<Session> session) {
  session->Rollback();
  absl::MutexLock lock(&mutex_);
  idle_.push_back(std::move(session));
}

void Pool::AddStats(DatabaseStats* stats) const {
  absl::MutexLock lock(&mutex_);
  stats->connections_open += open_;
  stats->connections_in_use += open_ - static_cast<int64_t>(idle_.size());
  stats->acquire_timeouts += timeouts_;
}

}  // namespace waymark::sql
