#include "services/cli/table.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/render/text.h"
#include "services/cli/time_text.h"

namespace waymark::cli {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode 15: combining marks, joiners and variation selectors of the scripts that occur.
constexpr Range kZeroWidth[] = {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},
                                {0x610, 0x61A},   {0x64B, 0x65F},   {0x200B, 0x200F},
                                {0x202A, 0x202E}, {0x2060, 0x2064}, {0x20D0, 0x20F0},
                                {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}};
// East Asian Width W and F (UAX 11), and emoji.
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
                           {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},
                           {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
                           {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
                           {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

template <size_t N>
bool IsIn(const Range (&ranges)[N], char32_t c) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
}

// The code point at the start of valid UTF-8, which is removed from *text.
char32_t NextCodePoint(absl::string_view* text) {
  const auto lead = static_cast<unsigned char>(text->front());
  const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t c = length == 1 ? lead : lead & (0x7F >> length);
  for (size_t i = 1; i < std::min(length, text->size()); ++i) {
    c = c << 6 | (static_cast<unsigned char>((*text)[i]) & 0x3F);
  }
  text->remove_prefix(std::min(length, text->size()));
  return c;
}

absl::string_view AnsiOf(Tone tone) {
  switch (tone) {
    case Tone::kBad:
      return "\033[31m";
    case Tone::kGood:
      return "\033[32m";
    case Tone::kDim:
      return "\033[2m";
    case Tone::kPlain:
      break;
  }
  return "";
}

std::string Colored(absl::string_view text, absl::string_view ansi, bool color) {
  return color && !ansi.empty() ? absl::StrCat(ansi, text, "\033[0m") : std::string(text);
}

// The shortest text that reads back as the same number.
std::string Exact(double value) {
  char text[32];
  return std::string(text, std::to_chars(std::begin(text), std::end(text), value).ptr);
}

std::string CsvField(absl::string_view text) {
  if (text.find_first_of(",\"\r\n") == absl::string_view::npos) return std::string(text);
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace

int DisplayWidth(absl::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const char32_t c = NextCodePoint(&text);
    if (!IsIn(kZeroWidth, c)) width += IsIn(kWide, c) ? 2 : 1;
  }
  return width;
}

std::string Cut(absl::string_view text, int width) {
  std::string clean = render::CleanText(text);
  if (DisplayWidth(clean) <= width) return clean;
  absl::string_view rest = clean;
  size_t kept = 0;
  for (int used = 0; !rest.empty();) {
    const char32_t c = NextCodePoint(&rest);
    if (!IsIn(kZeroWidth, c)) used += IsIn(kWide, c) ? 2 : 1;
    if (used > width - 1) break;
    kept = clean.size() - rest.size();
  }
  return absl::StrCat(absl::StripTrailingAsciiWhitespace(clean.substr(0, kept)), "…");
}

// Texts of others must not steer the terminal.
Cell TextCell(absl::string_view text, Tone tone) {
  return {render::CleanText(text), std::string(text), tone};
}

Cell CountCell(int64_t count) { return {render::FormatCount(count), absl::StrCat(count)}; }

Cell NumberCell(double value, int decimals, Tone tone) {
  return {render::FormatNumber(value, decimals), Exact(value), tone};
}

Cell DurationCell(const google::protobuf::Duration& duration) {
  const double seconds = static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
  return {render::FormatDuration(seconds), Exact(seconds)};
}

Cell TimeCell(const google::protobuf::Timestamp& timestamp) {
  const std::string shown = TimeText(timestamp);
  return {shown, shown.empty() ? "" : Rfc3339(timestamp)};
}

Cell MoneyCell(const common::v1::Money& money) {
  if (money.currency_code().empty()) return {};
  constexpr int64_t kMicros = 1'000'000;
  const int64_t units = money.micros() / kMicros;
  const int64_t rest = std::abs(money.micros() % kMicros);
  std::string fraction;
  if (rest != 0) {
    const std::string digits = absl::StrCat(kMicros + rest).substr(1);
    fraction =
        absl::StrCat(".", digits.substr(0, std::max<size_t>(2, digits.find_last_not_of('0') + 1)));
  }
  const absl::string_view sign = money.micros() < 0 && units == 0 ? "-" : "";
  return {absl::StrCat(money.currency_code(), " ", sign, render::FormatCount(units), fraction),
          absl::StrCat(money.currency_code(), " ", sign, units, fraction)};
}

std::vector<Cell> EstimateCells(const common::v1::Estimate& estimate, Tone tone) {
  const Cell n = CountCell(estimate.n());
  if (estimate.suppressed()) return {{"–", ""}, {"–", ""}, {"–", ""}, n};
  return {NumberCell(estimate.value(), 1, tone), NumberCell(estimate.lower(), 1, Tone::kDim),
          NumberCell(estimate.upper(), 1, Tone::kDim), n};
}

std::vector<Column> EstimateColumns(absl::string_view title) {
  return {{std::string(title), Column::kRight},
          {"lower", Column::kRight},
          {"upper", Column::kRight},
          {"n", Column::kRight}};
}

void Table::AddRow(std::vector<Cell> cells) { rows_.push_back({std::move(cells), {}}); }

void Table::AddNote(absl::string_view text) {
  if (!rows_.empty()) rows_.back().notes.push_back(render::CleanText(text));
}

std::vector<int> Table::Widths() const {
  std::vector<int> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    int width = DisplayWidth(columns_[i].title);
    for (const Row& row : rows_) width = std::max(width, DisplayWidth(row.cells[i].shown));
    widths.push_back(width);
  }
  return widths;
}

void Table::PrintLine(std::ostream& out, const std::vector<Cell>& cells,
                      const std::vector<int>& widths, const TableStyle& style) const {
  std::string line;
  absl::string_view separator = "";
  size_t end = 0;  // of the last cell that shows something
  for (size_t i = 0; i < cells.size(); ++i) {
    if (columns_[i].audience == Column::kPrograms) continue;
    absl::StrAppend(&line, separator);
    separator = "  ";
    const std::string padding(widths[i] - DisplayWidth(cells[i].shown), ' ');
    if (columns_[i].align == Column::kRight) line += padding;
    line += Colored(cells[i].shown, AnsiOf(cells[i].tone), style.color);
    if (!cells[i].shown.empty()) end = line.size();
    if (columns_[i].align == Column::kLeft) line += padding;
  }
  out << absl::string_view(line).substr(0, end) << '\n';
}

void Table::Print(std::ostream& out, const TableStyle& style) const {
  if (rows_.empty()) return;
  const std::vector<int> widths = Widths();
  std::vector<Cell> header;
  for (const Column& column : columns_) header.push_back({absl::AsciiStrToUpper(column.title)});
  PrintLine(out, header, widths, style);
  constexpr absl::string_view kIndent = "    ";
  for (const Row& row : rows_) {
    PrintLine(out, row.cells, widths, style);
    for (const std::string& note : row.notes) {
      absl::string_view bullet = "- ";
      for (const std::string& line : Wrap(note, style.width - 6)) {
        out << kIndent << bullet << Colored(line, AnsiOf(Tone::kDim), style.color) << '\n';
        bullet = "  ";
      }
    }
  }
}

void Table::PrintCsv(std::ostream& out) const {
  absl::string_view separator = "";
  for (const Column& column : columns_) {
    out << separator << CsvField(absl::StrReplaceAll(column.title, {{" ", "_"}, {"%", "percent"}}));
    separator = ",";
  }
  out << '\n';
  for (const Row& row : rows_) {
    separator = "";
    for (const Cell& cell : row.cells) {
      out << separator << CsvField(cell.raw);
      separator = ",";
    }
    out << '\n';
  }
}

std::vector<std::string> Wrap(absl::string_view text, int width) {
  std::vector<std::string> lines;
  std::string line;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (!line.empty() && DisplayWidth(line) + 1 + DisplayWidth(word) > width) {
      lines.push_back(std::move(line));
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  if (!line.empty()) lines.push_back(std::move(line));
  return lines;
}

}  // namespace waymark::cli
