#include "services/feedback/submission_queue.h"

#include <algorithm>
#include <utility>

namespace waymark::feedback {

SubmissionQueue::Room SubmissionQueue::Hold(const std::string& tenant, int64_t bytes) {
  const auto found = tenants_.find(tenant);
  const int64_t held = found == tenants_.end() ? 0 : found->second.held_bytes;
  const int64_t left = max_bytes_ - held_bytes_;
  if (held_bytes_ > 0 && bytes > left) return held > 0 ? Room::kTenantFull : Room::kFull;
  if (held > 0 && held + bytes > left) return Room::kTenantFull;
  tenants_[tenant].held_bytes += bytes;
  held_bytes_ += bytes;
  return Room::kHeld;
}

void SubmissionQueue::Release(const std::string& tenant, int64_t bytes) {
  const auto found = tenants_.find(tenant);
  held_bytes_ -= bytes;
  found->second.held_bytes -= bytes;
  if (found->second.held_bytes == 0) tenants_.erase(found);
}

void SubmissionQueue::Push(std::shared_ptr<Submission> batch, int64_t held_bytes) {
  Tenant& tenant = tenants_.find(batch->tenant)->second;
  batch->held_bytes = batch->bytes();
  tenant.held_bytes += batch->held_bytes - held_bytes;
  held_bytes_ += batch->held_bytes - held_bytes;
  if (tenant.batches.empty()) {
    tenant.turn = std::max(tenant.turn, turn_);
    waiting_.push_back(&tenant);
  }
  tenant.batches.push_back(std::move(batch));
}

std::vector<std::shared_ptr<Submission>> SubmissionQueue::Take(int64_t bytes) {
  std::vector<std::shared_ptr<Submission>> taken;
  while (!waiting_.empty() && (taken.empty() || bytes > 0)) {
    const auto next =
        std::min_element(waiting_.begin(), waiting_.end(),
                         [](const Tenant* a, const Tenant* b) { return a->turn < b->turn; });
    Tenant& tenant = **next;
    turn_ = tenant.turn;
    tenant.turn += tenant.batches.front()->held_bytes;
    bytes -= tenant.batches.front()->held_bytes;
    taken.push_back(std::move(tenant.batches.front()));
    tenant.batches.pop_front();
    if (tenant.batches.empty()) waiting_.erase(next);
  }
  return taken;
}

}  // namespace waymark::feedback
