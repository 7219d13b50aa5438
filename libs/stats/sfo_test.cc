// Public answers of airport customers, against figures worked out with independent tools.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/stats/drivers.h"
#include "libs/stats/metrics.h"

namespace waymark::stats {
namespace {

constexpr double kBlank = std::numeric_limits<double>::quiet_NaN();

std::filesystem::path DataFile(int year) {
  const char* root = std::getenv("WAYMARK_TEST_DATA");
  return std::filesystem::path(root ? root : "../shared/data") / "sfo" / absl::StrCat(year, ".csv");
}

std::vector<std::string> SplitCsvLine(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

/// The numbers of `columns`, one row an answer sheet; what is no number is blank (NaN).
Eigen::MatrixXd ReadColumns(int year, const std::vector<std::string>& columns) {
  std::ifstream file(DataFile(year));
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> header = SplitCsvLine(line);
  std::vector<double> values;
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = SplitCsvLine(line);
    for (const std::string& column : columns) {
      const auto at =
          static_cast<size_t>(std::find(header.begin(), header.end(), column) - header.begin());
      double value = kBlank;
      if (at >= fields.size() || !absl::SimpleAtod(fields[at], &value)) value = kBlank;
      values.push_back(value);
    }
  }
  const auto width = static_cast<Eigen::Index>(columns.size());
  return Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
      values.data(), static_cast<Eigen::Index>(values.size()) / width, width);
}

/// Ratings of 1-5; 0 (blank) and 6 (not applicable) are none.
double Rating(double code) { return code >= 1 && code <= 5 ? code : kBlank; }

Tally TallyOf(const Eigen::MatrixXd& answers) {
  Tally tally;
  for (const double answer : answers.reshaped()) {
    if (!std::isnan(answer)) tally.Add(answer);
  }
  return tally;
}

class Sfo : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(DataFile(2017))) {
      GTEST_SKIP() << "no " << DataFile(2017)
                   << "; set WAYMARK_TEST_DATA to the folder of public data";
    }
  }
};

double NetproWithoutBlank(double code) { return code == 11 ? kBlank : code; }

TEST_F(Sfo, NpsOf2017) {
  const Eigen::MatrixXd answers = ReadColumns(2017, {"NETPRO"}).unaryExpr(&NetproWithoutBlank);
  const auto counts = CountNps(TallyOf(answers));
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->promoters, 1436);
  EXPECT_EQ(counts->passives, 968);
  EXPECT_EQ(counts->detractors, 342);
  EXPECT_NEAR(Nps(*counts)->value, 39.8398, 5e-5);
}

TEST_F(Sfo, BlankCodeLeftInIsRefused) {
  EXPECT_EQ(Nps(TallyOf(ReadColumns(2017, {"NETPRO"}))).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Sfo, WeightedNpsOf2017) {
  const Eigen::MatrixXd rows = ReadColumns(2017, {"NETPRO", "WEIGHT"});
  std::vector<WeightedAnswer> answers;
  for (const auto& row : rows.rowwise()) {
    const double answer = NetproWithoutBlank(row(0));
    if (!std::isnan(answer)) answers.push_back({answer, row(1)});
  }
  const auto e = WeightedNps(answers);
  ASSERT_TRUE(e.ok()) << e.status();
  EXPECT_EQ(e->n, 2746);
  EXPECT_NEAR(e->value, 40.3984, 5e-5);
}

struct YearOfCsat {
  int year;
  int64_t n;
  double percent;
};

TEST_F(Sfo, OverallSatisfactionByYear) {
  for (const auto& c : {YearOfCsat{2014, 2677, 78.8569}, YearOfCsat{2015, 2810, 80.0000},
                        YearOfCsat{2016, 2919, 80.9866}, YearOfCsat{2017, 2688, 82.0685}}) {
    const auto e = Csat(TallyOf(ReadColumns(c.year, {"Q7ALL"}).unaryExpr(&Rating)), {1, 5}, 2);
    ASSERT_TRUE(e.ok()) << e.status();
    EXPECT_EQ(e->n, c.n) << c.year;
    EXPECT_NEAR(e->value, c.percent, 5e-5) << c.year;
  }
}

TEST_F(Sfo, MeanSatisfactionOf2017) {
  const Tally answers = TallyOf(ReadColumns(2017, {"Q7ALL"}).unaryExpr(&Rating));
  EXPECT_NEAR(MeanAnswer(answers, {1, 5})->value, 4.064360, 5e-7);
  EXPECT_NEAR(MeanScore(answers, {1, 5})->value, 1 + 99 * 3.064360 / 4, 5e-5);
}

TEST_F(Sfo, DriversOfSatisfactionIn2017) {
  const Eigen::MatrixXd rows =
      CompleteCases(ReadColumns(2017, {"Q7FOOD", "Q7WALKWAYS", "Q7SIGN", "Q7WIFI", "Q7SCREENS",
                                       "Q7ART", "Q7STORE", "Q7ALL"})
                        .unaryExpr(&Rating));
  const auto a = AnalyseDrivers(rows);
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_EQ(a->n, 1548);
  EXPECT_NEAR(a->r_squared, .574017, 5e-7);
  const double expected[] = {16.78, 15.05, 14.40, 13.82, 13.38, 13.30, 13.26};
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_NEAR(a->drivers[i].share.value, expected[i], 5e-3);
    EXPECT_TRUE(a->drivers[i].significant);
  }
  // The shares are too close to rank all of them: neighbours' intervals overlap.
  for (size_t i = 1; i < 7; ++i) {
    EXPECT_GT(a->drivers[i].share.upper, a->drivers[i - 1].share.lower);
  }
}

}  // namespace
}  // namespace waymark::stats
