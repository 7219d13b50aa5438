#include "libs/importers/mapping_draft.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/ids.h"
#include "libs/base/log.h"
#include "libs/base/status_macros.h"
#include "libs/base/utf8.h"
#include "libs/importers/column_profile.h"
#include "libs/importers/csv_reader.h"
#include "libs/importers/input_file.h"

namespace waymark::importers {
namespace {

constexpr int64_t kSampleRows = 20000;
constexpr size_t kMaxAttributes = 64;
constexpr size_t kMaxQuestions = 500;
constexpr size_t kFewValues = 50;

/// A column of whole numbers in a small range, with the words that stand between them.
struct Rating {
  bool is_nps = false;
  int64_t min = 0;
  int64_t max = 0;
  bool needs_check = false;
  std::vector<std::string> blank;
};

std::optional<Rating> GuessRating(const ColumnProfile& column) {
  if (!column.HasAtMost(20)) return std::nullopt;
  Rating rating{.is_nps = column.NameHas({"nps", "netpro", "recommend"})};
  std::set<int64_t> numbers;
  int64_t words = 0;
  for (const auto& [value, count] : column.common()) {
    int64_t number;
    if (absl::SimpleAtoi(value, &number) && !(rating.is_nps && number > 10)) {
      numbers.insert(number);
    } else {
      rating.blank.push_back(value);
      words += count;
    }
  }
  if (numbers.size() < 3 || *numbers.begin() < 0 || *numbers.rbegin() > 10 ||
      rating.blank.size() > 3 || words * 10 > column.filled()) {
    return std::nullopt;
  }
  const int64_t highest = *numbers.rbegin();
  rating.min = rating.is_nps || *numbers.begin() == 0 ? 0 : 1;
  rating.max = highest > 7 || rating.is_nps ? 10 : highest > 5 ? 7 : 5;
  // A zero on a short scale is often the code of "blank", and the number above it of "don't know".
  rating.needs_check = rating.min == 0 && !rating.is_nps;
  if (rating.needs_check && highest < 7) rating.max = std::max<int64_t>(highest, 5);
  return rating;
}

std::string QuotedList(const std::vector<std::string>& texts) {
  const auto quote = [](std::string* out, const std::string& text) { *out += JsonQuote(text); };
  return absl::StrCat("[", absl::StrJoin(texts, ", ", quote), "]");
}

/// Which column plays which part; each column at most one.
struct Roles {
  const ColumnProfile* time = nullptr;
  std::vector<std::string> time_formats;
  bool ambiguous_time = false;
  const ColumnProfile* id = nullptr;
  const ColumnProfile* customer = nullptr;
  const ColumnProfile* activity = nullptr;
  const ColumnProfile* session = nullptr;

  bool Has(const ColumnProfile& column) const {
    return &column == time || &column == id || &column == customer || &column == activity ||
           &column == session;
  }
};

class Draft {
 public:
  Draft(absl::string_view path, Encoding encoding, const std::vector<std::string>& header)
      : path_(path), encoding_(encoding) {
    for (const std::string& name : header) columns_.emplace_back(name);
  }

  void Add(const CsvRecord& record) {
    for (size_t i = 0; i < columns_.size(); ++i) columns_[i].Add(record.fields[i]);
  }

  std::string Write() {
    ChooseRoles();
    WriteHead();
    WriteTime();
    WriteIdentity();
    if (roles_.activity != nullptr) {
      WriteInteraction();
    } else {
      WriteQuestions();
    }
    WriteAttributes();
    return yaml_;
  }

 private:
  // A column that a mapping can name: with a name, which no other has.
  bool IsUsable(const ColumnProfile& column) const {
    return !column.name().empty() && column.filled() > 0 &&
           std::count_if(columns_.begin(), columns_.end(), [&](const ColumnProfile& other) {
             return other.name() == column.name();
           }) == 1;
  }

  void ChooseTime() {
    for (const ColumnProfile& column : columns_) {
      if (!IsUsable(column)) continue;
      bool ambiguous = false;
      const std::vector<std::string> formats = column.TimeFormats(&ambiguous);
      const bool is_better = roles_.time == nullptr || (!roles_.time->NameHas({"time", "date"}) &&
                                                        column.NameHas({"time", "date"}));
      if (formats.empty() || !is_better) continue;
      roles_.time = &column;
      roles_.time_formats = formats;
      roles_.ambiguous_time = ambiguous;
    }
  }

