#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/importers/signal_reader.h"

namespace waymark::importers {

/// OpenReader for event logs in XES 1.0 (IEEE 1849). Each event becomes an Interaction: its
/// concept:name the activity, its time:timestamp the event time (without offset: UTC, with a
/// warning), its other attributes and its trace's (keyed "case:…") attributes. The customer is the
/// trace's concept:name; when `case_key` names another attribute of the trace or the event, that
/// one, and the trace becomes the session. External ids are hashes of the content. Nested
/// attributes and lists are left out. An event without name, time or customer is an error row.
/// Files up to 1 GiB are read, about five times their size in memory.
absl::StatusOr<std::unique_ptr<SignalReader>> OpenXesReader(absl::string_view path,
                                                            absl::string_view source,
                                                            absl::string_view case_key);

}  // namespace waymark::importers
