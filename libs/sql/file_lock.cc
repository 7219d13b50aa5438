#include "libs/sql/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace waymark::sql {
namespace {

std::string Holder(int fd) {
  char text[256];
  const ssize_t size = pread(fd, text, sizeof(text), 0);
  if (size <= 0) return "another process";
  return std::string(absl::StripAsciiWhitespace(absl::string_view(text, size)));
}

bool WriteHolder(int fd) {
  char host[128] = "";
  gethostname(host, sizeof(host) - 1);
  const std::string text = absl::StrCat("process ", getpid(), " on host ", host, "\n");
  return ftruncate(fd, 0) == 0 &&
         pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Acquire(const std::string& path) {
  const std::string lock_path = path + ".lock";
  const int fd = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return MakeError(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                     absl::StrCat("cannot open '", lock_path, "': ", std::strerror(errno)));
  }
  auto lock = std::unique_ptr<FileLock>(new FileLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return MakeError(absl::StatusCode::kFailedPrecondition, "STORE_LOCKED",
                       absl::StrCat("database file '", path, "' is in use by ", Holder(fd),
                                    "; stop it or choose another file"));
    }
    return MakeError(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                     absl::StrCat("cannot lock '", lock_path, "': ", std::strerror(errno)));
  }
  if (!WriteHolder(fd)) {
    return MakeError(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                     absl::StrCat("cannot write '", lock_path, "': ", std::strerror(errno)));
  }
  return lock;
}

FileLock::~FileLock() { close(fd_); }

}  // namespace waymark::sql
