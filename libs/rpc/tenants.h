#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace waymark::rpc {

/// In place of a tenant's id: every tenant. Only the service role may use it.
inline constexpr char kAllTenants[] = "-";

/// The tenants that this deployment serves. Thread-safe.
class TenantRegistry {
 public:
  /// The tenants listed in the file at `path`, one id a line; blank lines and what follows '#' are
  /// ignored. An empty path means the one tenant `demo`. INVALID_ARGUMENT: a line that is no id, or
  /// no tenant at all; NOT_FOUND: no such file.
  static absl::StatusOr<std::unique_ptr<TenantRegistry>> Load(const std::string& path);

  /// Reads the file again. When it is faulty the tenants stay as they were and the error is
  /// returned.
  absl::Status Reload();

  bool Contains(absl::string_view tenant) const;

 private:
  explicit TenantRegistry(std::string path) : path_(std::move(path)) {}

  const std::string path_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_set<std::string> tenants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace waymark::rpc