  void ChooseRoles() {
    ChooseTime();
    const auto choose = [&](auto fits) -> const ColumnProfile* {
      const ColumnProfile* best = nullptr;
      for (const ColumnProfile& column : columns_) {
        if (!IsUsable(column) || roles_.Has(column) || column.IsText() || !fits(column)) continue;
        if (best == nullptr || column.common().size() > best->common().size()) best = &column;
      }
      return best;
    };
    roles_.id = choose([](const auto& column) {
      return column.IsUnique() && column.NameHas({"id", "key", "code", "resp", "num"});
    });
    if (roles_.id == nullptr) roles_.id = choose([](const auto& c) { return c.IsUnique(); });
    roles_.customer = choose([](const auto& column) {
      return column.NameHas({"customer", "user", "client", "member", "patient", "respondent",
                             "contact", "case"}) &&
             !column.HasAtMost(3);
    });
    roles_.session = choose([](const auto& column) { return column.NameHas({"session"}); });
    if (roles_.time == nullptr || roles_.customer == nullptr) return;
    roles_.activity = choose([](const auto& column) {
      return column.NameHas({"activity", "event", "action", "concept"}) && !column.HasGaps() &&
             column.HasAtMost(ColumnProfile::kMaxCommon);
    });
  }

  void Line(absl::string_view text) { absl::StrAppend(&yaml_, text, "\n"); }

  void WriteHead() {
    const size_t slash = path_.rfind('/');
    const std::string file = path_.substr(slash == std::string::npos ? 0 : slash + 1);
    Line(absl::StrCat("# How the rows of ", file, " become signals, guessed from its columns."));
    Line("# Look at every line marked CHECK before you import. All keys:");
    Line("# services/cli/mappings/README.md\n");
    Line(absl::StrCat("kind: ", roles_.activity != nullptr ? "interaction" : "survey"));
    Line("# Where the signals come from; --source takes its place.");
    Line(absl::StrCat("source: ", JsonQuote(Slug(file.substr(0, file.rfind('.')))), "\n"));
    if (encoding_ == Encoding::kWindows1252) Line("csv: {encoding: windows-1252}  # CHECK\n");
  }

  void WriteTime() {
    Line("# When it happened; never the time of the import.");
    Line("event_time:");
    if (roles_.time == nullptr) {
      Line(
          "  # CHECK: no column looks like a time, so every signal gets this one. Name the "
          "columns,");
      Line("  # or compose it: template: \"2024-05-{DAY}\"");
      Line("  template: \"2000-01-01\"");
      return Line("  formats: [iso]\n  zone: UTC\n");
    }
    Line(absl::StrCat("  columns: [", JsonQuote(roles_.time->name()), "]"));
    if (roles_.ambiguous_time) Line("  # CHECK: day and month may be the other way round.");
    Line(absl::StrCat("  formats: ", QuotedList(roles_.time_formats)));
    Line("  # CHECK: the zone of times without offset; UTC, with a warning, when none is named.");
    Line("  # zone: Europe/London\n");
  }

  void WriteIdentity() {
    if (roles_.id != nullptr) {
      Line("# What identifies a row, so that a second import counts nothing twice.");
      Line(absl::StrCat("external_id: ", JsonQuote(roles_.id->name()), "\n"));
    } else {
      Line(
          "# No column identifies a row: a hash of all mapped columns does, with an ordinal among");
      Line("# equal rows. Several rows of one submission? Use group_by instead.");
      Line("external_id: hash\n");
    }
    Line("# Whom it is about; signals without customer are scored, but join no journey.");
    const ColumnProfile* customer = roles_.customer;
    if (customer == nullptr && roles_.activity == nullptr) customer = roles_.id;
    Line(customer == nullptr ? "# customer: column\n"
                             : absl::StrCat("customer: ", JsonQuote(customer->name()),
                                            roles_.customer == nullptr ? "  # CHECK\n" : "\n"));
  }

  void WriteInteraction() {
    Line("interaction:");
    Line(absl::StrCat("  activity: ", JsonQuote(roles_.activity->name())));
    if (roles_.session != nullptr) {
      Line(absl::StrCat("  session: ", JsonQuote(roles_.session->name())));
    }
    Line("");
  }

