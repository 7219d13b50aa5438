#include "libs/importers/csv_reader.h"

#include <csv.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/status_macros.h"
#include "libs/base/utf8.h"
#include "libs/importers/input_file.h"

namespace waymark::importers {
namespace {

constexpr size_t kPiece = 64 << 10;
constexpr size_t kMaxValue = 64 << 20;
constexpr size_t kMaxColumns = 64 << 10;

void* BoundedRealloc(void* block, size_t size) {
  return size > kMaxValue ? nullptr : std::realloc(block, size);
}

char GuessDelimiter(absl::string_view head) {
  constexpr absl::string_view kCandidates = ",;\t|";
  size_t counts[kCandidates.size()] = {};
  bool quoted = false;
  for (const char c : head) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') break;
    const size_t candidate = kCandidates.find(c);
    if (candidate != absl::string_view::npos) ++counts[candidate];
  }
  return kCandidates[std::max_element(std::begin(counts), std::end(counts)) - std::begin(counts)];
}

absl::Status CheckIsCsv(absl::string_view path, absl::string_view head) {
  WM_RETURN_IF_ERROR(CheckIsText(path, head));
  const absl::string_view text = absl::StripLeadingAsciiWhitespace(StripByteOrderMark(head));
  absl::string_view what;
  if (text.empty()) what = "holds only blank lines";
  if (absl::StartsWith(text, "<"))
    what = "is XML or HTML, not CSV; for an event log use `import xes`";
  if (absl::StartsWith(text, "{") || absl::StartsWith(text, "[")) {
    what = "is JSON, not CSV; for one signal a line use `import jsonl`";
  }
  if (what.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", path, "' ", what));
}

}  // namespace

class CsvReader::Impl {
 public:
  Impl(std::unique_ptr<InputFile> file, const CsvOptions& options)
      : file_(std::move(file)), options_(options) {
    csv_init(&parser_, 0);
    csv_set_realloc_func(&parser_, BoundedRealloc);
    csv_set_blk_size(&parser_, kPiece);
  }
  ~Impl() { csv_free(&parser_); }

  absl::Status ReadHeader() {
    std::string head;
    WM_RETURN_IF_ERROR(file_->Read(kPiece, &head));
    WM_RETURN_IF_ERROR(CheckIsCsv(file_->path(), head));
    const absl::string_view text = StripByteOrderMark(head);
    if (options_.delimiter == 0) options_.delimiter = GuessDelimiter(text);
    csv_set_delim(&parser_, static_cast<unsigned char>(options_.delimiter));
    WM_RETURN_IF_ERROR(Parse(text));
    while (!has_header_ && !finished_) WM_RETURN_IF_ERROR(ReadOn());
    if (has_header_ && header_error_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("'", file_->path(), "' has no usable header: ",
                                                   has_header_ ? header_error_ : "no row at all"));
  }

  absl::StatusOr<bool> Next(CsvRecord* record) {
    while (ready_.empty() && !finished_) WM_RETURN_IF_ERROR(ReadOn());
    if (ready_.empty()) return false;
    *record = std::move(ready_.front());
    ready_.pop_front();
    record->number = ++rows_;
    if (record->error.empty() && record->fields.size() != header_.size()) {
      record->error = absl::StrCat("has ", record->fields.size(),
                                   record->fields.size() > header_.size() ? " or more" : "",
                                   " values where the header has ", header_.size(),
                                   "; look for an unquoted delimiter or a stray quote");
    }
    return true;
  }

  const std::vector<std::string>& header() const { return header_; }
  char delimiter() const { return options_.delimiter; }
  const InputFile& file() const { return *file_; }

 private:
  static void OnField(void* data, size_t size, void* self) {
    static_cast<Impl*>(self)->AddField(absl::string_view(static_cast<const char*>(data), size));
  }
  static void OnRow(int, void* self) { static_cast<Impl*>(self)->EndRow(); }

  void AddField(absl::string_view raw) {
    // One more than the header has is enough to see that the row is malformed.
    if (has_header_ && current_.fields.size() > header_.size()) return;
    if (current_.fields.size() == kMaxColumns) {
      current_.error = absl::StrCat("more than ", kMaxColumns, " columns");
      return;
    }
    if (options_.encoding == Encoding::kWindows1252) {
      current_.fields.push_back(DecodeWindows1252(raw));
      return;
    }
    const size_t bad = FindInvalidUtf8(raw);
    if (bad != absl::string_view::npos && current_.error.empty()) {
      const size_t column = current_.fields.size();
      current_.error = absl::StrFormat(
          "column '%s' is not UTF-8 (byte 0x%02X after %d bytes); if the file is in Latin-1 or "
          "Windows-1252, say `csv: {encoding: windows-1252}` in the mapping",
          column < header_.size() ? header_[column] : absl::StrCat(column + 1),
          static_cast<unsigned char>(raw[bad]), bad);
    }
    current_.fields.emplace_back(raw);
  }

  void EndRow() {
    if (has_header_) {
      ready_.push_back(std::move(current_));
    } else {
      has_header_ = true;
      header_ = std::move(current_.fields);
      header_error_ = std::move(current_.error);
    }
    current_ = CsvRecord();
  }

  absl::Status Parse(absl::string_view piece) {
    if (csv_parse(&parser_, piece.data(), piece.size(), OnField, OnRow, this) == piece.size()) {
      return absl::OkStatus();
    }
    return absl::DataLossError(absl::StrCat("row ", rows_ + static_cast<int64_t>(ready_.size()) + 1,
                                            " of '", file_->path(), "' has a value of more than ",
                                            kMaxValue >> 20,
                                            " MiB: look for a quote that is never closed"));
  }

  absl::Status ReadOn() {
    WM_RETURN_IF_ERROR(file_->Read(kPiece, &piece_));
    if (!piece_.empty()) return Parse(piece_);
    finished_ = true;
    // Not from the start: within the file a stray quote would then end the parsing.
    csv_set_opts(&parser_, CSV_STRICT | CSV_STRICT_FINI);
    if (csv_fini(&parser_, OnField, OnRow, this) == 0) return absl::OkStatus();
    current_.error = "a quote that opens in this row is never closed";
    EndRow();
    return absl::OkStatus();
  }

  std::unique_ptr<InputFile> file_;
  CsvOptions options_;
  csv_parser parser_;
  std::string piece_;
  CsvRecord current_;
  std::deque<CsvRecord> ready_;
  std::vector<std::string> header_;
  std::string header_error_;
  bool has_header_ = false;
  int64_t rows_ = 0;
  bool finished_ = false;
};

CsvReader::CsvReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CsvReader::~CsvReader() = default;

absl::StatusOr<std::unique_ptr<CsvReader>> CsvReader::Open(absl::string_view path,
                                                           const CsvOptions& options) {
  WM_ASSIGN_OR_RETURN(std::unique_ptr<InputFile> file, InputFile::Open(path));
  auto impl = std::make_unique<Impl>(std::move(file), options);
  WM_RETURN_IF_ERROR(impl->ReadHeader());
  return std::unique_ptr<CsvReader>(new CsvReader(std::move(impl)));
}

const std::vector<std::string>& CsvReader::header() const { return impl_->header(); }
char CsvReader::delimiter() const { return impl_->delimiter(); }
absl::StatusOr<bool> CsvReader::Next(CsvRecord* record) { return impl_->Next(record); }
int64_t CsvReader::bytes_read() const { return impl_->file().bytes_read(); }
int64_t CsvReader::total_bytes() const { return impl_->file().total_bytes(); }

}  // namespace waymark::importers
