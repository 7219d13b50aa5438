#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace waymark::fuzz {

/// A file that lies in memory and goes with the object, for readers that want a path.
class MemoryFile {
 public:
  explicit MemoryFile(absl::string_view content);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  int descriptor_;
  std::string path_;
};

}  // namespace waymark::fuzz
