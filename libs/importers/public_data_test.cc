// The figures that public data sets must give; they are skipped where the data is absent.
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/importers/mapping_draft.h"
#include "libs/importers/test_support.h"

namespace waymark::importers {
namespace {

using feedback::v1::Answer;
using feedback::v1::Signal;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

#define NEED_DATA(name)                    \
  const std::string path = DataFile(name); \
  if (path.empty()) GTEST_SKIP() << name << " is absent: set WAYMARK_TEST_DATA to the public data"

ReadResult Import(const std::string& path, const std::string& mapping) {
  auto loaded = Mapping::Load(absl::StrCat("services/cli/mappings/", mapping, ".yaml"));
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  auto result = ReadAll(Format::kCsv, path, {.mapping = *std::move(loaded)});
  EXPECT_TRUE(result.ok()) << result.status();
  return *std::move(result);
}

/// The ratings that were given to one question.
struct Ratings {
  int n = 0;
  double sum = 0;
  std::map<double, int> counts;

  double ShareOf(double from, double to) const {
    double count = 0;
    for (const auto& [value, times] : counts) count += value >= from && value <= to ? times : 0;
    return 100.0 * count / n;
  }
};

Ratings RatingsOf(const ReadResult& result, const std::string& question) {
  Ratings ratings;
  for (const Signal& signal : result.signals) {
    for (const Answer& answer : signal.survey_response().answers()) {
      if (answer.question() != question || answer.value_case() != Answer::kNumber) continue;
      ++ratings.n;
      ratings.sum += answer.number();
      ++ratings.counts[answer.number()];
    }
  }
  return ratings;
}

int OffScale(const ReadResult& result) {
  int count = 0;
  for (const Signal& signal : result.signals) {
    for (const Answer& answer : signal.survey_response().answers()) {
      if (answer.value_case() != Answer::kNumber) continue;
      count += answer.number() < answer.scale().min() || answer.number() > answer.scale().max();
    }
  }
  return count;
}

size_t DistinctIds(const ReadResult& result) {
  std::set<std::string> ids;
  for (const Signal& signal : result.signals) ids.insert(signal.external_id());
  return ids.size();
}

std::string DayOf(const Signal& signal) {
  absl::TimeZone zone;
  absl::LoadTimeZone("America/Los_Angeles", &zone);
  return absl::FormatTime("%Y-%m-%d", absl::FromUnixSeconds(signal.event_time().seconds()), zone);
}

TEST(PublicData, Sfo2017GivesThePublishedFigures) {
  NEED_DATA("sfo/2017.csv");
  const ReadResult result = Import(path, "sfo");
  EXPECT_THAT(result.signals, SizeIs(2831));
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_EQ(DistinctIds(result), 2831u);
  EXPECT_EQ(OffScale(result), 0);
  const Ratings nps = RatingsOf(result, "NETPRO");
  EXPECT_EQ(nps.n, 2746);
  EXPECT_NEAR(nps.ShareOf(9, 10) * nps.n / 100, 1436, 1e-6);
  EXPECT_NEAR(nps.ShareOf(7, 8) * nps.n / 100, 968, 1e-6);
  EXPECT_NEAR(nps.ShareOf(0, 6) * nps.n / 100, 342, 1e-6);
  const Ratings all = RatingsOf(result, "Q7ALL");
  EXPECT_EQ(all.n, 2688);
  EXPECT_NEAR(all.sum / all.n, 4.064360, 5e-7);
  EXPECT_NEAR(all.ShareOf(4, 5), 82.0685, 5e-5);
  EXPECT_EQ(DayOf(result.signals[0]), "2017-05-13");
  EXPECT_EQ(result.signals[0].customer(), "sfo-2017/1");
  EXPECT_NEAR(result.signals[0].survey_response().weight(), 0.2847177143, 1e-10);
}

TEST(PublicData, Sfo2017WeightedNpsIsAsPublished) {
  NEED_DATA("sfo/2017.csv");
  double balance = 0;
  double weights = 0;
  for (const Signal& signal : Import(path, "sfo").signals) {
    const double weight = signal.survey_response().weight();
    for (const Answer& answer : signal.survey_response().answers()) {
      if (answer.question() != "NETPRO" || answer.value_case() != Answer::kNumber) continue;
      weights += weight;
      balance += answer.number() >= 9 ? weight : answer.number() <= 6 ? -weight : 0;
    }
  }
  EXPECT_NEAR(100 * balance / weights, 40.3984, 5e-5);
}

struct Year {
  const char* year;
  int n;
  double top2;
};

class SfoYears : public testing::TestWithParam<Year> {};

TEST_P(SfoYears, ImportsByTheSameMapping) {
  NEED_DATA(absl::StrCat("sfo/", GetParam().year, ".csv"));
  const ReadResult result = Import(path, "sfo");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(OffScale(result), 0);
  EXPECT_EQ(DistinctIds(result), result.signals.size());
  const Ratings all = RatingsOf(result, "Q7ALL");
  EXPECT_EQ(all.n, GetParam().n);
  EXPECT_NEAR(all.ShareOf(4, 5), GetParam().top2, 5e-5);
  for (const Signal& signal : result.signals) {
    ASSERT_EQ(DayOf(signal).substr(0, 7), absl::StrCat(GetParam().year, "-05"));
  }
}

INSTANTIATE_TEST_SUITE_P(PublicData, SfoYears,
                         testing::Values(Year{"2014", 2677, 78.8569}, Year{"2015", 2810, 80.0000},
                                         Year{"2016", 2919, 80.9866}),
                         [](const auto& info) { return std::string(info.param.year); });

TEST(PublicData, NhsRespondentsAreSubmissions) {
  NEED_DATA("nhs_fft/v6_dev70.csv");
  const ReadResult result = Import(path, "nhs");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.signals, SizeIs(3168));
  EXPECT_EQ(DistinctIds(result), 3168u);
  EXPECT_EQ(OffScale(result), 0);
  const Ratings score = RatingsOf(result, "FFT");
  EXPECT_EQ(score.n, 2992);
  EXPECT_NEAR(score.ShareOf(1, 2), 84.8930, 5e-5);
  ASSERT_THAT(result.warnings, SizeIs(1));
  EXPECT_THAT(result.warnings[0], HasSubstr("whose time counts"));
  // Every comment is there: 5,613 rows less 848 times "Did not answer" and 374 times nothing or
  // blanks.
  int comments = 0;
  for (const Signal& signal : result.signals) {
    for (const Answer& answer : signal.survey_response().answers()) {
      comments += answer.value_case() == Answer::kText;
    }
  }
  EXPECT_EQ(comments, 5613 - 848 - 374);
}

TEST(PublicData, EcomRepeatsAreEventsOfTheirOwnAndIdsAreStable) {
  NEED_DATA("ecom/ecom_dev.csv");
  const ReadResult first = Import(path, "ecom");
  EXPECT_THAT(first.errors, IsEmpty());
  EXPECT_THAT(first.signals, SizeIs(19350));
  EXPECT_EQ(DistinctIds(first), 19350u);
  int repeats = 0;
  for (const Signal& signal : first.signals) repeats += signal.external_id().substr(32) != "-1";
  EXPECT_EQ(repeats, 19);
  const ReadResult second = Import(path, "ecom");
  for (size_t i = 0; i < first.signals.size(); ++i) {
    ASSERT_EQ(first.signals[i].external_id(), second.signals[i].external_id());
  }
  EXPECT_EQ(first.bytes_read, first.total_bytes);
}

TEST(PublicData, ReceiptKeepsItsCasesEventsAndActivities) {
  NEED_DATA("eventlogs/receipt.events.csv");
  const ReadResult result = Import(path, "receipt");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_THAT(result.signals, SizeIs(8577));
  std::set<std::string> cases;
  std::set<std::string> activities;
  for (const Signal& signal : result.signals) {
    cases.insert(signal.customer());
    activities.insert(signal.interaction().activity());
  }
  EXPECT_THAT(cases, SizeIs(1434));
  EXPECT_THAT(activities, SizeIs(27));
}

TEST(PublicData, RunningExampleGivesTheSameEventsFromXesAndCsv) {
  NEED_DATA("eventlogs/running-example.xes");
  const auto xes = ReadAll(Format::kXes, path, {.source = "x"});
  ASSERT_TRUE(xes.ok()) << xes.status();
  EXPECT_THAT(xes->errors, IsEmpty());
  EXPECT_THAT(xes->signals, SizeIs(42));
  const ReadResult csv = Import(DataFile("eventlogs/running_example.events.csv"), "receipt");
  ASSERT_THAT(csv.signals, SizeIs(42));
  const auto events = [](const ReadResult& result) {
    std::multiset<std::string> events;
    for (const Signal& s : result.signals) {
      events.insert(absl::StrCat(s.customer(), " ", s.interaction().activity(), " ",
                                 s.event_time().seconds()));
    }
    return events;
  };
  EXPECT_EQ(events(*xes), events(csv));
}

class Drafts : public testing::TestWithParam<const char*> {};

TEST_P(Drafts, LoadAndImportEveryRow) {
  NEED_DATA(GetParam());
  const auto draft = DraftMapping(path);
  ASSERT_TRUE(draft.ok()) << draft.status();
  auto mapping = Mapping::Parse(*draft, "draft");
  ASSERT_TRUE(mapping.ok()) << mapping.status() << "\n" << *draft;
  const auto result = ReadAll(Format::kCsv, path, {.mapping = *std::move(mapping)});
  ASSERT_TRUE(result.ok()) << result.status() << "\n" << *draft;
  EXPECT_THAT(result->errors, IsEmpty()) << *draft;
  EXPECT_GT(result->signals.size(), 20u);
  EXPECT_EQ(OffScale(*result), 0) << *draft;
  EXPECT_EQ(DistinctIds(*result), result->signals.size());
}

INSTANTIATE_TEST_SUITE_P(PublicData, Drafts,
                         testing::Values("sfo/2014.csv", "sfo/2016.csv", "sfo/2017.csv",
                                         "nhs_fft/v6_dev70.csv", "nhs_fft/phase1_text_data.csv",
                                         "ecom/ecom_dev.csv", "eventlogs/receipt.events.csv",
                                         "eventlogs/running-example.csv", "telco/churn.csv",
                                         "cfpb/sample_complaints.csv", "banking77/train.csv"));

}  // namespace
}  // namespace waymark::importers
