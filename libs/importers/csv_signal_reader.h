#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/importers/signal_reader.h"

namespace waymark::importers {

/// OpenReader for CSV. When the mapping groups rows, the whole file's submissions are held in
/// memory until its end, because their rows may stand anywhere.
absl::StatusOr<std::unique_ptr<SignalReader>> OpenCsvReader(absl::string_view path,
                                                            ReaderOptions options);

}  // namespace waymark::importers
