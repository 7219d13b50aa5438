#include "libs/base/log.h"

#include <gtest/gtest.h>

namespace waymark {
namespace {

TEST(JsonQuote, EscapesWhatJsonForbids) {
  EXPECT_EQ(JsonQuote("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\n\\u0001\"");
  EXPECT_EQ(JsonQuote("Grüße"), "\"Grüße\"");
}

TEST(JsonQuote, ReplacesInvalidUtf8) {
  EXPECT_EQ(JsonQuote("a\xFF"), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(JsonQuote("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(LogLine, WritesOneJsonLine) {
  testing::internal::CaptureStderr();
  LogLine(LogLevel::kInfo, "served").Add("code", "OK").Add("ms", 1.5).Add("n", 3);
  LogLine(LogLevel::kDebug, "dropped");
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_NE(
      out.find("\"level\":\"info\",\"message\":\"served\",\"code\":\"OK\",\"ms\":1.5,\"n\":3}\n"),
      std::string::npos)
      << out;
  EXPECT_EQ(out.find("dropped"), std::string::npos);
}

TEST(ParseLogLevel, KnowsItsNames) {
  LogLevel level = LogLevel::kInfo;
  EXPECT_TRUE(ParseLogLevel("error", &level));
  EXPECT_EQ(level, LogLevel::kError);
  EXPECT_FALSE(ParseLogLevel("loud", &level));
}

}  // namespace
}  // namespace waymark
