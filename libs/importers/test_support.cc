#include "libs/importers/test_support.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"

namespace waymark::importers {

TempFile::TempFile(absl::string_view content, absl::string_view suffix) {
  path_ = absl::StrCat(std::filesystem::temp_directory_path().string(), "/waymark-XXXXXX", suffix);
  close(mkstemps(path_.data(), static_cast<int>(suffix.size())));
  std::ofstream(path_, std::ios::binary) << content;
}

TempFile::~TempFile() { std::filesystem::remove(path_); }

absl::StatusOr<ReadResult> ReadAll(Format format, absl::string_view path, ReaderOptions options) {
  WM_ASSIGN_OR_RETURN(const std::unique_ptr<SignalReader> reader,
                      OpenReader(format, path, std::move(options)));
  ReadResult result;
  Row row;
  while (true) {
    WM_ASSIGN_OR_RETURN(const bool found, reader->Next(&row));
    if (!found) break;
    if (row.ok()) {
      result.signals.push_back(row.signal);
    } else {
      result.errors.push_back(absl::StrCat(row.number, ": ", row.error));
    }
  }
  result.warnings = reader->warnings();
  result.bytes_read = reader->bytes_read();
  result.total_bytes = reader->total_bytes();
  return result;
}

absl::StatusOr<ReadResult> ReadCsv(absl::string_view csv, absl::string_view yaml,
                                   absl::string_view case_key) {
  WM_ASSIGN_OR_RETURN(Mapping mapping, Mapping::Parse(yaml, "test"));
  const TempFile file(csv);
  return ReadAll(Format::kCsv, file.path(),
                 {.mapping = std::move(mapping), .case_key = std::string(case_key)});
}

std::string DataFile(absl::string_view name) {
  const char* given = std::getenv("WAYMARK_TEST_DATA");
  const std::string path = absl::StrCat(given != nullptr ? given : "../shared/data", "/", name);
  return std::filesystem::exists(path) ? path : "";
}

}  // namespace waymark::importers
