// The filter language: any text is refused with a place and a reason, or reads back from its
// canonical text, is the opposite of its negation, and its SQL takes no match away.
#include <random>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/utf8.h"
#include "libs/filter/filter.h"
#include "libs/filter/parser.h"
#include "libs/filter/sql.h"
#include "libs/filter/test_filters.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/sql_evaluator.h"

namespace waymark::fuzz {
namespace {

using filter::Filter;
using filter::SqlColumn;
using filter::SqlValue;
using filter::TestRecord;
using filter::TestSchema;

const std::vector<TestRecord>& Records() {
  static const auto& records = *new std::vector<TestRecord>([] {
    std::mt19937 random(1);
    std::vector<TestRecord> records;
    for (int i = 0; i < 24; ++i) records.push_back(filter::MakeRecord(random));
    return records;
  }());
  return records;
}

SqlValue Length(const SqlValue& text) {
  return static_cast<int64_t>(std::get<std::string>(text).size());
}

// Column "c<field>" of every field that may have one; the customer's tells its length only.
const std::vector<SqlColumn>& Columns() {
  static const auto& columns = *new std::vector<SqlColumn>([] {
    std::vector<SqlColumn> columns;
    for (int field = filter::kSource; field <= filter::kKind; ++field) {
      columns.push_back({.field = field, .column = absl::StrCat("c", field)});
    }
    columns[filter::kCustomer].tells = SqlColumn::Tells::kNecessary;
    columns[filter::kCustomer].convert = Length;
    return columns;
  }());
  return columns;
}

std::optional<SqlValue> Cell(const TestRecord& record, absl::string_view column) {
  for (const SqlColumn& one : Columns()) {
    if (one.column != column) continue;
    const auto found = record.values().find({one.field, ""});
    if (found == record.values().end()) return std::nullopt;
    if (const auto* text = std::get_if<std::string>(&found->second)) {
      return one.convert ? one.convert(*text) : SqlValue(*text);
    }
    if (const auto* real = std::get_if<double>(&found->second)) return SqlValue(*real);
    if (const auto* truth = std::get_if<bool>(&found->second)) return SqlValue(int64_t{*truth});
    return SqlValue(std::get<int64_t>(found->second));
  }
  Require(false, "a column that was given", column);
  return std::nullopt;
}

void CheckRefusal(const absl::Status& status) {
  const absl::string_view message = status.message();
  Require(status.code() == absl::StatusCode::kInvalidArgument, "INVALID_ARGUMENT", message);
  Require(FindInvalidUtf8(message) == absl::string_view::npos, "the message is UTF-8", message);
  Require(message.size() < 700, "the message is short", message);
  Require(absl::StartsWith(message, "column ") || absl::StartsWith(message, "the filter has "),
          "the message says where", message);
}

void CheckCanonical(const Filter& filter) {
  const std::string canonical = filter.ToString();
  if (canonical.size() > filter::kMaxBytes) return;
  const auto again = Filter::Parse(canonical, &TestSchema());
  Require(again.ok(), "canonical text parses", canonical);
  Require(*again == filter, "canonical text means the same", canonical);
  Require(again->ToString() == canonical, "canonical text is canonical", canonical);
}

void CheckMatches(absl::string_view text, const Filter& filter) {
  const auto negation = Filter::Parse(absl::StrCat("NOT (", text, ")"), &TestSchema());
  const filter::SqlCondition condition = filter::ToSql(filter, Columns(), 1);
  const auto source = filter.RequiredEqual(filter::kSource);
  for (const TestRecord& record : Records()) {
    const bool matches = filter.Matches(record);
    // Without comparisons, or over a limit, there is no negation.
    Require(!negation.ok() || negation->Matches(record) != matches, "NOT is the opposite", text);
    const auto selected =
        EvaluateSql(condition, [&](absl::string_view column) { return Cell(record, column); });
    Require(!matches || selected == true, "every match is selected", condition.text);
    if (!matches || !source.has_value()) continue;
    const filter::Value value = record.Get(filter::kSource, "");
    const auto* has = std::get_if<absl::string_view>(&value);
    Require(has != nullptr && *has == *source, "a match has what is required", *source);
  }
}

}  // namespace
}  // namespace waymark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto filter = waymark::filter::Filter::Parse(text, &waymark::filter::TestSchema());
  if (!filter.ok()) {
    waymark::fuzz::CheckRefusal(filter.status());
    return 0;
  }
  waymark::fuzz::CheckCanonical(*filter);
  waymark::fuzz::CheckMatches(text, *filter);
  return 0;
}
