#pragma once

#include <fstream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace waymark::cli {

/// A file that appears under its name only when it is complete. Not thread-safe.
class FileOutput {
 public:
  /// PERMISSION_DENIED or NOT_FOUND: a file cannot be made there.
  static absl::StatusOr<std::unique_ptr<FileOutput>> Create(absl::string_view path);
  /// Removes what was not committed.
  ~FileOutput();

  std::ostream& stream() { return stream_; }

  /// Puts the file in its place. DATA_LOSS: not everything could be written; the place is as it
  /// was.
  absl::Status Commit();

 private:
  explicit FileOutput(absl::string_view path);

  const std::string path_;
  const std::string temporary_;
  std::ofstream stream_;
  bool committed_ = false;
};

/// Writes `content` to `path` as a FileOutput.
absl::Status WriteFile(absl::string_view path, absl::string_view content);

}  // namespace waymark::cli
