#include "libs/importers/csv_reader.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/importers/test_support.h"

namespace waymark::importers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Fields = std::vector<std::string>;

struct Table {
  Fields header;
  std::vector<CsvRecord> records;
  absl::Status status;
};

Table Read(absl::string_view content, const CsvOptions& options = {}) {
  const TempFile file(content);
  Table table;
  auto reader = CsvReader::Open(file.path(), options);
  table.status = reader.status();
  if (!reader.ok()) return table;
  table.header = (*reader)->header();
  while (true) {
    CsvRecord record;
    const absl::StatusOr<bool> found = (*reader)->Next(&record);
    table.status = found.status();
    if (!found.ok() || !*found) break;
    table.records.push_back(record);
  }
  if (table.status.ok()) {
    EXPECT_EQ((*reader)->bytes_read(), (*reader)->total_bytes());
  }
  return table;
}

TEST(CsvReader, ReadsByteOrderMarkCarriageReturnsAndQuotedLineEnds) {
  const Table table =
      Read("\xEF\xBB\xBFid,text\r\n1,\"two\r\nlines, \"\"quoted\"\"\"\r\n\r\n2,last");
  ASSERT_TRUE(table.status.ok()) << table.status;
  EXPECT_THAT(table.header, ElementsAre("id", "text"));
  ASSERT_THAT(table.records, SizeIs(2));
  EXPECT_THAT(table.records[0].fields, ElementsAre("1", "two\r\nlines, \"quoted\""));
  EXPECT_EQ(table.records[1].number, 2);
  EXPECT_THAT(table.records[1].fields, ElementsAre("2", "last"));
}

TEST(CsvReader, FindsTheDelimiterOutsideQuotes) {
  for (const char delimiter : {',', ';', '\t', '|'}) {
    const std::string content =
        absl::StrReplaceAll("\"a,,,,;;;;\"#b#c\n1#2#3\n", {{"#", std::string(1, delimiter)}});
    const Table table = Read(content);
    ASSERT_TRUE(table.status.ok()) << table.status;
    EXPECT_THAT(table.header, ElementsAre("a,,,,;;;;", "b", "c"));
    EXPECT_THAT(table.records[0].fields, ElementsAre("1", "2", "3"));
  }
}

TEST(CsvReader, TakesTheDelimiterThatIsGiven) {
  EXPECT_THAT(Read("a,b;c\n1;2\n", {.delimiter = ';'}).header, ElementsAre("a,b", "c"));
}

TEST(CsvReader, RaggedRowIsAnErrorOfThatRowOnly) {
  const Table table = Read("a,b\n1,2\n3\n4,5,6,7,8\n9,10\n");
  ASSERT_THAT(table.records, SizeIs(4));
  EXPECT_THAT(table.records[0].error, IsEmpty());
  EXPECT_THAT(table.records[1].error, HasSubstr("has 1 values where the header has 2"));
  EXPECT_EQ(table.records[1].number, 2);
  EXPECT_THAT(table.records[2].error, HasSubstr("has 3 or more values"));
  EXPECT_THAT(table.records[3].fields, ElementsAre("9", "10"));
}

TEST(CsvReader, NamesTheColumnThatIsNotUtf8AndWhatToDo) {
  const Table table = Read("id,name\n1,Ren\xE9\n2,Zo\xC3\xAB\n");
  ASSERT_THAT(table.records, SizeIs(2));
  EXPECT_THAT(table.records[0].error, HasSubstr("column 'name' is not UTF-8 (byte 0xE9"));
  EXPECT_THAT(table.records[0].error, HasSubstr("encoding: windows-1252"));
  EXPECT_THAT(table.records[1].fields, ElementsAre("2", "Zo\xC3\xAB"));
}

TEST(CsvReader, DecodesWindows1252) {
  const Table table = Read("na\xEFve,b\n\x80 5,\x93ok\x94\n", {.encoding = Encoding::kWindows1252});
  EXPECT_THAT(table.header, ElementsAre("na\xC3\xAFve", "b"));
  EXPECT_THAT(table.records[0].fields, ElementsAre("\xE2\x82\xAC 5", "\xE2\x80\x9Cok\xE2\x80\x9D"));
}

