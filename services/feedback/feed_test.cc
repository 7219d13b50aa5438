#include "services/feedback/feed.h"

#include <algorithm>
#include <set>
#include <thread>

#include "libs/base/error.h"
#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Property;
using ::testing::SizeIs;

std::vector<v1::Signal> Visits(int first, int count) {
  std::vector<v1::Signal> signals;
  for (int i = first; i < first + count; ++i) {
    signals.push_back(Visit(absl::StrCat(i), 0, "visit", absl::StrCat("c", i)));
  }
  return signals;
}

std::vector<std::string> Ids(const std::vector<v1::Change>& changes) {
  std::vector<std::string> ids;
  for (const v1::Change& change : changes) ids.push_back(change.signal().external_id());
  return ids;
}

class FeedTest : public OnEveryDatabase {};
WM_ON_EVERY_DATABASE(FeedTest);

TEST_P(FeedTest, ListsChangesInOrderWhateverThePageSize) {
  service_->Ingest(Visits(0, 100));
  service_->Ingest(Visits(100, 1));
  service_->Ingest(Visits(101, 50));
  const auto all = service_->PullAll();
  ASSERT_THAT(all, SizeIs(151));
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].signal().external_id(), absl::StrCat(i));
    EXPECT_EQ(all[i].kind(), v1::Change::KIND_RECORDED);
    EXPECT_EQ(all[i].tenant(), "demo");
    EXPECT_EQ(all[i].record_time().seconds(), absl::ToUnixSeconds(service_->clock().Now()));
  }
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.position() < b.position();
  }));
  EXPECT_EQ(Ids(service_->PullAll("", 7)), Ids(all));
  EXPECT_EQ(Ids(service_->PullAll("", 1)), Ids(all));
}

TEST_P(FeedTest, GoesOnAfterAnyChange) {
  service_->Ingest(Visits(0, 20));
  service_->Ingest(Visits(20, 20));
  const auto all = service_->PullAll();
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_THAT(service_->PullAll(all[i].position()), SizeIs(all.size() - i - 1));
  }
}

TEST_P(FeedTest, KeepsItsCursorWhenThereIsNothingNew) {
  EXPECT_EQ(service_->Pull("").next_cursor(), "");
  EXPECT_TRUE(service_->Pull("").at_end());
  service_->Ingest(Visits(0, 3));
  const v1::PullFeedResponse page = service_->Pull("");
  EXPECT_TRUE(page.at_end());
  const v1::PullFeedResponse next = service_->Pull(page.next_cursor());
  EXPECT_THAT(next.changes(), IsEmpty());
  EXPECT_EQ(next.next_cursor(), page.next_cursor());
}

TEST_P(FeedTest, EachCustomerReachesExactlyOneShardUnderAnyCount) {
  service_->Ingest(Visits(0, 300));
  for (const int shards : {1, 2, 5}) {
    std::set<std::string> seen;
    for (int shard = 0; shard < shards; ++shard) {
      for (const v1::Change& change : service_->PullAll("", 50, shard, shards)) {
        EXPECT_TRUE(seen.insert(change.signal().external_id()).second);
      }
    }
    EXPECT_THAT(seen, SizeIs(300)) << shards;
  }
}

TEST_P(FeedTest, RevisionsAndDeletionsReachEveryShard) {
  service_->Ingest({Visit("a", 0, "visit", "before")});
  v1::Signal tombstone = Visit("a", 2);
  tombstone.clear_customer();
  tombstone.set_deleted(true);
  service_->Ingest({Visit("a", 1, "visit", "after")});
  service_->Ingest({tombstone});
  for (int shard = 0; shard < 4; ++shard) {
    const auto changes = service_->PullAll("", 10, shard, 4);
    ASSERT_GE(changes.size(), 2u);
    EXPECT_EQ(changes.back().kind(), v1::Change::KIND_DELETED);
    EXPECT_EQ(changes[changes.size() - 2].kind(), v1::Change::KIND_REVISED);
  }
}

TEST_P(FeedTest, ShowsATenantItsOwnAndTheServiceRoleAll) {
  service_->Ingest(Visits(0, 10));
  service_->Ingest(Visits(100, 5), "other");
  service_->Ingest(Visits(10, 10));
  const auto own = service_->PullAll("", 4, 0, 1, "demo");
  EXPECT_THAT(own, SizeIs(20));
  EXPECT_THAT(own, Each(Property(&v1::Change::tenant, "demo")));
  EXPECT_THAT(service_->PullAll("", 4, 0, 1, "other"), SizeIs(5));
  EXPECT_THAT(service_->PullAll(), SizeIs(25));

  grpc::ClientContext context;
  context.AddMetadata("waymark-tenant", "demo");
  v1::PullFeedRequest request;
  request.set_parent("tenants/-");
  v1::PullFeedResponse response;
  EXPECT_EQ(service_->stub().PullFeed(&context, request, &response).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_P(FeedTest, RefusesACursorThatIsNone) {
  for (const char* cursor : {"x", "0000000000000000000000000000000000000000x", "ZZ"}) {
    v1::PullFeedRequest request;
    request.set_parent("tenants/demo");
    request.set_cursor(cursor);
    const absl::Status status = service_->TryPull(request, "demo").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(GetErrorDetails(status)->reason, "CURSOR_INVALID");
  }
}

TEST_P(FeedTest, BoundsAPageInBytes) {
  for (int i = 0; i < 6; ++i) {
    std::vector<v1::Signal> signals;
    for (int j = 0; j < 20; ++j) {
      signals.push_back(Survey(absl::StrCat(i, "-", j), 9, std::string(60 << 10, 'x')));
    }
    service_->Ingest(signals);
  }
  const v1::PullFeedResponse page = service_->Pull("");
  EXPECT_LT(page.ByteSizeLong(), 4u << 20);
  EXPECT_FALSE(page.at_end());
  EXPECT_THAT(service_->PullAll(), SizeIs(120));
}

TEST_P(FeedTest, ALongPollIsAnsweredByTheNextCommit) {
  v1::PullFeedRequest request;
  request.set_parent("tenants/demo");
  request.mutable_wait()->set_seconds(20);
  absl::StatusOr<v1::PullFeedResponse> page;
  const absl::Time start = absl::Now();
  std::thread poll([&] { page = service_->TryPull(request, "demo"); });
  service_->Ingest(Visits(0, 1));
  poll.join();
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->changes(), SizeIs(1));
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
}

TEST_P(FeedTest, ALongPollEndsWhenItsTimeIsOver) {
  v1::PullFeedRequest request;
  request.set_parent("tenants/demo");
  request.mutable_wait()->set_nanos(30'000'000);
  const auto page = service_->TryPull(request, "demo");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->changes(), IsEmpty());
  EXPECT_TRUE(page->at_end());
}

}  // namespace
}  // namespace waymark::feedback
