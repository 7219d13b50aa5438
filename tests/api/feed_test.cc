#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/api/server.h"
#include "tests/api/signals.h"

namespace waymark::api_test {
namespace {

using feedback::v1::Change;
using feedback::v1::PullFeedRequest;
using feedback::v1::PullFeedResponse;
using feedback::v1::Signal;
using ::testing::ElementsAreArray;
using ::testing::SizeIs;

std::vector<std::string> Positions(const std::vector<Change>& changes) {
  std::vector<std::string> positions;
  for (const Change& change : changes) positions.push_back(change.position());
  return positions;
}

class FeedTest : public ApiTest {
 protected:
  void IngestVisits(int count) {
    std::vector<Signal> signals;
    for (int i = 0; i < count; ++i) {
      signals.push_back(Visit(absl::StrCat("v", i), absl::StrCat("customer-", i % 10), "arrive"));
    }
    Ingest(client_, signals);
  }
  grpc::Status Pull(const PullFeedRequest& request, PullFeedResponse* page) const {
    return client_.Try(request, page);
  }
  PullFeedRequest Request() const {
    PullFeedRequest request;
    request.set_parent(client_.parent());
    return request;
  }
};

TEST_F(FeedTest, ListsChangesInTheOrderOfTheirPositionsWhateverThePage) {
  IngestVisits(25);
  const std::vector<Change> all = PullAll(client_);
  ASSERT_THAT(all, SizeIs(25));
  for (int i = 0; i < 25; ++i) {
    EXPECT_EQ(all[i].signal().external_id(), absl::StrCat("v", i));
    EXPECT_EQ(all[i].tenant(), client_.tenant());
    EXPECT_TRUE(all[i].has_record_time());
    if (i > 0) {
      EXPECT_LT(all[i - 1].position(), all[i].position());
    }
  }
  EXPECT_THAT(Positions(PullAll(client_, 1)), ElementsAreArray(Positions(all)));
  EXPECT_THAT(Positions(PullAll(client_, 7)), ElementsAreArray(Positions(all)));
}

TEST_F(FeedTest, ShardsHoldEachCustomerWholeAndTogetherEverything) {
  IngestVisits(60);
  std::multiset<std::string> seen;
  std::map<std::string, int> shard_of;
  for (int shard = 0; shard < 3; ++shard) {
    for (const Change& change : PullAll(client_, 4, shard, 3)) {
      seen.insert(change.position());
      const auto [known, added] = shard_of.try_emplace(change.signal().customer(), shard);
      EXPECT_EQ(known->second, shard) << change.signal().customer();
    }
  }
  const std::vector<std::string> all = Positions(PullAll(client_));
  EXPECT_EQ(seen, std::multiset<std::string>(all.begin(), all.end()));
}

TEST_F(FeedTest, ACursorIsValidForAnyNumberOfShards) {
  IngestVisits(40);
  PullFeedRequest request = Request();
  request.set_limit(13);
  const auto first = client_.Get<PullFeedResponse>(request);
  std::multiset<std::string> seen;
  for (const Change& change : first.changes()) seen.insert(change.position());
  request.set_cursor(first.next_cursor());
  request.set_limit(1000);
  request.set_shard_count(2);
  for (int shard = 0; shard < 2; ++shard) {
    request.set_shard(shard);
    const auto page = client_.Get<PullFeedResponse>(request);
    for (const Change& change : page.changes()) {
      seen.insert(change.position());
    }
  }
  const std::vector<std::string> all = Positions(PullAll(client_));
  EXPECT_EQ(seen, std::multiset<std::string>(all.begin(), all.end()));
}

TEST_F(FeedTest, WaitsForNews) {
  IngestVisits(1);
  PullFeedRequest request = Request();
  request.set_cursor(client_.Get<PullFeedResponse>(request).next_cursor());
  EXPECT_EQ(client_.Get<PullFeedResponse>(request).changes_size(), 0);
  request.mutable_wait()->set_seconds(25);
  PullFeedResponse page;
  grpc::Status status;
  std::thread waiter([&] { status = Pull(request, &page); });
  Ingest(client_, {Visit("news", "ann", "arrive")});
  waiter.join();
  ASSERT_THAT(status, IsOk());
  ASSERT_EQ(page.changes_size(), 1);
  EXPECT_EQ(page.changes(0).signal().external_id(), "news");
}

TEST_F(FeedTest, RefusesWhatIsNoCursorShardOrLimit) {
  PullFeedResponse page;
  PullFeedRequest request = Request();
  for (const char* cursor : {"x", "0000", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
                             "ffffffffffffffffffffffffffffffffffffffff"}) {
    request.set_cursor(cursor);
    EXPECT_THAT(Pull(request, &page), Fails(grpc::INVALID_ARGUMENT, "CURSOR_INVALID")) << cursor;
  }
  request = Request();
  for (const int limit : {-1, 10'001}) {
    request.set_limit(limit);
    EXPECT_THAT(Pull(request, &page), Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
  }
  request = Request();
  request.set_shard_count(2);
  for (const int shard : {-1, 2}) {
    request.set_shard(shard);
    EXPECT_THAT(Pull(request, &page), Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
  }
}

}  // namespace
}  // namespace waymark::api_test
