// Loaded with LD_PRELOAD, makes writing files fail as a full, read-only or dying disk does, so that
// a test needs neither root nor a file system of its own.
//
// It looks at files below $WAYMARK_FAULT_FOLDER. While the file $WAYMARK_FAULT_FILE exists, its one
// line `CALL ERRNO NAME` says what fails: calls of those files whose names begin
// with NAME (are NAME, when it ends with $), with ERRNO.
//   write      every write
//   grow       a write beyond the file's end; what fits before it is written, as on a full disk
//   sync       fsync and fdatasync; what was written since the last one that worked is gone
//   sync-once  the first of those, which removes the file
// Gone means zeroed: after a failed sync Linux may have dropped the pages and calls them clean, so
// that the next sync succeeds without them.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

struct Range {
  dev_t device;
  ino_t inode;
  off_t offset;
  size_t size;
  Range* next;
};

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
Range* unsynced = nullptr;

ssize_t RawWrite(int fd, const void* data, size_t size, off_t offset) {
  return syscall(SYS_pwrite64, fd, data, size, offset);
}

// The path of a file that may fail; false for any other.
bool PathOf(int fd, char* path, size_t capacity) {
  const char* folder = getenv("WAYMARK_FAULT_FOLDER");
  if (folder == nullptr) return false;
  char link[40];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, capacity - 1);
  if (length <= 0) return false;
  path[length] = '\0';
  return strncmp(path, folder, strlen(folder)) == 0;
}

bool Matches(const char* file, const char* name) {
  const size_t length = strlen(name);
  if (name[length - 1] != '$') return strncmp(file, name, length) == 0;
  return strlen(file) == length - 1 && strncmp(file, name, length - 1) == 0;
}

// The error that `call` of that file answers now, or 0.
int FaultOf(const char* call, const char* path) {
  const char* file = getenv("WAYMARK_FAULT_FILE");
  const int fd = file == nullptr ? -1 : open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char line[300] = {};
  const ssize_t length = read(fd, line, sizeof(line) - 1);
  close(fd);
  char failing[16], name[256];
  int error = 0;
  if (length <= 0 || sscanf(line, "%15s %d %255s", failing, &error, name) != 3) return 0;
  if (!Matches(strrchr(path, '/') + 1, name)) return 0;
  if (strcmp(failing, call) == 0) return error;
  const bool once = strcmp(failing, "sync-once") == 0 && strcmp(call, "sync") == 0;
  return once && unlink(file) == 0 ? error : 0;
}

// Ends what is remembered of a file: it is on disk, or gone. With the mutex held.
void Forget(int fd, bool gone) {
  struct stat file;
  if (fstat(fd, &file) != 0) return;
  for (Range** at = &unsynced; *at != nullptr;) {
    Range* range = *at;
    if (range->device != file.st_dev || range->inode != file.st_ino) {
      at = &range->next;
      continue;
    }
    if (gone) {
      void* zeros = calloc(1, range->size);
      RawWrite(fd, zeros, range->size, range->offset);
      free(zeros);
    }
    *at = range->next;
    free(range);
  }
}

void Remember(int fd, off_t offset, ssize_t size) {
  struct stat file;
  if (size <= 0 || fstat(fd, &file) != 0) return;
  Range* range = static_cast<Range*>(malloc(sizeof(Range)));
  *range = {file.st_dev, file.st_ino, offset, static_cast<size_t>(size), unsynced};
  unsynced = range;
}

// How much of a write does not make the file grow.
size_t Fitting(int fd, size_t size, off_t offset) {
  struct stat file;
  if (fstat(fd, &file) != 0 || offset >= file.st_size) return 0;
  const size_t room = static_cast<size_t>(file.st_size - offset);
  return size < room ? size : room;
}

ssize_t Write(int fd, const void* data, size_t size, off_t offset) {
  char path[1024];
  if (!PathOf(fd, path, sizeof(path))) return RawWrite(fd, data, size, offset);
  int error = FaultOf("write", path);
  if (error == 0 && (error = FaultOf("grow", path)) != 0) {
    const size_t fitting = Fitting(fd, size, offset);
    if (fitting > 0) {
      size = fitting;
      error = 0;
    }
  }
  if (error != 0) {
    errno = error;
    return -1;
  }
  pthread_mutex_lock(&mutex);
  const ssize_t written = RawWrite(fd, data, size, offset);
  Remember(fd, offset, written);
  pthread_mutex_unlock(&mutex);
  return written;
}

int Sync(int fd, long call) {
  char path[1024];
  if (!PathOf(fd, path, sizeof(path))) return static_cast<int>(syscall(call, fd));
  pthread_mutex_lock(&mutex);
  const int error = FaultOf("sync", path);
  const int result = error != 0 ? -1 : static_cast<int>(syscall(call, fd));
  Forget(fd, error != 0);
  pthread_mutex_unlock(&mutex);
  if (error != 0) errno = error;
  return result;
}

}  // namespace

extern "C" {

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  return Write(fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  return Write(fd, data, size, offset);
}
int fsync(int fd) { return Sync(fd, SYS_fsync); }
int fdatasync(int fd) { return Sync(fd, SYS_fdatasync); }

}  // extern "C"
