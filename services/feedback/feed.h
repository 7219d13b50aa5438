#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/feedback/commit_signal.h"
#include "services/feedback/placer.h"
#include "services/feedback/position.h"
#include "services/feedback/store.h"
#include "waymark/feedback/v1/feedback_service.pb.h"

namespace waymark::feedback {

/// What a consumer asks the feed for.
struct FeedQuery {
  /// A tenant, or kEveryTenant.
  std::string tenant;
  Position after;
  int limit = 1000;
  uint32_t shard = 0;
  uint32_t shard_count = 1;
};

/// Reads the journal as the feed of changes. Recorded signals and new placements of them reach the
/// shard of their customer; revisions and deletions reach every shard, since the customer may be
/// another one than before; so do erasures, and links, which are about two customers. What is left
/// of a signal that was removed is told as a deletion where a consumer may hold an earlier revision
/// of it, of another customer. Thread-safe.
class Feed {
 public:
  /// All must outlive it.
  Feed(Store* store, const PlacementStores& placements, const CommitSignal* commits)
      : store_(store), placements_(placements), commits_(commits) {}

  /// Fills *page with what follows `query.after`, in one snapshot. May hold less than the limit: a
  /// page has about 3 MB at most, and what other shards' entries take to skip is bounded.
  absl::Status Read(const FeedQuery& query, v1::PullFeedResponse* page);

  /// The same, but waits for something new until `deadline`, or until `stop` says so, when there is
  /// nothing.
  absl::Status Pull(const FeedQuery& query, absl::Time deadline, absl::FunctionRef<bool()> stop,
                    v1::PullFeedResponse* page);

 private:
  Store* const store_;
  const PlacementStores placements_;
  const CommitSignal* const commits_;
};

}  // namespace waymark::feedback
