#include "libs/base/utf8.h"

#include "gtest/gtest.h"

namespace waymark {
namespace {

TEST(FindInvalidUtf8, AcceptsExactlyUtf8) {
  for (const char* text : {"", "a", "\xc2\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(FindInvalidUtf8(text), absl::string_view::npos) << text;
  }
  for (const char* text : {"ab\x80", "ab\xc1\xbf", "ab\xe0\x9f\xbf", "ab\xed\xa0\x80", "ab\xe2\x82",
                           "ab\xf4\x90\x80\x80", "ab\xff"}) {
    EXPECT_EQ(FindInvalidUtf8(text), 2u) << text;
  }
}

TEST(Shorten, CutsWhereACharacterBegins) {
  EXPECT_EQ(Shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(Shorten("abcdefg", 6), "abc...");
  EXPECT_EQ(Shorten("ab\xc3\xa9xyz", 6), "ab...");
}

}  // namespace
}  // namespace waymark
