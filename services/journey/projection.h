#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "libs/columns/event_store.h"
#include "libs/feed/consumer.h"

namespace waymark::journey {

/// The interactions of every tenant, as the feed tells them; those of linked customers are of one.
/// It lives in memory together with its cursor: both are gone with the process and built anew from
/// the start of the feed. Applying a change again, or one that a later one has superseded, changes
/// nothing. What is of a customer who was erased is dropped, and the name forgotten. Thread-safe.
class Projection : public feed::Applier {
 public:
  /// A tenant's interactions at one moment.
  struct State {
    /// Position in the feed up to which changes are in it.
    std::string position;
    /// Names the interactions by what they are: equal versions have equal answers, in any process
    /// and at any time.
    std::string version;
    std::shared_ptr<const columns::Snapshot> interactions;
  };

  struct Counts {
    std::string position;
    /// Changes of the tenant that were applied.
    int64_t changes = 0;
    /// Its signals that count now, of any kind.
    int64_t signals = 0;
  };

  Projection();
  ~Projection() override;

  absl::StatusOr<std::string> Cursor() override;
  absl::Status Apply(const feedback::v1::PullFeedResponse& page) override;

  /// NOT_FOUND (SOURCE_NOT_FOUND): the tenant has no signal, of any kind, of one of `sources`.
  absl::StatusOr<State> Capture(absl::string_view tenant,
                                const std::vector<std::string>& sources) const;

  Counts CountsOf(absl::string_view tenant) const;

 private:
  class Tenant;

  mutable absl::Mutex mutex_;
  std::string cursor_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::unique_ptr<Tenant>> tenants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace waymark::journey
