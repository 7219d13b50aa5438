#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace waymark::sql {

/// Holds a file's lock from Acquire until destruction. The lock belongs to the object, not the
/// process: a second Acquire in the same process fails too. The kernel frees it when a process
/// dies.
class FileLock {
 public:
  /// Locks `path`.lock, which keeps the holder's process id for people to read.
  /// FAILED_PRECONDITION with STORE_LOCKED: another one holds it; the message says who.
  /// UNAVAILABLE with STORE_UNAVAILABLE: the lock file cannot be written.
  static absl::StatusOr<std::unique_ptr<FileLock>> Acquire(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace waymark::sql
