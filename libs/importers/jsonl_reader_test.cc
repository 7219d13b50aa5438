#include "libs/importers/jsonl_reader.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/importers/test_support.h"

namespace waymark::importers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

absl::StatusOr<ReadResult> Read(absl::string_view content, std::string source = "") {
  const TempFile file(content, ".jsonl");
  return ReadAll(Format::kJsonLines, file.path(), {.source = std::move(source)});
}

constexpr char kGood[] = R"({"source":"shop","externalId":"1","eventTime":"2024-03-13T10:21:14Z",)"
                         R"("interaction":{"activity":"visit"},"sequence":"7"})";

TEST(JsonLines, EachLineIsASignal) {
  const auto result = Read(absl::StrCat("\xEF\xBB\xBF", kGood, "\r\n\n  ", kGood));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->errors, IsEmpty());
  ASSERT_THAT(result->signals, SizeIs(2));
  EXPECT_EQ(result->signals[1].source(), "shop");
  EXPECT_EQ(result->signals[1].sequence(), 7);
  EXPECT_EQ(result->signals[1].interaction().activity(), "visit");
  EXPECT_EQ(result->bytes_read, result->total_bytes);
}

TEST(JsonLines, BadLinesAreErrorsWithTheirLineNumber) {
  const auto result = Read(absl::StrCat(kGood, "\n\nnonsense\n{\"colour\":\"red\"}\n",
                                        "{\"eventTime\":\"yesterday\"}\n", kGood, "\n"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->signals, SizeIs(2));
  EXPECT_THAT(result->errors, ElementsAre(HasSubstr("3: is no signal in JSON"), HasSubstr("colour"),
                                          HasSubstr("5: is no signal")));
}

TEST(JsonLines, LineThatIsTooLongIsAnErrorAndTheRestGoesOn) {
  const auto result = Read(absl::StrCat("{\"x\":\"", std::string(10 << 20, 'x'), "\"}\n", kGood));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->errors, ElementsAre(HasSubstr("1: the line has 10485")));
  EXPECT_THAT(result->signals, SizeIs(1));
}

TEST(JsonLines, GivenSourceTakesThePlaceOfTheLinesOwn) {
  const auto result = Read(kGood, "other");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->signals.at(0).source(), "other");
}

TEST(JsonLines, RefusesWhatIsSomethingElse) {
  EXPECT_THAT(Read("").status().message(), HasSubstr("is empty"));
  EXPECT_THAT(Read("[{}]").status().message(), HasSubstr("is a JSON array"));
  EXPECT_THAT(Read("<log/>").status().message(), HasSubstr("is XML"));
  EXPECT_THAT(Read("\x1f\x8b").status().message(), HasSubstr("compressed"));
  EXPECT_THAT(Read(kGood, "no spaces!").status().message(), HasSubstr("source 'no spaces!'"));
}

}  // namespace
}  // namespace waymark::importers
