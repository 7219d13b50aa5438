#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace waymark::rpc {

/// The ids of a resource name, in the order of the pattern:
///   ParseName("tenants/*/maps/*", "tenants/demo/maps/m1") → {"demo", "m1"}
/// INVALID_ARGUMENT (INVALID_FIELD): `name` does not follow `pattern`, or an id is not valid (see
/// IsValidId). Views into `name`.
absl::StatusOr<std::vector<absl::string_view>> ParseName(absl::string_view pattern,
                                                         absl::string_view name);

/// The tenant of "tenants/{tenant}[/...]", empty when `name` does not start like that.
absl::string_view TenantOf(absl::string_view name);

/// The resource that a request is about, for authorization: its `parent`, else its `name`, else the
/// `name` of its first singular message field that has one (`UpdateMapRequest.map.name`). Nothing
/// when the request's type has none of these.
std::optional<std::string> ResourceOf(const google::protobuf::Message& request);

}  // namespace waymark::rpc
