#include "services/cli/file_output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"

namespace waymark::cli {

FileOutput::FileOutput(absl::string_view path)
    : path_(path),
      temporary_(absl::StrCat(path, ".", getpid(), ".tmp")),
      stream_(temporary_, std::ios::binary) {}

absl::StatusOr<std::unique_ptr<FileOutput>> FileOutput::Create(absl::string_view path) {
  auto file = absl::WrapUnique(new FileOutput(path));
  if (!file->stream_.is_open()) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write '", path, "'"));
  }
  return file;
}

FileOutput::~FileOutput() {
  if (!committed_) std::remove(temporary_.c_str());
}

absl::Status FileOutput::Commit() {
  stream_.close();
  if (stream_.fail()) {
    return absl::DataLossError(
        absl::StrCat("cannot write all of '", path_, "'; is the disk full?"));
  }
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write '", path_, "'"));
  }
  committed_ = true;
  return absl::OkStatus();
}

absl::Status WriteFile(absl::string_view path, absl::string_view content) {
  WM_ASSIGN_OR_RETURN(const std::unique_ptr<FileOutput> file, FileOutput::Create(path));
  file->stream() << content;
  return file->Commit();
}

}  // namespace waymark::cli
