#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "waymark/journey/v1/journey_map.pb.h"
#include "waymark/journey/v1/persona.pb.h"
#include "waymark/journey/v1/touchpoint.pb.h"

namespace waymark::cli {

/// What a file for `waymark journey apply` declares, in the file's order, names with their tenant.
struct JourneyFile {
  std::vector<journey::v1::Touchpoint> touchpoints;
  std::vector<journey::v1::Persona> personas;
  std::vector<journey::v1::JourneyMap> journey_maps;
};

/// Reads YAML with the keys touchpoints, personas and journey_maps; below them the keys are those
/// of the protos, `id` for the last part of a name (services/cli/demo/journey.yaml is an example).
/// INVALID_ARGUMENT: the message names `file`, the line and what is wrong there.
absl::StatusOr<JourneyFile> ParseJourneyFile(const std::string& yaml, absl::string_view file,
                                             absl::string_view tenant);

/// The same from the file `path`. NOT_FOUND: it cannot be read.
absl::StatusOr<JourneyFile> LoadJourneyFile(const std::string& path, absl::string_view tenant);

}  // namespace waymark::cli
