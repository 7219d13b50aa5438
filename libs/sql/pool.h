#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "libs/sql/driver.h"

namespace waymark::sql {

/// At most `size` sessions of one role, opened when first needed and kept. Thread-safe.
class Pool {
 public:
  /// A session on loan; goes back, rolled back, at the end of its life.
  class Lease {
   public:
    Lease(Pool* pool, std::unique_ptr<Session> session)
        : pool_(pool), session_(std::move(session)) {}
    Lease(Lease&&) = default;
    ~Lease() {
      if (session_ != nullptr) pool_->Return(std::move(session_));
    }
    Session& operator*() const { return *session_; }
    Session* operator->() const { return session_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<Session> session_;
  };

  /// `driver` must outlive the pool.
  Pool(Driver* driver, Role role, int size, const DatabaseOptions& options);

  /// DEADLINE_EXCEEDED with STORE_TIMEOUT when none becomes free within the acquire timeout; else
  /// what Driver::Connect returns.
  absl::StatusOr<Lease> Acquire();

  /// Adds this pool's numbers to `stats`.
  void AddStats(DatabaseStats* stats) const;

 private:
  bool Available() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !idle_.empty() || open_ < size_;
  }
  void Return(std::unique_ptr<Session> session);

  Driver* const driver_;
  const Role role_;
  const int size_;
  const absl::Duration acquire_timeout_;
  const absl::Duration statement_timeout_;
  mutable absl::Mutex mutex_;
  std::vector<std::unique_ptr<Session>> idle_ ABSL_GUARDED_BY(mutex_);
  int open_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t timeouts_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace waymark::sql
