#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/importers/signal_reader.h"

namespace waymark::importers {

/// A file that lasts as long as the object. Tests only.
class TempFile {
 public:
  explicit TempFile(absl::string_view content, absl::string_view suffix = ".csv");
  ~TempFile();
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Everything a reader gives.
struct ReadResult {
  std::vector<feedback::v1::Signal> signals;
  /// "number: reason".
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
  int64_t bytes_read = 0;
  int64_t total_bytes = 0;
};

absl::StatusOr<ReadResult> ReadAll(Format format, absl::string_view path, ReaderOptions options);

/// Reads `csv` by the mapping `yaml`.
absl::StatusOr<ReadResult> ReadCsv(absl::string_view csv, absl::string_view yaml,
                                   absl::string_view case_key = "");

/// Path of a file of the public data sets, "" when they are not on this machine:
/// $WAYMARK_TEST_DATA, else
/// ../shared/data beside the tree.
std::string DataFile(absl::string_view name);

}  // namespace waymark::importers
