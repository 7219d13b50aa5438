#include "libs/text/words.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark::text {
namespace {

std::string Words(absl::string_view text) {
  std::string words;
  AppendWords(text, &words);
  return words;
}

TEST(WordsTest, FoldCaseAndAccentsAndLeavePunctuationOut) {
  EXPECT_EQ(Words("The Wi-Fi WAS down, 3x!"), "the wi fi was down 3x");
  EXPECT_EQ(Words("Café CRÈME"), "cafe creme");
  EXPECT_EQ(Words("Cafe\u0301"), "cafe");
  EXPECT_EQ(Words("Straße"), "strasse");
  EXPECT_EQ(Words("ﬁne Ⅷ"), "fine viii");
  EXPECT_EQ(Words("ΣΊΣΥΦΟΣ"), Words("σίσυφος"));
  EXPECT_EQ(Words(""), "");
  EXPECT_EQ(Words(" ,;- "), "");
}

TEST(WordsTest, EachIdeographIsAWord) {
  EXPECT_EQ(Words("服务很差 ok"), "服 务 很 差 ok");
  EXPECT_EQ(Words("配送がabc遅い"), "配 送 か abc 遅 い");
}

TEST(WordsTest, MalformedBytesSeparate) { EXPECT_EQ(Words("caf\xC3 cr\xE8me"), "caf cr me"); }

TEST(WordsTest, AreCutAndAppended) {
  std::string words = "before";
  AppendWords(absl::StrCat(std::string(300, 'A'), " b"), &words);
  EXPECT_EQ(words, "before " + std::string(kMaxWordBytes, 'a') + " b");
}

TEST(WordsTest, AsciiAndUnicodePathsAgree) {
  for (const char* text : {"Hello, World 42", "a_b-c.d", "x\ty\nz", "UPPER lower 0"}) {
    EXPECT_EQ(Words(text), Words(std::string(text) + " é").substr(0, Words(text).size())) << text;
  }
}

}  // namespace
}  // namespace waymark::text
