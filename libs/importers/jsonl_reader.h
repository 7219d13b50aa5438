#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/importers/signal_reader.h"

namespace waymark::importers {

/// OpenReader for JSON lines: one Signal in proto3 JSON a line; empty lines are skipped. A `source`
/// that is not empty takes the place of each line's own.
absl::StatusOr<std::unique_ptr<SignalReader>> OpenJsonLinesReader(absl::string_view path,
                                                                  absl::string_view source);

}  // namespace waymark::importers
