#include "services/cli/table.h"

#include <sstream>

#include "gtest/gtest.h"

namespace waymark::cli {
namespace {

std::string Printed(const Table& table, const TableStyle& style = {}) {
  std::ostringstream out;
  table.Print(out, style);
  return out.str();
}

std::string Csv(const Table& table) {
  std::ostringstream out;
  table.PrintCsv(out);
  return out.str();
}

TEST(DisplayWidth, CountsTerminalColumns) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("Zürich"), 6);
  EXPECT_EQ(DisplayWidth("Zu\xCC\x88rich"), 6);  // u and a combining diaeresis
  EXPECT_EQ(DisplayWidth("日本"), 4);
  EXPECT_EQ(DisplayWidth("👍"), 2);
  EXPECT_EQ(DisplayWidth("a → b"), 5);
}

TEST(Table, AlignsByDisplayWidthWithoutTrailingBlanks) {
  Table table({{"step"}, {"count", Column::kRight}, {"remark"}});
  table.AddRow({TextCell("日本"), CountCell(1234567), TextCell("")});
  table.AddRow({TextCell("Zürich"), CountCell(5), TextCell("x")});
  EXPECT_EQ(Printed(table),
            "STEP        COUNT  REMARK\n"
            "日本    1,234,567\n"
            "Zürich          5  x\n");
}

TEST(Table, PutsWrappedNotesUnderTheirRow) {
  Table table({{"priority"}});
  table.AddRow({TextCell("Technician visit")});
  table.AddNote("one two three four");
  EXPECT_EQ(Printed(table, {.width = 16}),
            "PRIORITY\n"
            "Technician visit\n"
            "    - one two\n"
            "      three four\n");
}

TEST(Table, ColorsOnlyWhenAsked) {
  Table table({{"a"}});
  table.AddRow({TextCell("x", Tone::kBad)});
  EXPECT_EQ(Printed(table), "A\nx\n");
  EXPECT_EQ(Printed(table, {.color = true}), "A\n\033[31mx\033[0m\n");
}

TEST(Table, DoesNotLetTextsSteerTheTerminal) {
  Table table({{"quote"}});
  table.AddRow({TextCell("a\033[2Jb\nc")});
  EXPECT_EQ(Printed(table).find('\033'), std::string::npos);
  EXPECT_EQ(Printed(table), "QUOTE\na[2Jb c\n");
}

TEST(Table, WritesExactValuesAsCsv) {
  Table table({{"name"},
               {"share %", Column::kRight},
               {"n", Column::kRight},
               {"reasons", Column::kLeft, Column::kPrograms}});
  table.AddRow(
      {TextCell("a, \"b\""), NumberCell(39.83976147, 1), CountCell(2746), TextCell("two\nlines")});
  table.AddNote("for people");
  EXPECT_EQ(Csv(table),
            "name,share_percent,n,reasons\n"
            "\"a, \"\"b\"\"\",39.83976147,2746,\"two\nlines\"\n");
  EXPECT_EQ(Printed(table),
            "NAME    SHARE %      N\n"
            "a, \"b\"     39.8  2,746\n"
            "    - for people\n");
}

TEST(Table, ShowsDashesForSuppressedEstimates) {
  common::v1::Estimate estimate;
  estimate.set_n(4);
  estimate.set_suppressed(true);
  Table table(EstimateColumns("score"));
  table.AddRow(EstimateCells(estimate));
  EXPECT_EQ(Csv(table), "score,lower,upper,n\n,,,4\n");
  EXPECT_EQ(Printed(table),
            "SCORE  LOWER  UPPER  N\n"
            "    –      –      –  4\n");
}

TEST(MoneyCell, ShowsDecimalsOnlyWhenThereAreSome) {
  common::v1::Money money;
  EXPECT_EQ(MoneyCell(money).shown, "");
  money.set_currency_code("EUR");
  money.set_micros(20'000'000'000);
  EXPECT_EQ(MoneyCell(money).shown, "EUR 20,000");
  money.set_micros(1'500'000);
  EXPECT_EQ(MoneyCell(money).shown, "EUR 1.50");
  money.set_micros(-250'000);
  EXPECT_EQ(MoneyCell(money).raw, "EUR -0.25");
  money.set_micros(1);
  EXPECT_EQ(MoneyCell(money).raw, "EUR 0.000001");
}

}  // namespace
}  // namespace waymark::cli
