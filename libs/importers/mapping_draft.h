#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace waymark::importers {

/// A first mapping for the CSV file `path`, as commented YAML, guessed from its columns: which look
/// like ids, times (with their format), ratings (with their scale), free text and attributes. What
/// to check is marked CHECK. It loads, and imports the file as it is. Errors are CsvReader::Open's.
absl::StatusOr<std::string> DraftMapping(absl::string_view path);

}  // namespace waymark::importers
