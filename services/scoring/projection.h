#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "libs/feed/consumer.h"
#include "services/scoring/evidence.h"

namespace waymark::scoring {

/// The evidence of every tenant, as the feed tells it. It lives in memory together with its cursor:
/// both are gone with the process and built anew from the start of the feed. Thread-safe.
class Projection : public feed::Applier {
 public:
  absl::StatusOr<std::string> Cursor() override;
  absl::Status Apply(const feedback::v1::PullFeedResponse& page) override;

  /// The tenant's evidence; empty evidence for a tenant without signals. Owned by the projection.
  const Evidence& Of(absl::string_view tenant) const;

 private:
  const Evidence empty_{};
  mutable absl::Mutex mutex_;
  std::string cursor_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::unique_ptr<Evidence>> tenants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace waymark::scoring
