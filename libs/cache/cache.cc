#include "libs/cache/cache.h"

#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/status_macros.h"
#include "libs/cache/lru_cache.h"
#include "libs/cache/redis_cache.h"

namespace waymark::cache {
namespace {

absl::StatusOr<int64_t> ParseBytes(absl::string_view size) {
  absl::string_view digits = size;
  int64_t unit = 0;
  if (absl::ConsumeSuffix(&digits, "KB")) unit = 1 << 10;
  if (absl::ConsumeSuffix(&digits, "MB")) unit = 1 << 20;
  if (absl::ConsumeSuffix(&digits, "GB")) unit = 1 << 30;
  int64_t count = 0;
  if (unit == 0 || !absl::SimpleAtoi(digits, &count) || count < 1 ||
      count > std::numeric_limits<int64_t>::max() / unit) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", size, "' is no size of a cache; write for example memory:64MB"));
  }
  return count * unit;
}

}  // namespace

std::string MakeKey(absl::string_view tenant, absl::string_view version, absl::string_view kind,
                    absl::string_view parameters) {
  // Lengths first, so that no two lists of parts make one key.
  std::string key = "waymark";
  for (const absl::string_view part : {tenant, version, kind, parameters}) {
    absl::StrAppend(&key, ":", part.size(), ":", part);
  }
  return key;
}

absl::StatusOr<std::unique_ptr<Cache>> Open(absl::string_view url, Clock* clock) {
  if (absl::StartsWith(url, "redis://")) {
    WM_ASSIGN_OR_RETURN(const RedisOptions options, ParseRedisUrl(url));
    return std::make_unique<RedisCache>(options, clock);
  }
  if (absl::ConsumePrefix(&url, "memory:")) {
    WM_ASSIGN_OR_RETURN(const int64_t bytes, ParseBytes(url));
    return std::make_unique<LruCache>(bytes, clock);
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown kind of cache '",
                                                 url.substr(0, url.find(':')),
                                                 "'; write memory:64MB or redis://host:port/db"));
}

}  // namespace waymark::cache
