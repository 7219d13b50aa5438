#include "services/feedback/search.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark::feedback {
namespace {

using ::testing::HasSubstr;

std::string Fts5(absl::string_view text) {
  const auto search = Search::Parse(text);
  return search.ok() ? search->ToFts5() : std::string(search.status().message());
}

std::string Tsquery(absl::string_view text) {
  const auto search = Search::Parse(text);
  return search.ok() ? search->ToTsquery() : std::string(search.status().message());
}

TEST(SearchTest, WordsAreFoldedAndAllWanted) {
  EXPECT_EQ(Fts5("Café  WIFI"), R"((("cafe") AND ("wifi")))");
  EXPECT_EQ(Tsquery("Café  WIFI"), "(('cafe')) & (('wifi'))");
}

TEST(SearchTest, AWordWithPunctuationInItIsAPhrase) {
  EXPECT_EQ(Fts5("wi-fi"), R"((("wi fi")))");
  EXPECT_EQ(Tsquery("\"wi fi down\""), "(('wi' <-> 'fi' <-> 'down'))");
}

TEST(SearchTest, OrBindsTighterThanTheSequence) {
  EXPECT_EQ(Fts5("slow OR late wifi"), R"((("slow" OR "late") AND ("wifi")))");
  EXPECT_EQ(Tsquery("slow OR late wifi"), "(('slow') | ('late')) & (('wifi'))");
  EXPECT_EQ(Fts5("slow or late"), R"((("slow") AND ("or") AND ("late")))");
}

TEST(SearchTest, MinusExcludesAndStarBegins) {
  EXPECT_EQ(Fts5("-\"no wifi\" slo* -late"), R"((("slo" *)) NOT ("no wifi") NOT ("late"))");
  EXPECT_EQ(Tsquery("slo* -late \"a b\"*"), "(('slo':*)) & !(('late')) & (('a' <-> 'b':*))");
  EXPECT_EQ(Fts5("a - b"), R"((("a") AND ("b")))");
}

TEST(SearchTest, PunctuationSaysNothing) {
  EXPECT_EQ(Fts5("slow !!! ; 'late'"), R"((("slow") AND ("late")))");
  EXPECT_EQ(Fts5("x\" OR \"y"), R"((("x") AND ("or") AND ("y")))");
}

TEST(SearchTest, WhatCannotBeReadIsSaidWithItsPlace) {
  EXPECT_THAT(Fts5(""), HasSubstr("give at least one word"));
  EXPECT_THAT(Fts5("  ... "), HasSubstr("give at least one word"));
  EXPECT_THAT(Fts5("-slow"), HasSubstr("give at least one word"));
  EXPECT_EQ(Fts5("slow \"late"), "at byte 6: the quote is not closed");
  EXPECT_EQ(Fts5("OR slow"), "at byte 1: OR needs a word before it");
  EXPECT_EQ(Fts5("slow OR OR late"), "at byte 9: OR needs a word before it");
  EXPECT_EQ(Fts5("slow OR "), "at byte 9: OR needs a word after it");
  EXPECT_EQ(Fts5("slow OR -late"), "at byte 9: OR cannot be followed by -");
  EXPECT_EQ(Fts5("slow -late OR dear"), "at byte 12: OR needs a word before it");
  std::string many;
  for (size_t i = 0; i < Search::kMaxPhrases; ++i) absl::StrAppend(&many, "w", i, " ");
  EXPECT_TRUE(Search::Parse(many).ok());
  EXPECT_THAT(Fts5(many + "more"), HasSubstr("more than 64 words or phrases"));
}

}  // namespace
}  // namespace waymark::feedback
