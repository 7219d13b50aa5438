#include "services/journey/errors.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/error.h"
#include "libs/rpc/validation.h"

namespace waymark::journey::errors {
namespace {

absl::Status NotFound(absl::string_view reason, absl::string_view message) {
  return MakeError(absl::StatusCode::kNotFound, reason, message);
}

}  // namespace

absl::Status TouchpointNotFound(absl::string_view name) {
  return NotFound("TOUCHPOINT_NOT_FOUND",
                  absl::StrCat("there is no touchpoint '", name,
                               "'; see ListTouchpoints, or make it with UpdateTouchpoint and "
                               "allow_missing"));
}

absl::Status PersonaNotFound(absl::string_view name) {
  return NotFound("PERSONA_NOT_FOUND",
                  absl::StrCat("there is no persona '", name,
                               "'; see ListPersonas, or make it with UpdatePersona and "
                               "allow_missing"));
}

absl::Status JourneyMapNotFound(absl::string_view name) {
  return NotFound("JOURNEY_MAP_NOT_FOUND",
                  absl::StrCat("there is no journey map '", name,
                               "'; see ListJourneyMaps, or make it with UpdateJourneyMap and "
                               "allow_missing"));
}

absl::Status RevisionNotFound(absl::string_view name, int64_t revision, int64_t latest) {
  return NotFound("JOURNEY_MAP_NOT_FOUND",
                  absl::StrCat("journey map '", name, "' has no revision ", revision,
                               "; its revisions are 1 to ", latest));
}

absl::Status InUse(absl::string_view name, const std::vector<std::string>& maps) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "IN_USE",
      absl::StrCat("'", name, "' is used by ", absl::StrJoin(maps, ", "), "; change them first"));
}

absl::Status SourceNotFound(absl::string_view source) {
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("no signals of source '", source,
                                "' are known; see ListSources of the feedback service"),
                   {.reason = "SOURCE_NOT_FOUND", .metadata = {{"source", std::string(source)}}});
}

absl::Status InvalidFields(const Problems& problems) {
  rpc::Violations violations;
  for (const Problem& problem : problems) {
    violations.Add(problem.field, problem.value, problem.what_to_do);
  }
  return violations.ToStatus();
}

}  // namespace waymark::journey::errors
