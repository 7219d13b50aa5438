#include "libs/importers/csv_signal_reader.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"
#include "libs/importers/content_ids.h"
#include "libs/importers/csv_reader.h"
#include "libs/importers/row_mapper.h"
#include "libs/importers/submission.h"

namespace waymark::importers {
namespace {

/// Every row a signal.
class RowReader : public SignalReader {
 public:
  RowReader(std::unique_ptr<CsvReader> csv, RowMapper mapper)
      : csv_(std::move(csv)), mapper_(std::move(mapper)) {}

  absl::StatusOr<bool> Next(Row* row) override {
    do {
      WM_ASSIGN_OR_RETURN(const bool found, csv_->Next(&record_));
      if (!found) return false;
    } while (Skip());
    row->number = record_.number;
    row->error = record_.error;
    if (!row->ok()) return true;
    const absl::Status status = mapper_.Map(record_, &row->signal);
    row->error = std::string(status.message());
    if (row->ok() && row->signal.external_id().empty()) {
      row->signal.set_external_id(ids_.Next(mapper_.Content(record_)));
    }
    return true;
  }

  int64_t bytes_read() const override { return csv_->bytes_read(); }
  int64_t total_bytes() const override { return csv_->total_bytes(); }
  std::vector<std::string> warnings() const override {
    std::vector<std::string> warnings = mapper_.warnings();
    if (skipped_ > 0) warnings.push_back(absl::StrCat(skipped_, " rows were empty or skipped"));
    return warnings;
  }

 protected:
  const CsvRecord& record() const { return record_; }
  const RowMapper& mapper() const { return mapper_; }

 private:
  bool Skip() {
    const bool skip = record_.error.empty() && mapper_.Skips(record_);
    skipped_ += skip ? 1 : 0;
    return skip;
  }

  std::unique_ptr<CsvReader> csv_;
  RowMapper mapper_;
  ContentIds ids_;
  CsvRecord record_;
  int64_t skipped_ = 0;
};

/// Rows with the same key are one signal.
class SubmissionReader : public RowReader {
 public:
  using RowReader::RowReader;

  absl::StatusOr<bool> Next(Row* row) override {
    if (!collected_) WM_RETURN_IF_ERROR(Collect());
    if (next_ == rows_.size()) return false;
    *row = std::move(rows_[next_++]);
    return true;
  }

  std::vector<std::string> warnings() const override {
    std::vector<std::string> warnings = RowReader::warnings();
    if (differing_times_ > 0) {
      warnings.push_back(absl::StrCat(differing_times_,
                                      " rows have another event time than their submission's first "
                                      "row, whose time counts"));
    }
    return warnings;
  }

 private:
  absl::Status Collect() {
    Row row;
    while (true) {
      WM_ASSIGN_OR_RETURN(const bool found, RowReader::Next(&row));
      if (!found) break;
      Take(std::move(row));
      row = Row();
    }
    collected_ = true;
    return absl::OkStatus();
  }

  void Take(Row row) {
    // A malformed row cannot say whose it is.
    const std::string key = record().error.empty() ? mapper().GroupKey(record()) : "";
    if (key.empty()) {
      if (row.ok()) row.error = "the columns of group_by are empty";
      rows_.push_back(std::move(row));
      return;
    }
    const auto [known, is_new] = by_key_.try_emplace(key, rows_.size());
    if (is_new) {
      rows_.push_back(std::move(row));
      return;
    }
    Merge(std::move(row), &rows_[known->second]);
  }

  void Merge(Row row, Row* submission) {
    if (submission->ok() && row.ok()) {
      const bool same_time =
          row.signal.event_time().seconds() == submission->signal.event_time().seconds() &&
          row.signal.event_time().nanos() == submission->signal.event_time().nanos();
      differing_times_ += same_time ? 0 : 1;
      row.error = std::string(MergeRow(row.signal, &submission->signal).message());
    }
    if (!row.ok()) {
      absl::StrAppend(&submission->error, submission->ok() ? "" : "; ", "row ", row.number,
                      " of the same submission: ", row.error);
    }
  }

  std::vector<Row> rows_;
  absl::flat_hash_map<std::string, size_t> by_key_;
  size_t next_ = 0;
  int64_t differing_times_ = 0;
  bool collected_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SignalReader>> OpenCsvReader(absl::string_view path,
                                                            ReaderOptions options) {
  if (!options.mapping) {
    return absl::InvalidArgumentError(
        "a CSV file needs a mapping; draft one with `waymark mapping init`");
  }
  WM_ASSIGN_OR_RETURN(std::unique_ptr<CsvReader> csv, CsvReader::Open(path, options.mapping->csv));
  absl::StatusOr<RowMapper> mapper = RowMapper::Create(*std::move(options.mapping), csv->header(),
                                                       options.source, options.case_key);
  if (!mapper.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("'", path, "' ", mapper.status().message()));
  }
  if (mapper->groups()) {
    return std::make_unique<SubmissionReader>(std::move(csv), *std::move(mapper));
  }
  return std::make_unique<RowReader>(std::move(csv), *std::move(mapper));
}

}  // namespace waymark::importers
