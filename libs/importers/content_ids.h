#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace waymark::importers {

/// Ids for rows that have none of their own: a 128-bit hash of a row's content and its ordinal
/// among equal rows, so that exact repeats stay apart and reading the same file again gives the
/// same ids. Keeps about 40 bytes a distinct row. Not thread-safe.
class ContentIds {
 public:
  /// E.g. "5b0e…c3-1" for the first row with this content.
  std::string Next(absl::string_view content);

 private:
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, int64_t> seen_;
};

/// Appends a named value to what ContentIds hashes, so that no two lists of values look alike.
void AppendContent(absl::string_view name, absl::string_view value, std::string* content);

}  // namespace waymark::importers
