#include "libs/importers/mapping_draft.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/importers/test_support.h"

namespace waymark::importers {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Drafted {
  std::string yaml;
  ReadResult result;
};

Drafted DraftAndImport(const std::string& csv) {
  const TempFile file(csv);
  Drafted drafted;
  const auto yaml = DraftMapping(file.path());
  EXPECT_TRUE(yaml.ok()) << yaml.status();
  drafted.yaml = yaml.value_or("");
  auto mapping = Mapping::Parse(drafted.yaml, "draft");
  EXPECT_TRUE(mapping.ok()) << mapping.status() << "\n" << drafted.yaml;
  if (!mapping.ok()) return drafted;
  auto result = ReadAll(Format::kCsv, file.path(), {.mapping = *std::move(mapping)});
  EXPECT_TRUE(result.ok()) << result.status();
  if (result.ok()) drafted.result = *std::move(result);
  EXPECT_THAT(drafted.result.errors, IsEmpty()) << drafted.yaml;
  return drafted;
}

TEST(MappingDraft, FindsIdsTimesRatingsTextsAndAttributes) {
  std::string csv = "Response ID;Sent;Recommend?;Checkout;Comment;Segment\n";
  for (int i = 0; i < 40; ++i) {
    absl::StrAppend(&csv, "R", i, ";", 1 + i % 28, ".02.2024;", i % 12, ";", 1 + i % 5,
                    ";the service was number ", i, " of all;", i % 2 ? "new" : "old", "\n");
  }
  const Drafted drafted = DraftAndImport(csv);
  EXPECT_THAT(
      drafted.yaml,
      AllOf(HasSubstr("kind: survey"), HasSubstr("external_id: \"Response ID\""),
            HasSubstr("columns: [\"Sent\"]"), HasSubstr("formats: [\"%d.%m.%Y\"]"),
            HasSubstr("\"Recommend?\"\n    type: nps"), HasSubstr("blank: [\"11\"]"),
            HasSubstr("\"Checkout\"\n    type: rating\n    scale: {min: 1, max: 5}"),
            HasSubstr("\"Comment\"\n    type: text"), HasSubstr("\"segment\": \"Segment\"")));
  EXPECT_THAT(drafted.result.signals, SizeIs(40));
}

TEST(MappingDraft, FindsEventLogs) {
  std::string csv = "case_id,activity,timestamp\n";
  for (int i = 0; i < 40; ++i) {
    absl::StrAppend(&csv, "c", i / 8, ",", i % 8 ? "work" : "open",
                    ",2024-01-02 10:00:", 10 + i % 3, "\n");
  }
  const Drafted drafted = DraftAndImport(csv);
  EXPECT_THAT(drafted.yaml,
              AllOf(HasSubstr("kind: interaction"), HasSubstr("external_id: hash"),
                    HasSubstr("customer: \"case_id\""), HasSubstr("activity: \"activity\"")));
  EXPECT_THAT(drafted.result.signals, SizeIs(40));
}

TEST(MappingDraft, MarksWhatItCouldNotTell) {
  const Drafted no_time = DraftAndImport("a,b\nx,1\ny,2\n");
  EXPECT_THAT(no_time.yaml, HasSubstr("CHECK: no column looks like a time"));
  EXPECT_THAT(no_time.yaml, HasSubstr("CHECK: no column looks like a rating"));
  EXPECT_THAT(no_time.result.warnings, testing::ElementsAre(HasSubstr("same event time")));
  const Drafted days =
      DraftAndImport("id,date,q\n1,01/02/2024,1\n2,03/04/2024,2\n3,05/06/2024,3\n");
  EXPECT_THAT(days.yaml, HasSubstr("day and month may be the other way round"));
}

TEST(MappingDraft, SurvivesQuotesLineEndsAndRepeatsInColumnNames) {
  const Drafted drafted = DraftAndImport(
      "\"a \"\"quoted\"\": {name}\",,\"two\nlines\",x,x\n1,2,3,4,5\n2,3,4,5,6\n3,4,5,6,7\n");
  EXPECT_THAT(drafted.result.signals, SizeIs(3));
}

TEST(MappingDraft, DeclaresTheEncodingOfAFileThatIsNotUtf8) {
  const Drafted drafted = DraftAndImport("id,Qualit\xE9\n1,tr\xE8s bien\n2,bien\n3,bien\n");
  EXPECT_THAT(drafted.yaml, HasSubstr("encoding: windows-1252"));
  EXPECT_THAT(drafted.result.signals, SizeIs(3));
  EXPECT_THAT(DraftAndImport("id,q\n1,\xC3\xA9\n").yaml, Not(HasSubstr("encoding")));
}

TEST(MappingDraft, RefusesWhatIsNoCsv) {
  const TempFile file("<log/>");
  EXPECT_THAT(DraftMapping(file.path()).status().message(), HasSubstr("is XML"));
}

}  // namespace
}  // namespace waymark::importers
