#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/importers/mapping.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::importers {

/// What a reader made of one piece of a file: a signal, or the reason why there is none.
struct Row {
  /// Data row (CSV, header not counted), event (XES) or line (JSON lines), from 1; of a submission
  /// made of several rows the first.
  int64_t number = 0;
  /// Holds when `error` is empty. Its limits and scales are for the feedback service to check.
  feedback::v1::Signal signal;
  /// Why the row gave no signal, every reason named; for a person to read.
  std::string error;

  bool ok() const { return error.empty(); }
};

/// Reads the signals of one file, front to back. Not thread-safe.
class SignalReader {
 public:
  virtual ~SignalReader() = default;

  /// Fills *row, whose memory is worth reusing, with the next signal or error; false at the end of
  /// the file. A bad row never ends the reading; a status does: DATA_LOSS when the file cannot be
  /// read on.
  virtual absl::StatusOr<bool> Next(Row* row) = 0;

  /// How far the reading came, of `total_bytes`; for showing progress.
  virtual int64_t bytes_read() const = 0;
  virtual int64_t total_bytes() const = 0;

  /// What a person should know about the file as a whole, e.g. that its times have no zone. Grows
  /// while reading: look at the end.
  virtual std::vector<std::string> warnings() const = 0;
};

enum class Format { kCsv, kXes, kJsonLines };

struct ReaderOptions {
  /// How CSV rows become signals; required for CSV, not used by the others.
  std::optional<Mapping> mapping;
  /// Source id that every signal gets. Empty: the mapping's or the line's own; XES needs one.
  std::string source;
  /// Whom the signals are about, in place of the mapping's `customer`: a column (CSV), or a key of
  /// the trace, else of the event (XES; empty: the trace's concept:name, which is the case). Not
  /// for JSON lines.
  std::string case_key;
};

/// Opens `path`. INVALID_ARGUMENT: the file is not what `format` says, it lacks a column that the
/// mapping names (the message lists the file's), or an option is missing; NOT_FOUND: there is no
/// such file; PERMISSION_DENIED: it may not be read.
absl::StatusOr<std::unique_ptr<SignalReader>> OpenReader(Format format, absl::string_view path,
                                                         ReaderOptions options);

}  // namespace waymark::importers
