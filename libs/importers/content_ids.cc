#include "libs/importers/content_ids.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace waymark::importers {

std::string ContentIds::Next(absl::string_view content) {
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  const int64_t ordinal = ++seen_[{hash.high64, hash.low64}];
  return absl::StrFormat("%016x%016x-%d", hash.high64, hash.low64, ordinal);
}

void AppendContent(absl::string_view name, absl::string_view value, std::string* content) {
  absl::StrAppend(content, name.size(), ":", name, value.size(), ":", value);
}

}  // namespace waymark::importers
