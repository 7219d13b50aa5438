#include "services/cli/ingester.h"

#include <atomic>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/error.h"
#include "services/cli/fake_server.h"

namespace waymark::cli {
namespace {

using feedback::v1::Signal;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::Key;
using testing::SizeIs;

Signal NewSignal(const std::string& external_id) {
  Signal signal;
  signal.set_source("s");
  signal.set_external_id(external_id);
  return signal;
}

grpc::Status Overloaded(absl::Duration retry_after) {
  return rpc::ToGrpcStatus(MakeError(absl::StatusCode::kResourceExhausted, "too many calls",
                                     {.reason = "OVERLOADED", .retry_after = retry_after}));
}

class IngesterTest : public testing::Test {
 protected:
  IngesterOptions Options() {
    IngesterOptions options;
    options.batch_size = 10;
    options.sleep = [this](absl::Duration delay) {
      absl::MutexLock lock(&mutex_);
      delays_.push_back(delay);
    };
    return options;
  }

  // Sends ids 1..count as rows of the same number.
  absl::Status SendAll(Ingester& ingester, int count) {
    for (int i = 1; i <= count; ++i) {
      Signal signal = NewSignal(std::to_string(i));
      if (absl::Status status = ingester.Add(i, &signal); !status.ok()) return status;
    }
    return ingester.Flush();
  }

  FakeServer server_;
  Client client_ = server_.NewClient();
  absl::Mutex mutex_;
  std::vector<absl::Duration> delays_;
};

TEST_F(IngesterTest, CountsEverySignalOnceInBatches) {
  Ingester ingester(&client_, Options());
  ASSERT_TRUE(SendAll(ingester, 95).ok());
  ASSERT_TRUE(SendAll(ingester, 5).ok());
  const IngestTotals totals = ingester.totals();
  EXPECT_EQ(totals.counts.recorded(), 95);
  EXPECT_EQ(totals.counts.duplicate(), 5);
  EXPECT_EQ(totals.signals(), 100);
  EXPECT_EQ(totals.position, "p00000095");
  EXPECT_THAT(server_.feedback.batch_sizes, SizeIs(11));
}

TEST_F(IngesterTest, NamesTheRowsOfProblemsAndKeepsTheFirst) {
  IngesterOptions options = Options();
  options.max_problems = 2;
  Ingester ingester(&client_, options);
  ingester.AddUnreadable(7, "no time");
  for (const int row : {30, 31, 12}) {
    Signal bad = NewSignal("bad");
    ASSERT_TRUE(ingester.Add(row, &bad).ok());
  }
  ASSERT_TRUE(SendAll(ingester, 1).ok());
  const IngestTotals totals = ingester.totals();
  EXPECT_EQ(totals.counts.quarantined(), 4);
  EXPECT_EQ(totals.unreadable, 1);
  EXPECT_EQ(totals.problem_count, 4);
  EXPECT_THAT(totals.problems, ElementsAre(Key(7), Key(12)));
  EXPECT_THAT(totals.problems.at(12).reasons, ElementsAre("external_id: 'bad' is not allowed"));
}

TEST_F(IngesterTest, QuarantinesWhatNoBatchCanHold) {
  Ingester ingester(&client_, Options());
  Signal huge = NewSignal("huge");
  huge.mutable_social_mention()->set_text(std::string(10 << 20, 'x'));
  ASSERT_TRUE(ingester.Add(3, &huge).ok());
  ASSERT_TRUE(SendAll(ingester, 1).ok());
  EXPECT_EQ(ingester.totals().counts.recorded(), 1);
  EXPECT_EQ(ingester.totals().unreadable, 1);
  EXPECT_THAT(ingester.totals().problems, ElementsAre(Key(3)));
}

TEST_F(IngesterTest, CutsBatchesByTheirBytes) {
  Ingester ingester(&client_, Options());
  for (int i = 0; i < 4; ++i) {
    Signal large = NewSignal(std::to_string(i));
    large.mutable_social_mention()->set_text(std::string(1 << 20, 'x'));
    ASSERT_TRUE(ingester.Add(i, &large).ok());
  }
  ASSERT_TRUE(ingester.Flush().ok());
  EXPECT_EQ(ingester.totals().counts.recorded(), 4);
  EXPECT_THAT(server_.feedback.batch_sizes, Each(testing::Le(2)));
}

TEST_F(IngesterTest, TriesAgainWhenTheServerIsOverloadedNotSoonerThanItAsks) {
  server_.feedback.on_ingest = [](int call) {
    return call <= 2 ? Overloaded(absl::Milliseconds(700)) : grpc::Status::OK;
  };
  Ingester ingester(&client_, Options());
  ASSERT_TRUE(SendAll(ingester, 25).ok());
  EXPECT_EQ(ingester.totals().counts.recorded(), 25);
  EXPECT_THAT(delays_, SizeIs(2));
  EXPECT_THAT(delays_, Each(Ge(absl::Milliseconds(700))));
}

TEST_F(IngesterTest, GivesUpWhenTheServerStaysAway) {
  server_.feedback.on_ingest = [](int) { return Overloaded(absl::Seconds(1)); };
  IngesterOptions options = Options();
  options.first_patience = absl::Seconds(3);
  options.in_flight = 1;
  Ingester ingester(&client_, options);
  EXPECT_EQ(SendAll(ingester, 5).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(delays_, SizeIs(testing::AllOf(Ge(1), testing::Le(3))));
  Signal more = NewSignal("more");
  EXPECT_TRUE(ingester.Add(6, &more).ok());  // fills a batch
  EXPECT_FALSE(ingester.Flush().ok());
}

TEST_F(IngesterTest, DoesNotRepeatWhatCannotSucceed) {
  server_.feedback.on_ingest = [](int) {
    return rpc::ToGrpcStatus(
        MakeError(absl::StatusCode::kResourceExhausted, "STORE_FULL", "the disk is full"));
  };
  Ingester ingester(&client_, Options());
  const absl::Status status = SendAll(ingester, 5);
  EXPECT_EQ(status.message(), "the disk is full");
  EXPECT_THAT(delays_, SizeIs(0));
}

}  // namespace
}  // namespace waymark::cli
