#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "libs/cache/cache.h"

namespace waymark::cache {
namespace {

/// One computation that is under way, and the answer for all who wait for it.
struct Flight {
  bool done = false;
  absl::StatusOr<std::string> value = absl::UnknownError("under way");
};

// The computing caller gave up, which says nothing about the others.
bool GaveUp(const absl::Status& status) {
  return absl::IsCancelled(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

struct Loader::Flights {
  absl::Mutex mutex;
  absl::flat_hash_map<std::string, std::shared_ptr<Flight>> by_key ABSL_GUARDED_BY(mutex);
};

Loader::Loader(Cache* cache) : cache_(cache), flights_(std::make_unique<Flights>()) {}
Loader::~Loader() = default;

absl::StatusOr<std::string> Loader::GetOrCompute(
    absl::string_view key, absl::Duration ttl,
    absl::FunctionRef<absl::StatusOr<std::string>()> compute, absl::Time deadline) {
  if (std::optional<std::string> cached = cache_->Get(key)) return *std::move(cached);
  std::shared_ptr<Flight> flight;
  for (;;) {
    absl::MutexLock lock(&flights_->mutex);
    const auto [entry, is_mine] = flights_->by_key.try_emplace(key);
    if (is_mine) {
      flight = entry->second = std::make_shared<Flight>();
      break;
    }
    flight = entry->second;
    if (!flights_->mutex.AwaitWithDeadline(absl::Condition(&flight->done), deadline)) {
      return absl::DeadlineExceededError("another caller's computation of this result took longer");
    }
    if (!GaveUp(flight->value.status())) return flight->value;
  }
  absl::StatusOr<std::string> value = compute();
  if (value.ok()) cache_->Put(key, *value, ttl);
  absl::MutexLock lock(&flights_->mutex);
  flight->value = value;
  flight->done = true;
  flights_->by_key.erase(key);
  return value;
}

}  // namespace waymark::cache
