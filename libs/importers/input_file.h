#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace waymark::importers {

/// A file that is read front to back in pieces. Not thread-safe.
class InputFile {
 public:
  /// NOT_FOUND, PERMISSION_DENIED; INVALID_ARGUMENT: `path` is a folder.
  static absl::StatusOr<std::unique_ptr<InputFile>> Open(absl::string_view path);

  /// Up to `size` bytes into *piece; empty at the end of the file. DATA_LOSS: reading failed.
  absl::Status Read(size_t size, std::string* piece);

  const std::string& path() const { return path_; }
  int64_t bytes_read() const { return bytes_read_; }
  int64_t total_bytes() const { return total_bytes_; }

 private:
  InputFile(std::string path, std::ifstream stream, int64_t total_bytes)
      : path_(std::move(path)), stream_(std::move(stream)), total_bytes_(total_bytes) {}

  std::string path_;
  std::ifstream stream_;
  int64_t total_bytes_;
  int64_t bytes_read_ = 0;
};

/// INVALID_ARGUMENT, with a message of what it is instead, when a file that begins with `head` is
/// empty, binary, compressed, a workbook, a PDF or UTF-16 and so no text of any kind we read.
absl::Status CheckIsText(absl::string_view path, absl::string_view head);

/// `text` without the UTF-8 byte order mark that it may begin with.
absl::string_view StripByteOrderMark(absl::string_view text);

/// `text` in Windows-1252 as UTF-8; the five bytes that it does not define become U+FFFD.
std::string DecodeWindows1252(absl::string_view text);

}  // namespace waymark::importers
