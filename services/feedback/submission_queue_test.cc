#include "services/feedback/submission_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waymark::feedback {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using Room = SubmissionQueue::Room;

constexpr int64_t kBatch = 10'000;

std::shared_ptr<Submission> Batch(const std::string& tenant, int64_t bytes) {
  auto batch = std::make_shared<Submission>();
  batch->tenant = tenant;
  batch->payload.resize(bytes - static_cast<int64_t>(sizeof(Submission)));
  return batch;
}

void Queue(SubmissionQueue& queue, const std::string& tenant, int64_t bytes = kBatch) {
  ASSERT_EQ(queue.Hold(tenant, bytes), Room::kHeld);
  queue.Push(Batch(tenant, bytes), bytes);
}

// The tenants of the next batches, in their order, committed.
std::vector<std::string> Commit(SubmissionQueue& queue, int64_t bytes) {
  std::vector<std::string> tenants;
  for (const auto& batch : queue.Take(bytes)) {
    tenants.push_back(batch->tenant);
    queue.Release(batch->tenant, batch->held_bytes);
  }
  return tenants;
}

TEST(SubmissionQueueTest, TenantsTakeTurns) {
  SubmissionQueue queue(1'000'000);
  for (int i = 0; i < 4; ++i) Queue(queue, "a");
  for (int i = 0; i < 2; ++i) Queue(queue, "b");
  Queue(queue, "c");
  EXPECT_THAT(Commit(queue, 1'000'000), ElementsAre("a", "b", "c", "a", "b", "a", "a"));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.held_bytes(), 0);
}

TEST(SubmissionQueueTest, TurnsGoOnFromOneCommitToTheNext) {
  SubmissionQueue queue(1'000'000);
  for (const char* tenant : {"a", "b", "c"}) {
    for (int i = 0; i < 2; ++i) Queue(queue, tenant);
  }
  EXPECT_THAT(Commit(queue, 2 * kBatch), ElementsAre("a", "b"));
  EXPECT_THAT(Commit(queue, 2 * kBatch), ElementsAre("c", "a"));
  EXPECT_THAT(Commit(queue, 2 * kBatch), ElementsAre("b", "c"));
}

TEST(SubmissionQueueTest, ANewcomerIsInTheNextCommitButDoesNotCatchUp) {
  SubmissionQueue queue(1'000'000);
  for (int i = 0; i < 9; ++i) Queue(queue, "busy");
  Commit(queue, 5 * kBatch);
  for (int i = 0; i < 3; ++i) Queue(queue, "quiet");
  EXPECT_THAT(Commit(queue, 4 * kBatch), ElementsAre("quiet", "busy", "quiet", "busy"));
}

TEST(SubmissionQueueTest, TurnsAreEqualInBytes) {
  SubmissionQueue queue(1'000'000);
  for (int i = 0; i < 2; ++i) Queue(queue, "large", 4 * kBatch);
  for (int i = 0; i < 6; ++i) Queue(queue, "small", kBatch);
  EXPECT_THAT(Commit(queue, 10 * kBatch),
              ElementsAre("large", "small", "small", "small", "small", "large"));
}

TEST(SubmissionQueueTest, ACommitTakesOneBatchAtLeast) {
  SubmissionQueue queue(1'000'000);
  Queue(queue, "a");
  Queue(queue, "a");
  EXPECT_THAT(Commit(queue, 1), ElementsAre("a"));
}

TEST(SubmissionQueueTest, ATenantHoldsNoMoreThanItLeavesFree) {
  SubmissionQueue queue(10 * kBatch);
  for (int i = 0; i < 5; ++i) Queue(queue, "busy");
  EXPECT_EQ(queue.Hold("busy", kBatch), Room::kTenantFull);
  // The others still find room, less and less the more they are.
  for (const char* tenant : {"b", "b", "b", "c", "d"}) Queue(queue, tenant);
  EXPECT_EQ(queue.Hold("b", kBatch), Room::kTenantFull);
  EXPECT_EQ(queue.Hold("e", kBatch), Room::kFull);
  EXPECT_LE(queue.held_bytes(), 10 * kBatch);
  Commit(queue, 2 * kBatch);
  EXPECT_EQ(queue.Hold("e", kBatch), Room::kHeld);
}

TEST(SubmissionQueueTest, ABatchLargerThanAllThereIsGoesInAlone) {
  SubmissionQueue queue(kBatch);
  Queue(queue, "a", 2 * kBatch);
  EXPECT_EQ(queue.Hold("b", 1), Room::kFull);
  Commit(queue, 1);
  EXPECT_EQ(queue.Hold("b", 1), Room::kHeld);
}

TEST(SubmissionQueueTest, ABatchCountsAsWhatItReallyHas) {
  SubmissionQueue queue(10 * kBatch);
  ASSERT_EQ(queue.Hold("a", 3 * kBatch), Room::kHeld);
  queue.Push(Batch("a", kBatch), 3 * kBatch);
  EXPECT_EQ(queue.held_bytes(), kBatch);
  EXPECT_THAT(Commit(queue, 1), Each("a"));
  EXPECT_EQ(queue.held_bytes(), 0);
}

}  // namespace
}  // namespace waymark::feedback
