#include "tests/fuzz/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "tests/fuzz/require.h"

namespace waymark::fuzz {

MemoryFile::MemoryFile(absl::string_view content) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
  Require(descriptor_ >= 0, "memfd_create");
  Require(
      write(descriptor_, content.data(), content.size()) == static_cast<ssize_t>(content.size()),
      "write to memory");
  path_ = absl::StrCat("/proc/self/fd/", descriptor_);
}

MemoryFile::~MemoryFile() { close(descriptor_); }

}  // namespace waymark::fuzz
