#include "libs/rpc/tenants.h"

#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"

namespace waymark::rpc {
namespace {

absl::StatusOr<absl::flat_hash_set<std::string>> ReadTenants(const std::string& path) {
  if (path.empty()) return absl::flat_hash_set<std::string>{"demo"};
  std::ifstream file(path);
  if (!file) {
    return absl::NotFoundError(absl::StrCat("cannot read the tenants file '", path, "'"));
  }
  absl::flat_hash_set<std::string> tenants;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const absl::string_view id =
        absl::StripAsciiWhitespace(absl::string_view(line).substr(0, line.find('#')));
    if (id.empty()) continue;
    if (!IsValidId(id) || id == kAllTenants) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": '", id,
                       "' is not a tenant id; use 1-128 of A-Z a-z 0-9 _ . ~ : @ -"));
    }
    tenants.insert(std::string(id));
  }
  if (tenants.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", path, "' lists no tenant; give one a line"));
  }
  return tenants;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TenantRegistry>> TenantRegistry::Load(const std::string& path) {
  std::unique_ptr<TenantRegistry> registry(new TenantRegistry(path));
  WM_RETURN_IF_ERROR(registry->Reload());
  return registry;
}

absl::Status TenantRegistry::Reload() {
  WM_ASSIGN_OR_RETURN(auto tenants, ReadTenants(path_));
  absl::MutexLock lock(&mutex_);
  tenants_ = std::move(tenants);
  return absl::OkStatus();
}

bool TenantRegistry::Contains(absl::string_view tenant) const {
  absl::ReaderMutexLock lock(&mutex_);
  return tenants_.contains(tenant);
}

}  // namespace waymark::rpc
