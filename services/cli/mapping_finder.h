#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace waymark::cli {

/// The folders that hold mappings, first looked at first: `extra` (unless empty), the environment's
/// WAYMARK_MAPPINGS, ../share/waymark/mappings beside the program, and the source tree it was built
/// from.
std::vector<std::string> MappingFolders(absl::string_view extra);

/// The mappings in `folders`: name and path; of equal names the first folder's.
std::map<std::string, std::string> ListMappings(const std::vector<std::string>& folders);

/// The file of the mapping `name`: a path when it holds '/' or ends with .yaml, else the one of
/// ListMappings. NOT_FOUND: the message lists the mappings that there are.
absl::StatusOr<std::string> FindMapping(absl::string_view name,
                                        const std::vector<std::string>& folders);

}  // namespace waymark::cli
