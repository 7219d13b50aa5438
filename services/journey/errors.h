#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/journey/validation.h"

namespace waymark::journey::errors {

/// NOT_FOUND: TOUCHPOINT_NOT_FOUND, PERSONA_NOT_FOUND or JOURNEY_MAP_NOT_FOUND; `name` is the full
/// name of what is missing.
absl::Status TouchpointNotFound(absl::string_view name);
absl::Status PersonaNotFound(absl::string_view name);
absl::Status JourneyMapNotFound(absl::string_view name);
/// The map is there, but not that revision of it.
absl::Status RevisionNotFound(absl::string_view name, int64_t revision, int64_t latest);

/// FAILED_PRECONDITION (IN_USE): `maps` are the names of journey maps that need `name`.
absl::Status InUse(absl::string_view name, const std::vector<std::string>& maps);

/// NOT_FOUND (SOURCE_NOT_FOUND): no signal of `source` counts.
absl::Status SourceNotFound(absl::string_view source);

/// OK when there are no problems, else INVALID_ARGUMENT (INVALID_FIELD) with all of them.
absl::Status InvalidFields(const Problems& problems);

}  // namespace waymark::journey::errors
