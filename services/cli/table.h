#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "waymark/common/v1/estimate.pb.h"
#include "waymark/common/v1/money.pb.h"

namespace waymark::cli {

/// How many columns of a terminal `text` takes: wide East Asian characters and emoji take two,
/// combining marks none.
int DisplayWidth(absl::string_view text);

/// `text` as one clean line of at most `width` columns: the rest becomes an ellipsis.
std::string Cut(absl::string_view text, int width);

enum class Tone { kPlain, kBad, kGood, kDim };

/// A value of a table, for people and for programs.
struct Cell {
  std::string shown;
  /// As CSV has it: unrounded, no thousands separators.
  std::string raw;
  Tone tone = Tone::kPlain;
};

Cell TextCell(absl::string_view text, Tone tone = Tone::kPlain);
Cell CountCell(int64_t count);
Cell NumberCell(double value, int decimals, Tone tone = Tone::kPlain);
/// Seconds for programs, "5.3 h" for people.
Cell DurationCell(const google::protobuf::Duration& duration);
/// In UTC; empty when it is not set.
Cell TimeCell(const google::protobuf::Timestamp& timestamp);
/// "EUR 20,000"; empty when there is no currency.
Cell MoneyCell(const common::v1::Money& money);
/// Value, lower, upper and n, for the four columns of EstimateColumns; dashes when suppressed.
std::vector<Cell> EstimateCells(const common::v1::Estimate& estimate, Tone tone = Tone::kPlain);

struct Column {
  enum Align { kLeft, kRight };
  enum Audience { kEveryone, kPrograms };
  /// In lower case: shown as "RANK STABILITY", in CSV "rank_stability".
  std::string title;
  Align align = kLeft;
  Audience audience = kEveryone;
};

/// The columns for EstimateCells; `title` names the first.
std::vector<Column> EstimateColumns(absl::string_view title);

struct TableStyle {
  bool color = false;
  /// Notes are wrapped to it.
  int width = 100;
};

/// Rows of cells, printed aligned for people or as CSV (RFC 4180, with a header) for programs.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as columns.
  void AddRow(std::vector<Cell> cells);
  /// A line under the last row, for people only; wrapped.
  void AddNote(absl::string_view text);

  bool empty() const { return rows_.empty(); }

  void Print(std::ostream& out, const TableStyle& style) const;
  void PrintCsv(std::ostream& out) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    std::vector<std::string> notes;
  };

  std::vector<int> Widths() const;
  void PrintLine(std::ostream& out, const std::vector<Cell>& cells, const std::vector<int>& widths,
                 const TableStyle& style) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

/// `text` broken at spaces into lines of at most `width` columns; longer words stay whole.
std::vector<std::string> Wrap(absl::string_view text, int width);

/// Appends `more` to `*list`, for rows made of several parts.
template <typename T>
void Append(std::vector<T> more, std::vector<T>* list) {
  for (T& item : more) list->push_back(std::move(item));
}

}  // namespace waymark::cli