  void WriteRating(const ColumnProfile& column, const Rating& rating) {
    Line(absl::StrCat("  - column: ", JsonQuote(column.name())));
    Line(absl::StrCat("    type: ", rating.is_nps ? "nps" : "rating"));
    Line(absl::StrCat("    scale: {min: ", rating.min, ", max: ", rating.max, "}",
                      rating.needs_check ? "  # CHECK: 0 may mean blank" : "  # CHECK"));
    if (rating.blank.empty()) return;
    Line(absl::StrCat("    blank: ", QuotedList(rating.blank), "  # CHECK"));
  }

  void WriteQuestions() {
    Line("# Answers: type is nps, csat, ces, rating, choice, multiple_choice, text or boolean;");
    Line(
        "# lower_is_better turns a scale round; raw values that are no ratings go under blank: or");
    Line("# not_applicable:.");
    Line("questions:");
    size_t count = 0;
    for (const ColumnProfile& column : columns_) {
      if (!IsUsable(column) || roles_.Has(column) || count == kMaxQuestions) continue;
      const std::optional<Rating> rating = GuessRating(column);
      if (rating) {
        WriteRating(column, *rating);
      } else if (column.IsText()) {
        Line(absl::StrCat("  - column: ", JsonQuote(column.name()), "\n    type: text"));
      } else {
        continue;
      }
      mapped_.insert(column.name());
      ++count;
    }
    if (count == 0) WriteChoice();
    Line("");
  }

  // A survey has one question at least.
  void WriteChoice() {
    const ColumnProfile* fallback = &columns_.front();
    for (const ColumnProfile& column : columns_) {
      if (!IsUsable(column) || roles_.Has(column)) continue;
      fallback = &column;
      if (column.HasAtMost(kFewValues)) break;
    }
    Line("  # CHECK: no column looks like a rating or a text.");
    Line(absl::StrCat("  - column: ", JsonQuote(fallback->name()), "\n    type: choice"));
    mapped_.insert(fallback->name());
  }

  void WriteAttributes() {
    std::vector<std::string> lines;
    std::vector<std::string> others;
    for (const ColumnProfile& column : columns_) {
      if (roles_.Has(column) || mapped_.contains(column.name())) continue;
      const std::string key = Slug(column.name()).substr(0, 64);
      const bool fits = IsUsable(column) && column.HasAtMost(kFewValues) &&
                        lines.size() < kMaxAttributes && keys_.insert(key).second;
      if (fits) {
        lines.push_back(absl::StrCat("  ", JsonQuote(key), ": ", JsonQuote(column.name())));
      } else {
        others.push_back(JsonQuote(column.name()));
      }
    }
    if (!lines.empty()) {
      Line("# Properties to filter and compare by.");
      Line(absl::StrCat("attributes:\n", absl::StrJoin(lines, "\n")));
    }
    if (!others.empty()) Line(absl::StrCat("\n# Not mapped: ", absl::StrJoin(others, ", ")));
  }

  std::string path_;
  Encoding encoding_;
  std::vector<ColumnProfile> columns_;
  Roles roles_;
  std::set<std::string> mapped_;
  std::set<std::string> keys_;
  std::string yaml_;
};

absl::StatusOr<Encoding> GuessEncoding(absl::string_view path) {
  constexpr size_t kSampleBytes = 4 << 20;
  WM_ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> file, InputFile::Open(path));
  std::string sample;
  WM_RETURN_IF_ERROR(file->Read(kSampleBytes, &sample));
  const size_t invalid = FindInvalidUtf8(sample);
  // The sample may end within a character.
  const bool is_utf8 = invalid == absl::string_view::npos ||
                       (sample.size() == kSampleBytes && invalid + 4 > sample.size());
  return is_utf8 ? Encoding::kUtf8 : Encoding::kWindows1252;
}

}  // namespace

absl::StatusOr<std::string> DraftMapping(absl::string_view path) {
  CsvOptions options;
  WM_ASSIGN_OR_RETURN(options.encoding, GuessEncoding(path));
  WM_ASSIGN_OR_RETURN(const std::unique_ptr<CsvReader> csv, CsvReader::Open(path, options));
  Draft draft(path, options.encoding, csv->header());
  CsvRecord record;
  for (int64_t rows = 0; rows < kSampleRows; ++rows) {
    WM_ASSIGN_OR_RETURN(const bool found, csv->Next(&record));
    if (!found) break;
    if (record.error.empty()) draft.Add(record);
  }
  return draft.Write();
}

}  // namespace waymark::importers