TEST(CsvReader, TenMegabytesInOneFieldAreJustALongValue) {
  const std::string text(10 << 20, 'x');
  const Table table = Read(absl::StrCat("id,text\n1,", text, "\n2,short\n"));
  ASSERT_TRUE(table.status.ok()) << table.status;
  ASSERT_THAT(table.records, SizeIs(2));
  EXPECT_EQ(table.records[0].fields[1].size(), text.size());
  EXPECT_THAT(table.records[1].fields, ElementsAre("2", "short"));
}

TEST(CsvReader, QuoteThatIsNeverClosedIsAnErrorOfItsRow) {
  const Table table = Read("id,text\n1,fine\n2,\"open\n3,swallowed\n");
  ASSERT_THAT(table.records, SizeIs(2));
  EXPECT_THAT(table.records[1].error, HasSubstr("never closed"));
}

TEST(CsvReader, StopsBeforeAnEndlessQuoteFillsTheMemory) {
  const Table table = Read(absl::StrCat("id,text\n1,\"", std::string(65 << 20, 'x')));
  EXPECT_TRUE(absl::IsDataLoss(table.status)) << table.status;
  EXPECT_THAT(table.status.message(), HasSubstr("row 1"));
}

struct NotCsv {
  const char* name;
  std::string content;
  const char* message;
};

class CsvReaderRefuses : public testing::TestWithParam<NotCsv> {};

TEST_P(CsvReaderRefuses, WithWhatTheFileIsInstead) {
  const Table table = Read(GetParam().content);
  EXPECT_TRUE(absl::IsInvalidArgument(table.status)) << table.status;
  EXPECT_THAT(table.status.message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    CsvReader, CsvReaderRefuses,
    testing::Values(NotCsv{"Empty", "", "is empty"},
                    NotCsv{"BlankLines", "\n\n  \n", "only blank lines"},
                    NotCsv{"Workbook", std::string("PK\x03\x04\x14\x00\x06", 7), "Excel workbook"},
                    NotCsv{"Gzip", "\x1f\x8b\x08 etc", "compressed"},
                    NotCsv{"Xml", "<?xml version='1.0'?><log/>", "is XML"},
                    NotCsv{"Json", "\n {\"a\": 1}\n", "is JSON"},
                    NotCsv{"Utf16", "\xff\xfe\x61\x62", "UTF-16"},
                    NotCsv{"Binary", std::string("a,b\n1,\0\n", 8), "is binary"},
                    NotCsv{"Columns", std::string(1 << 20, ','), "more than 65536 columns"},
                    NotCsv{"Header", "a,\xE9\n1,2\n", "no usable header"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(CsvReader, SaysWhyAFileCannotBeOpened) {
  EXPECT_TRUE(absl::IsNotFound(CsvReader::Open("/no/such.csv", {}).status()));
  const absl::Status folder = CsvReader::Open("/tmp", {}).status();
  EXPECT_THAT(folder.message(), HasSubstr("is a folder"));
}

TEST(CsvReader, GivesBackWhateverWasWrittenQuoted) {
  std::mt19937 random(20170513);
  const std::string alphabet = "ab \",;\n\r\t'|\\{}<é\x01";
  const auto any_field = [&] {
    std::string field = "f";  // Rows of empty values are empty lines, which are skipped.
    for (unsigned i = random() % 12; i > 0; --i) field += alphabet[random() % 12];
    return field;
  };
  for (int round = 0; round < 200; ++round) {
    const size_t columns = 1 + random() % 6;
    std::vector<Fields> rows(1 + random() % 20, Fields(columns));
    std::string content;
    for (Fields& row : rows) {
      std::vector<std::string> quoted;
      for (std::string& field : row) {
        field = any_field();
        quoted.push_back(absl::StrCat("\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\""));
      }
      absl::StrAppend(&content, absl::StrJoin(quoted, ","), random() % 2 ? "\n" : "\r\n");
    }
    const Table table = Read(content, {.delimiter = ','});
    ASSERT_TRUE(table.status.ok()) << table.status << "\n" << content;
    ASSERT_EQ(table.header, rows[0]) << content;
    ASSERT_EQ(table.records.size(), rows.size() - 1) << content;
    for (size_t i = 1; i < rows.size(); ++i) {
      ASSERT_EQ(table.records[i - 1].fields, rows[i]) << content;
    }
  }
}

}  // namespace
}  // namespace waymark::importers
