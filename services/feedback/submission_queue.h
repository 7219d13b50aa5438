#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "services/feedback/submission.h"

namespace waymark::feedback {

/// What batches hold of the memory set aside for them, by tenant, and which is committed next. Room
/// is held from before a batch is prepared until it is committed. No tenant may hold more than it
/// leaves free, but each may hold one batch while that fits: one alone fills half, n greedy ones
/// 1/(n+1) each, and there is always room for another. Batches leave in the order that gives every
/// waiting tenant as many bytes as the others. Not thread-safe.
class SubmissionQueue {
 public:
  enum class Room {
    kHeld,
    /// The tenant holds its share.
    kTenantFull,
    /// Nobody can hold that much more.
    kFull,
  };

  explicit SubmissionQueue(int64_t max_bytes) : max_bytes_(max_bytes) {}

  /// Holds `bytes` for a batch of `tenant` if it says so. A batch larger than all there is may go
  /// in alone.
  Room Hold(const std::string& tenant, int64_t bytes);
  /// Gives back what was held.
  void Release(const std::string& tenant, int64_t bytes);

  /// Queues a batch for which `held_bytes` are held; from now on it is what the batch really has.
  void Push(std::shared_ptr<Submission> batch, int64_t held_bytes);
  /// The batches to be committed together: one, and more until they have `bytes`.
  std::vector<std::shared_ptr<Submission>> Take(int64_t bytes);
  /// Whether no batch is queued.
  bool empty() const { return waiting_.empty(); }

  /// What is held in all.
  int64_t held_bytes() const { return held_bytes_; }

 private:
  struct Tenant {
    int64_t held_bytes = 0;
    std::deque<std::shared_ptr<Submission>> batches;
    /// Of the turns that go round among the tenants, in bytes (start-time fair queueing).
    int64_t turn = 0;
  };

  const int64_t max_bytes_;
  int64_t held_bytes_ = 0;
  /// Of those that hold anything.
  absl::node_hash_map<std::string, Tenant> tenants_;
  /// Those with batches, in the order in which they came.
  std::vector<Tenant*> waiting_;
  /// Whose turn it was last.
  int64_t turn_ = 0;
};

}  // namespace waymark::feedback
