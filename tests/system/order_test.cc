// Signals that come late, shuffled and twice leave what those that come in order leave.
#include <algorithm>
#include <map>
#include <random>
#include <thread>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/databases.h"
#include "tests/system/feedback.h"
#include "tests/system/signals.h"

namespace waymark::system_test {
namespace {

using feedback::v1::Change;
using feedback::v1::Signal;
using feedback::v1::StoredSignal;
using feedback::v1::SurveyResponse;

constexpr char kSource[] = "order";

/// What is left of signals: one line each, ordered by (event time, sequence, source, external_id),
/// without record times and positions.
using Export = std::vector<std::string>;

Export ExportOf(std::vector<std::pair<Signal, feedback::v1::Enrichment>> signals) {
  const auto rank = [](const auto& one) {
    const Signal& signal = one.first;
    return std::tuple(signal.event_time().seconds(), signal.event_time().nanos(), signal.sequence(),
                      signal.source(), signal.external_id());
  };
  std::sort(signals.begin(), signals.end(),
            [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  Export lines;
  for (const auto& [signal, enrichment] : signals) {
    lines.push_back(absl::StrCat(signal.ShortDebugString(), " | ", enrichment.ShortDebugString()));
  }
  return lines;
}

/// By the feed alone: the last change of each key counts.
Export ExportOfFeed(const std::vector<Change>& changes) {
  std::map<std::string, const Change*> last;
  for (const Change& change : changes) last[change.signal().external_id()] = &change;
  std::vector<std::pair<Signal, feedback::v1::Enrichment>> live;
  for (const auto& [id, change] : last) {
    if (change->kind() == Change::KIND_DELETED) continue;
    live.emplace_back(change->signal(), change->enrichment());
  }
  return ExportOf(std::move(live));
}

Export ExportOfList(const std::vector<StoredSignal>& list) {
  std::vector<std::pair<Signal, feedback::v1::Enrichment>> live;
  for (const StoredSignal& one : list) live.emplace_back(one.signal(), one.enrichment());
  return ExportOf(std::move(live));
}

/// Revisions of `keys` keys by (event time, sequence, external_id, revision): surveys are finished
/// before they are partial and the other way round, with equal revisions too; signals are deleted,
/// and recorded again after that.
std::vector<Signal> MakeHistory(uint64_t seed, int keys) {
  std::mt19937_64 random(seed);
  std::vector<Signal> history;
  for (int key = 0; key < keys; ++key) {
    const std::string id = absl::StrCat(seed, "-", key);
    const int64_t revisions = 1 + static_cast<int64_t>(random() % 4);
    for (int64_t revision = 0; revision < revisions; ++revision) {
      Signal signal = MakeSignal(kSource, id, revision);
      if (signal.has_survey_response()) {
        SurveyResponse* survey = signal.mutable_survey_response();
        survey->set_completion(SurveyResponse::COMPLETION_PARTIAL);
        if (random() % 2 == 0) {
          history.push_back(signal);
          survey->set_completion(SurveyResponse::COMPLETION_FINISHED);
        }
      }
      history.push_back(std::move(signal));
    }
  }
  std::stable_sort(history.begin(), history.end(), [](const Signal& a, const Signal& b) {
    const auto rank = [](const Signal& signal) {
      return std::tuple(signal.event_time().seconds(), signal.sequence());
    };
    return rank(a) < rank(b);
  });
  return history;
}

/// The same with a tenth of it twice, in any order.
std::vector<Signal> Disturb(std::vector<Signal> history, uint64_t seed) {
  std::mt19937_64 random(seed + 1000);
  const size_t once = history.size();
  for (size_t i = 0; i < once / 10; ++i) history.push_back(history[random() % once]);
  std::shuffle(history.begin(), history.end(), random);
  return history;
}

/// A feedback process that has taken in a history.
class Loaded {
 public:
  explicit Loaded(const std::string& database) : feedback_(database) {}

  void InOrder(const std::vector<Signal>& history) {
    for (size_t from = 0; from < history.size(); from += 500) {
      Send(history, from, std::min(history.size(), from + 500));
    }
  }

  // Four callers, in batches of any size, of which every third is a stream of two.
  void AllAtOnce(const std::vector<Signal>& history, uint64_t seed) {
    std::vector<std::thread> callers;
    for (size_t caller = 0; caller < 4; ++caller) {
      callers.emplace_back([this, &history, seed, caller] {
        std::mt19937_64 random(seed * 10 + caller);
        const size_t end = history.size() * (caller + 1) / 4;
        for (size_t from = history.size() * caller / 4; from < end;) {
          const size_t to = std::min<size_t>(end, from + 1 + random() % 200);
          if (random() % 3 == 0) {
            Stream(history, from, to);
          } else {
            Send(history, from, to);
          }
          from = to;
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
  }

  /// What both ways of reading show, which must agree.
  Export Read() {
    std::string cursor;
    const Export by_feed =
        ExportOfFeed(feedback_.client().Pull(&cursor, position_).value_or(std::vector<Change>()));
    const std::vector<StoredSignal> list = feedback_.client().List("", position_);
    const auto late = [](const StoredSignal& a, const StoredSignal& b) {
      const auto rank = [](const Signal& one) {
        return std::tuple(one.event_time().seconds(), one.sequence());
      };
      return rank(a.signal()) < rank(b.signal());
    };
    EXPECT_TRUE(std::is_sorted(list.begin(), list.end(), late));
    EXPECT_EQ(ExportOfList(list), by_feed);
    return by_feed;
  }

  /// What follows from the messages of each conversation.
  std::vector<std::string> Conversations() {
    std::vector<std::string> lines;
    for (int i = 0; i < kConversations; ++i) {
      lines.push_back(feedback_.client()
                          .Conversation(kSource, absl::StrCat("talk-", i), position_)
                          .ShortDebugString());
    }
    return lines;
  }

 private:
  void Send(const std::vector<Signal>& history, size_t from, size_t to) {
    feedback::v1::IngestResponse response;
    const grpc::Status status =
        feedback_.client().Ingest({history.begin() + from, history.begin() + to}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    for (const int outcome : response.outcomes()) {
      EXPECT_NE(outcome, feedback::v1::INGEST_OUTCOME_QUARANTINED);
      EXPECT_NE(outcome, feedback::v1::INGEST_OUTCOME_CONFLICT);
    }
    Reached(response.position());
  }

  void Stream(const std::vector<Signal>& history, size_t from, size_t to) {
    const auto begin = history.begin();
    const size_t middle = (from + to) / 2;
    std::vector<std::vector<Signal>> batches;
    if (middle > from) batches.emplace_back(begin + from, begin + middle);
    batches.emplace_back(begin + middle, begin + to);
    feedback::v1::StreamIngestResponse response;
    const grpc::Status status = feedback_.client().Stream(batches, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.counts().quarantined() + response.counts().conflict(), 0);
    Reached(response.position());
  }

  void Reached(const std::string& position) {
    absl::MutexLock lock(&mutex_);
    position_ = std::max(position_, position);
  }

  FeedbackProcess feedback_;
  absl::Mutex mutex_;
  std::string position_;
};

class Order : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { WM_REQUIRE_BACKEND(GetParam()); }
};

TEST_P(Order, LateShuffledAndRepeatedSignalsLeaveWhatOrderedOnesLeave) {
  for (int seed = 1; seed <= Rounds(3, 20); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    const std::vector<Signal> history = MakeHistory(seed, 1500);
    // What is expected is always made on SQLite, so that both databases are compared too.
    Loaded ordered(testing::FreshDatabaseUrl("sqlite"));
    ordered.InOrder(history);
    const Export expected = ordered.Read();
    EXPECT_GT(expected.size(), 1000u);
    EXPECT_LT(expected.size(), 1500u) << "nothing was deleted";
    Loaded disturbed(testing::FreshDatabaseUrl(GetParam()));
    disturbed.AllAtOnce(Disturb(history, seed), seed);
    EXPECT_EQ(disturbed.Read(), expected);
    EXPECT_EQ(disturbed.Conversations(), ordered.Conversations());
    if (HasFailure()) return;
  }
}

TEST_P(Order, ReversedSignalsLeaveWhatOrderedOnesLeave) {
  std::vector<Signal> history = MakeHistory(7, 1000);
  Loaded ordered(testing::FreshDatabaseUrl(GetParam()));
  ordered.InOrder(history);
  std::reverse(history.begin(), history.end());
  Loaded reversed(testing::FreshDatabaseUrl(GetParam()));
  reversed.InOrder(history);
  EXPECT_EQ(reversed.Read(), ordered.Read());
}

INSTANTIATE_TEST_SUITE_P(Databases, Order, ::testing::ValuesIn(testing::Backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace waymark::system_test
