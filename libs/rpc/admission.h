#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "libs/base/retry_pacer.h"

namespace waymark::rpc {

struct AdmissionOptions {
  /// Calls that run at once; large ones take several places.
  int64_t max_concurrent = 64;
  /// Calls that wait for a place; 0 sheds at once.
  int64_t max_queued = 128;
  /// The longest that a call waits, if its deadline is not sooner.
  absl::Duration max_wait = absl::Seconds(2);
};

/// Decides which calls run, which wait and which are shed, so that an overloaded service answers
/// quickly rather than late. A tenant leaves some places free for others: it runs at most seven
/// calls for each that is free, so one alone has seven eighths of the places and nobody else finds
/// them all taken. Places that come free go to the waiting tenant with the fewest running calls,
/// and a full queue makes room for a tenant below its fair share at the cost of the one furthest
/// above. A call that is much work takes several places: many of those at once would only keep each
/// other, and the answer to whoever is shed, from getting a processor. Thread-safe.
class Admission {
 public:
  explicit Admission(const AdmissionOptions& options) : options_(options) {}

  /// A place among the running calls, given back by its destructor.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket();

   private:
    friend class Admission;
    Ticket(Admission* admission, absl::string_view tenant, int64_t places)
        : admission_(admission), tenant_(tenant), places_(places) {}
    Admission* admission_;
    std::string tenant_;
    int64_t places_;
  };

  /// Waits for `places`, of which there are at least as many, until `deadline` at most.
  /// RESOURCE_EXHAUSTED (OVERLOADED, with retry_after): shed. DEADLINE_EXCEEDED: no place came free
  /// before `deadline`.
  absl::StatusOr<Ticket> Enter(absl::string_view tenant, absl::Time deadline, int64_t places = 1);

  /// Places that are taken.
  int64_t running() const;
  int64_t queued() const;

 private:
  struct Waiter;
  struct Load {
    /// Places.
    int64_t running = 0;
    /// Calls.
    int64_t queued = 0;
  };

  absl::Status Overloaded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayRun(absl::string_view tenant, int64_t places) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool LighterWaits(absl::string_view tenant) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Admit(absl::string_view tenant, int64_t places) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Enqueue(Waiter* waiter) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Dequeue(const std::deque<Waiter*>::iterator& position) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Load LoadOf(absl::string_view tenant) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MakeRoomFor(absl::string_view tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave(const std::string& tenant, int64_t places);

  const AdmissionOptions options_;
  mutable absl::Mutex mutex_;
  int64_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  /// Of the tenants that have any.
  absl::flat_hash_map<std::string, Load> load_ ABSL_GUARDED_BY(mutex_);
  std::deque<Waiter*> queue_ ABSL_GUARDED_BY(mutex_);
  RetryPacer pacer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace waymark::rpc
