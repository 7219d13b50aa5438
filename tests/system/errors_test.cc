// What a person gets to read when something is wrong, through the command-line client.
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/deployment.h"

namespace waymark::system_test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr char kMapping[] = R"(kind: survey
external_id: id
customer: customer
event_time: {columns: [when], formats: ["%Y-%m-%d"], zone: UTC}
questions:
  - {id: sat, column: sat, type: csat, scale: {min: 1, max: 5}}
  - {id: why, column: why, type: text}
)";

class Errors : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { waymark_ = StartStandalone({"other"}).release(); }
  static void TearDownTestSuite() { delete waymark_; }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  Outcome Import(const std::string& csv, const std::string& source) {
    return waymark_->Cli({"-o", "json", "import", "csv", Write("rows.csv", csv), "--mapping",
                          Write("mapping.yaml", kMapping), "--source", source});
  }

  static Deployment* waymark_;
  testing::TempFolder folder_;
};

Deployment* Errors::waymark_ = nullptr;

TEST_F(Errors, BadRowsAreQuarantinedWithRowAndReasonAndTheRestGoesIn) {
  const Outcome outcome =
      Import(absl::StrCat("id,customer,when,sat,why\n"
                          "1,ann,2026-01-01,4,fine\n"
                          "2,bob,2026-01-01,9,off the scale\n"
                          "3,cyd,someday,4,no date\n"
                          "4,dan,2026-01-01\n"
                          "5,eve,2026-01-01,5,",
                          std::string(10 << 20, 'x'), "\n", "6,fay,2026-01-01,5,good\n"),
             "bad-rows");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const json counts = json::parse(outcome.out);
  EXPECT_EQ(counts["recorded"], 2);
  EXPECT_EQ(counts["quarantined"], 4);
  EXPECT_THAT(outcome.err, HasSubstr("9"));
  EXPECT_THAT(outcome.err, HasSubstr("someday"));
  for (const char* row : {"row 2", "row 3", "row 4", "row 5"})
    EXPECT_THAT(outcome.err, HasSubstr(row));
}

TEST_F(Errors, MissingColumnStopsBeforeTheFirstRowAndListsTheColumns) {
  const Outcome outcome =
      Import("id,customer,when,satisfaction\n1,ann,2026-01-01,4\n", "no-column");
  EXPECT_NE(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("sat"));
  EXPECT_THAT(outcome.err, HasSubstr("satisfaction"));
  EXPECT_THAT(outcome.err, HasSubstr("customer"));
  EXPECT_THAT(waymark_->Cli({"metric", "csat", "--source", "no-column"}).err,
              HasSubstr("no-column"));
}

TEST_F(Errors, UnmappedColumnsAreFine) {
  const Outcome outcome =
      Import("id,customer,when,sat,why,extra\n1,ann,2026-01-01,4,fine,more\n", "unmapped");
  EXPECT_EQ(json::parse(outcome.out)["recorded"], 1) << outcome.err;
}

TEST_F(Errors, FileThatIsNotWhatItClaims) {
  const std::string binary = Write("picture.xes", std::string("\x89PNG\r\n\x1a\n\0\0\0", 11));
  const Outcome xes = waymark_->Cli({"import", "xes", binary, "--source", "x"});
  EXPECT_NE(xes.code, 0);
  EXPECT_THAT(xes.err, HasSubstr("picture.xes"));
  const Outcome csv = waymark_->Cli(
      {"import", "csv", binary, "--mapping", Write("mapping.yaml", kMapping), "--source", "x"});
  EXPECT_NE(csv.code, 0);
  EXPECT_THAT(csv.err, HasSubstr("picture.xes"));
}

TEST_F(Errors, UnknownAndForeignTenantAnswerAlike) {
  const std::vector<std::string> get = {"journey", "get", "tenants/other/journeyMaps/m"};
  const Outcome foreign = waymark_->Cli(get, "demo");
  const std::vector<std::string> get_unknown = {"journey", "get", "tenants/nobody/journeyMaps/m"};
  const Outcome unknown = waymark_->Cli(get_unknown, "demo");
  const Outcome as_unknown = waymark_->Cli({"journey", "list"}, "nobody");
  EXPECT_NE(foreign.code, 0);
  EXPECT_EQ(foreign.err, unknown.err);
  EXPECT_EQ(foreign.err, as_unknown.err);
}

TEST_F(Errors, UnreachableServerIsNamed) {
  const Outcome outcome =
      testing::Run({testing::BinaryPath("waymark"), "--server", "127.0.0.1:1", "journey", "list"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("127.0.0.1:1"));
}

TEST_F(Errors, UsageErrorsEndWithTwo) {
  EXPECT_EQ(waymark_->Cli({"imprt"}).code, 2);
  EXPECT_EQ(waymark_->Cli({"metric", "nps", "--sauce", "x"}).code, 2);
}

}  // namespace
}  // namespace waymark::system_test
