// Lists and searches, compared with a model that looks at every signal.
#include <random>

#include "absl/strings/str_join.h"
#include "services/feedback/databases.h"
#include "services/feedback/index_page.h"
#include "services/feedback/random_signals.h"
#include "services/feedback/test_service.h"

namespace waymark::feedback {
namespace {

using ::testing::SizeIs;

std::string Name(const v1::Signal& signal) {
  return absl::StrCat(signal.source(), "/", signal.external_id(), "@", signal.revision());
}

std::vector<std::string> Names(const std::vector<v1::StoredSignal>& signals) {
  std::vector<std::string> names;
  for (const v1::StoredSignal& one : signals) names.push_back(Name(one.signal()));
  return names;
}

class ListTest : public OnEveryDatabase {
 protected:
  void Ingest(const std::vector<v1::Signal>& batch) {
    model_.Apply(batch, service_->Ingest(batch));
  }

  // Signals of all kinds, some of them once more, in a higher revision or deleted.
  void IngestRandom(int count) {
    std::vector<v1::Signal> batch;
    for (int i = 0; i < count; ++i) {
      if (!known_.empty() && random_() % 5 == 0) {
        const v1::Signal& before = known_[random_() % known_.size()];
        v1::Signal after = before;
        while (after.kind_case() == before.kind_case() && random_() % 3 != 0) {
          after = RandomSignal(before.external_id(), random_);
        }
        after.set_source(before.source());
        after.set_revision(before.revision() + static_cast<int64_t>(random_() % 3));
        after.set_deleted(random_() % 4 == 0);
        batch.push_back(after);
      } else {
        batch.push_back(RandomSignal(absl::StrCat("id", known_.size()), random_));
        known_.push_back(batch.back());
      }
    }
    Ingest(batch);
  }

  // What is indexed from now on goes into another bucket.
  void BeginBucket() {
    const std::string end = service_->end();
    v1::ListSignalsRequest all;
    all.set_min_position(end);
    ASSERT_TRUE(service_->TryList(all).ok());
    service_ = nullptr;
    {
      const auto databases = OpenDatabases(url_);
      ASSERT_TRUE(databases.ok()) << databases.status();
      const sql::Value params[] = {int64_t{1} << kBucketBits};
      const auto moved = databases->index()->RunTransaction([&](sql::Connection& connection) {
        return connection
            .Execute("UPDATE index_shards SET next_number = (next_number / $1 + 1) * $1", params)
            .status();
      });
      ASSERT_TRUE(moved.ok()) << moved;
    }
    service_ = std::make_unique<TestService>(url_);
    service_->Await("demo", end);
  }

  void ExpectListed(const RandomFilter& filter, const RandomFilter& search, bool ascending,
                    int page_size) {
    v1::ListSignalsRequest request;
    request.set_filter(filter.text);
    request.set_search(search.text);
    if (ascending) request.set_order_by("event_time");
    request.set_page_size(page_size);
    std::vector<std::string> expected;
    for (const v1::Signal& signal : model_.Sorted(ascending)) {
      if (filter.holds(signal) && search.holds(signal)) expected.push_back(Name(signal));
    }
    ASSERT_EQ(absl::StrJoin(Names(service_->List(request)), " "), absl::StrJoin(expected, " "))
        << request.ShortDebugString();
    found_ += expected.size();
  }

  static RandomFilter Everything() {
    return {"", [](const v1::Signal&) { return true; }};
  }

  std::mt19937 random_{29};
  SignalModel model_;
  std::vector<v1::Signal> known_;
  size_t found_ = 0;
};
WM_ON_EVERY_DATABASE(ListTest);

TEST_P(ListTest, FindsWhatAModelFindsWhateverIsAsked) {
  constexpr int kPageSizes[] = {0, 1, 2, 7, 64, 65, 1000};
  for (int bucket = 0; bucket < 4; ++bucket) {
    if (bucket > 0) BeginBucket();
    for (int batch = 0; batch < 3; ++batch) IngestRandom(60);
    for (int i = 0; i < 40 && !HasFailure(); ++i) {
      const RandomFilter filter = i % 4 == 0 ? Everything() : MakeRandomFilter(3, random_);
      const RandomFilter search = i % 3 != 0 ? Everything() : MakeRandomSearch(random_);
      ExpectListed(filter, search, i % 2 == 0, kPageSizes[random_() % std::size(kPageSizes)]);
    }
  }
  EXPECT_GT(found_, 1000);
}

TEST_P(ListTest, SearchesFindWhatAModelFinds) {
  for (int batch = 0; batch < 6; ++batch) IngestRandom(100);
  for (int i = 0; i < 300 && !HasFailure(); ++i) {
    ExpectListed(Everything(), MakeRandomSearch(random_), true, 1000);
  }
  EXPECT_GT(found_, 1000);
}

TEST_P(ListTest, WhatChangesBetweenPagesIsListedAsItThenIs) {
  std::vector<v1::Signal> batch;
  for (int i = 0; i < 20; ++i) {
    batch.push_back(Visit(absl::StrCat("id", i)));
    batch.back().mutable_event_time()->set_seconds(1000 + i);
  }
  Ingest(batch);
  v1::ListSignalsRequest request;
  request.set_order_by("event_time");
  request.set_page_size(5);
  request.set_min_position(service_->end());
  const auto first = service_->TryList(request);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_THAT(first->signals(), SizeIs(5));
  // One listed and one to come are revised, one to come is deleted, one comes in before the page's
  // end and one after it.
  std::vector<v1::Signal> changes = {batch[2], batch[7], batch[9]};
  for (v1::Signal& change : changes) change.set_revision(1);
  changes[2].set_deleted(true);
  changes.push_back(Visit("early"));
  changes.back().mutable_event_time()->set_seconds(1);
  changes.push_back(Visit("late"));
  changes.back().mutable_event_time()->set_seconds(5000);
  Ingest(changes);
  v1::ListSignalsRequest all;
  all.set_min_position(service_->end());
  ASSERT_TRUE(service_->TryList(all).ok());
  request.set_page_token(first->next_page_token());
  std::vector<std::string> expected;
  for (const v1::Signal& signal : model_.Sorted(true)) {
    if (signal.event_time().seconds() > 1004) expected.push_back(Name(signal));
  }
  EXPECT_THAT(expected, SizeIs(15));
  EXPECT_EQ(Names(service_->List(request)), expected);
}

TEST_P(ListTest, EqualTimesAreOrderedBySequenceThenFeed) {
  std::vector<v1::Signal> batch;
  for (int i = 0; i < 300; ++i) {
    batch.push_back(Visit(absl::StrCat("id", i)));
    batch.back().set_sequence(i % 3);
  }
  Ingest(batch);
  for (const bool ascending : {true, false}) {
    for (const int page_size : {1, 100, 1000}) {
      ExpectListed(Everything(), Everything(), ascending, page_size);
    }
  }
}

}  // namespace
}  // namespace waymark::feedback
