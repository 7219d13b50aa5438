#include "libs/importers/event_time.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark::importers {
namespace {

using testing::HasSubstr;

std::string Utc(const std::vector<std::string>& formats, absl::string_view zone,
                absl::string_view text) {
  auto parser = TimeParser::Create(formats, zone);
  if (!parser.ok()) return std::string(parser.status().message());
  const auto time = parser->Parse(text);
  if (!time.ok()) return std::string(time.status().message());
  return absl::FormatTime("%Y-%m-%d %H:%M:%E*S", *time, absl::UTCTimeZone());
}

TEST(TimeParser, ReadsIsoInItsForms) {
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"2011-10-11T13:45:40.276+02:00", "2011-10-11 11:45:40.276"},
           {"2010-12-30 14:32:00+01:00", "2010-12-30 13:32:00"},
           {"2024-03-13T10:21:14Z", "2024-03-13 10:21:14"},
           {"2024-03-13T10:21:14+0100", "2024-03-13 09:21:14"},
           {"2024-03-13 10:21:14.5", "2024-03-13 10:21:14.5"},
           {"2024-03-13T10:21", "2024-03-13 10:21:00"},
           {"2017-05-3", "2017-05-03 00:00:00"}}) {
    EXPECT_EQ(Utc({}, "UTC", text), expected);
  }
}

TEST(TimeParser, ReadsLocalTimesInTheNamedZoneAcrossDaylightSaving) {
  EXPECT_EQ(Utc({"%d/%m/%Y %H:%M"}, "Europe/London", "15/01/2022 12:00"), "2022-01-15 12:00:00");
  EXPECT_EQ(Utc({"%d/%m/%Y %H:%M"}, "Europe/London", "15/07/2022 12:00"), "2022-07-15 11:00:00");
  EXPECT_EQ(Utc({"%m/%d/%Y %I:%M:%S %p"}, "America/Los_Angeles", "05/11/2016 12:00:00 AM"),
            "2016-05-11 07:00:00");
}

TEST(TimeParser, OffsetsWinOverTheZone) {
  EXPECT_EQ(Utc({"iso"}, "Asia/Tokyo", "2024-03-13T10:00:00+01:00"), "2024-03-13 09:00:00");
}

TEST(TimeParser, ReadsUnixSecondsAndMilliseconds) {
  EXPECT_EQ(Utc({"unix"}, "", "1700000000.25"), "2023-11-14 22:13:20.25");
  EXPECT_EQ(Utc({"unix_ms"}, "", "1700000000250"), "2023-11-14 22:13:20.25");
}

TEST(TimeParser, TriesTheFormatsInTurnForEveryTime) {
  auto parser = TimeParser::Create({"%d/%m/%Y", "%m/%d/%Y"}, "UTC");
  ASSERT_TRUE(parser.ok());
  EXPECT_TRUE(parser->Parse("12/31/2021").ok());
  // The format of the time before does not count.
  EXPECT_EQ(absl::ToCivilMonth(*parser->Parse("02/03/2021"), absl::UTCTimeZone()).month(), 3);
}

TEST(TimeParser, TellsWhenItAssumedUtc) {
  auto parser = TimeParser::Create({"iso"}, "");
  ASSERT_TRUE(parser.ok());
  ASSERT_TRUE(parser->Parse("2024-03-13T10:21:14Z").ok());
  EXPECT_FALSE(parser->assumed_utc());
  ASSERT_TRUE(parser->Parse("2024-03-13 10:21:14").ok());
  EXPECT_TRUE(parser->assumed_utc());
  auto named = TimeParser::Create({"iso"}, "UTC");
  ASSERT_TRUE(named->Parse("2024-03-13 10:21:14").ok());
  EXPECT_FALSE(named->assumed_utc());
}

TEST(TimeParser, SaysWhatIsWrong) {
  EXPECT_THAT(Utc({"iso"}, "Mars/Olympus", ""), HasSubstr("unknown time zone 'Mars/Olympus'"));
  EXPECT_THAT(Utc({"yyyy-mm-dd"}, "", ""), HasSubstr("'yyyy-mm-dd' is no time format"));
  EXPECT_THAT(Utc({"iso", "%d/%m/%Y"}, "", "yesterday"),
              HasSubstr("'yesterday' is no time written as iso or %d/%m/%Y"));
  EXPECT_THAT(Utc({"iso"}, "", "2024-02-30"), HasSubstr("is no time"));
  EXPECT_THAT(Utc({"%m/%d/%Y"}, "", "12/31/1899"), HasSubstr("outside the years 1900 to 9999"));
  EXPECT_THAT(Utc({"%m/%d/%Y"}, "", "12/31/17"), HasSubstr("outside the years"));
  EXPECT_THAT(Utc({"iso"}, "", "infinite-future"), HasSubstr("outside the years"));
  EXPECT_THAT(Utc({"unix"}, "", "1e300"), HasSubstr("outside the years"));
}

}  // namespace
}  // namespace waymark::importers
