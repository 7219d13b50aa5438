#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace waymark::importers {

enum class Encoding {
  kUtf8,
  /// Also for Latin-1, of which it is a superset in practice.
  kWindows1252,
};

struct CsvOptions {
  /// 0: the one of comma, semicolon, tab and bar that the header has most of.
  char delimiter = 0;
  Encoding encoding = Encoding::kUtf8;
};

/// One data row.
struct CsvRecord {
  /// From 1, header and empty lines not counted.
  int64_t number = 0;
  /// As many as the header has, valid UTF-8, unless `error` is set.
  std::vector<std::string> fields;
  /// Why the row is malformed: another number of fields than the header, or bytes that are not in
  /// the encoding.
  std::string error;
};

/// Reads the rows of a CSV file (RFC 4180 and what is common beside it: a byte order mark, any line
/// end, line ends inside quotes, spaces around values). Streams: memory is bounded by the largest
/// row. Not thread-safe.
class CsvReader {
 public:
  /// Opens `path` and reads the header. NOT_FOUND, PERMISSION_DENIED; INVALID_ARGUMENT: it is
  /// empty, binary, compressed, XML, JSON or UTF-16.
  static absl::StatusOr<std::unique_ptr<CsvReader>> Open(absl::string_view path,
                                                         const CsvOptions& options);
  ~CsvReader();

  const std::vector<std::string>& header() const;
  /// The delimiter that was given or found.
  char delimiter() const;

  /// Fills *record; false at the end. DATA_LOSS: the file cannot be read on, because reading failed
  /// or a value exceeds 64 MiB, which is what a quote that is never closed looks like.
  absl::StatusOr<bool> Next(CsvRecord* record);

  int64_t bytes_read() const;
  int64_t total_bytes() const;

 private:
  class Impl;
  explicit CsvReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace waymark::importers
