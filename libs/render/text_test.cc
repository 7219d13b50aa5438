#include "libs/render/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"

namespace waymark::render {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

TEST(CleanTextTest, KeepsWordsAndAccents) {
  EXPECT_EQ(CleanText("  Café\t\n Zürich "), "Café Zürich");
}

TEST(CleanTextTest, RemovesControlsDirectionOverridesAndInvalidBytes) {
  EXPECT_EQ(CleanText(absl::string_view("a\0b\x1b[31m\x7f", 9)), "ab[31m");
  EXPECT_EQ(CleanText("a\u202Eb\uFEFFc\uFFFFd"), "abcd");
  EXPECT_EQ(CleanText("a\xff\xc0\xafz\xed\xa0\x80y\xe2\x82"), "azy");
}

TEST(EscapeXmlTest, EscapesTheFiveSpecials) {
  EXPECT_EQ(EscapeXml("<a b=\"c\">'&"), "&lt;a b=&quot;c&quot;&gt;&#39;&amp;");
}

TEST(TextWidthTest, GrowsWithLengthSizeAndWeight) {
  EXPECT_LT(TextWidth("ill", {12}), TextWidth("mmm", {12}));
  EXPECT_DOUBLE_EQ(TextWidth("ab", {24}), 2 * TextWidth("ab", {12}));
  EXPECT_GT(TextWidth("ab", {12, true}), TextWidth("ab", {12}));
  EXPECT_DOUBLE_EQ(TextWidth("e\u0301", {12}), TextWidth("e", {12}));
}

TEST(WrapTextTest, BreaksAtSpacesWithinTheWidth) {
  const WrappedText wrapped = WrapText("one two three four five six", {12}, 60, 10);
  EXPECT_FALSE(wrapped.cut);
  EXPECT_GT(wrapped.lines.size(), 1u);
  EXPECT_EQ(absl::StrJoin(wrapped.lines, " "), "one two three four five six");
  for (const std::string& line : wrapped.lines) EXPECT_LE(TextWidth(line, {12}), 60) << line;
}

TEST(WrapTextTest, CutsWithAnEllipsisWithinTheWidth) {
  const WrappedText wrapped = WrapText("one two three four five six seven", {12}, 60, 2);
  EXPECT_TRUE(wrapped.cut);
  ASSERT_EQ(wrapped.lines.size(), 2u);
  EXPECT_THAT(wrapped.lines[1], EndsWith("…"));
  EXPECT_LE(TextWidth(wrapped.lines[1], {12}), 60);
}

TEST(WrapTextTest, BreaksAWordThatIsTooWideWithoutSplittingCharacters) {
  const WrappedText wrapped = WrapText("ääääääääääääääääääää", {12}, 50, 10);
  EXPECT_FALSE(wrapped.cut);
  EXPECT_EQ(absl::StrJoin(wrapped.lines, ""), "ääääääääääääääääääää");
  for (const std::string& line : wrapped.lines) {
    EXPECT_EQ(CleanText(line), line);
    EXPECT_LE(TextWidth(line, {12}), 50);
  }
}

TEST(WrapTextTest, EmptyTextHasNoLines) { EXPECT_TRUE(WrapText("", {12}, 50, 3).lines.empty()); }

TEST(FormatTest, CountsHaveThousandsSeparators) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatCount(-1234), "-1,234");
}

TEST(FormatTest, NumbersHaveATrueMinusAndNoNegativeZero) {
  EXPECT_EQ(FormatNumber(43.66, 1), "43.7");
  EXPECT_EQ(FormatNumber(-27.7, 1), "−27.7");
  EXPECT_EQ(FormatNumber(-0.04, 1), "0.0");
}

TEST(FormatTest, DurationsAreSaidInTheUnitOfTheirSize) {
  const auto say = [](double seconds) { return FormatDuration(seconds); };
  EXPECT_THAT(
      (std::vector<std::string>{say(0.2), say(45), say(90), say(720), say(32240), say(181960),
                                say(514160), say(1e7)}),
      ElementsAre("200 ms", "45 s", "1.5 min", "12 min", "9.0 h", "2.1 d", "6.0 d", "116 d"));
}

}  // namespace
}  // namespace waymark::render
