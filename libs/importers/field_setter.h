#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/importers/event_time.h"

namespace waymark::importers {

/// Whether SetField can set `field`: one value, not a list, of a type that text stands for.
bool IsSettable(const google::protobuf::FieldDescriptor& field);

/// Sets `field` of *message to what `text`, not empty, says: numbers, true/false, an enum value's
/// name with or without its prefix, a time as `times` reads them, a duration in seconds, or an
/// amount of money in `currency`. INVALID_ARGUMENT names the text and what would be right.
absl::Status SetField(google::protobuf::Message* message,
                      const google::protobuf::FieldDescriptor& field, absl::string_view text,
                      absl::string_view currency, TimeParser* times);

/// A finite number. INVALID_ARGUMENT: `text` is none.
absl::StatusOr<double> ParseNumber(absl::string_view text);

/// true/false, yes/no, y/n, 1/0 in any case. INVALID_ARGUMENT: something else.
absl::StatusOr<bool> ParseBool(absl::string_view text);

void SetTimestamp(absl::Time time, google::protobuf::Timestamp* out);

}  // namespace waymark::importers
