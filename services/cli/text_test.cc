// The small readers of what people type.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/mapping_finder.h"
#include "services/cli/money_text.h"
#include "services/cli/time_text.h"

namespace waymark::cli {
namespace {

using testing::HasSubstr;

int64_t MicrosOf(const std::string& text) {
  const auto money = ParseMoney(text);
  return money.ok() ? money->micros() : -1;
}

TEST(ParseMoney, ReadsExactAmounts) {
  EXPECT_EQ(ParseMoney("EUR 20000")->currency_code(), "EUR");
  EXPECT_EQ(MicrosOf("EUR 20000"), 20'000'000'000);
  EXPECT_EQ(MicrosOf("USD 19,999.50"), 19'999'500'000);
  EXPECT_EQ(MicrosOf("JPY 0.000001"), 1);
}

TEST(ParseMoney, RefusesWhatIsNoAmount) {
  for (const char* text : {"20000", "EUR", "eur 5", "EUR -5", "EUR 1.2.3", "EUR 0.0000001",
                           "EUR 1e3", "EUR 99999999999999999999", "EUR 1. 2", ""}) {
    EXPECT_EQ(MicrosOf(text), -1) << text;
  }
}

TEST(ParseTime, ReadsDaysAndInstants) {
  EXPECT_EQ(ParseTime("2026-05-01")->seconds(), 1'777'593'600);
  EXPECT_EQ(ParseTime("2026-05-01T02:00:00.5+02:00")->seconds(), 1'777'593'600);
  EXPECT_EQ(ParseTime("2026-05-01T02:00:00.5+02:00")->nanos(), 500'000'000);
  EXPECT_THAT(std::string(ParseTime("yesterday").status().message()), HasSubstr("'yesterday'"));
  EXPECT_FALSE(ParseTime("2026-13-01").ok());
}

TEST(FindMapping, FindsWhatShipsByName) {
  const auto folders = MappingFolders("");
  for (const char* name : {"sfo", "receipt", "nhs", "ecom"}) {
    const auto path = FindMapping(name, folders);
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_THAT(*path, HasSubstr(name));
  }
}

TEST(FindMapping, ListsWhatThereIsWhenTheNameIsUnknown) {
  const auto path = FindMapping("sofo", MappingFolders(""));
  EXPECT_EQ(path.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(path.status().message()),
              AllOf(HasSubstr("'sofo'"), HasSubstr("ecom, "), HasSubstr("mapping init")));
}

TEST(FindMapping, TakesPathsAsTheyAre) {
  EXPECT_EQ(*FindMapping("x/sfo", {}), "x/sfo");
  EXPECT_EQ(*FindMapping("mine.yaml", {}), "mine.yaml");
}

}  // namespace
}  // namespace waymark::cli
