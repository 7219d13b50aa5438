#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"
#include "libs/rpc/validation.h"

namespace waymark::rpc {

/// Adds a violation of `update_mask` for each path of `mask` that neither names a field of
/// `resource`'s type nor is "*".
void CheckUpdateMask(const google::protobuf::FieldMask& mask,
                     const google::protobuf::Message& resource, Violations& violations);

/// Replaces the fields of `resource` that `mask` names, all when it is empty or holds "*", by those
/// of `given`, a message of the same type. The top-level fields `output_only` and what is in them
/// stay as they are. `mask` must have passed CheckUpdateMask.
void ApplyUpdateMask(const google::protobuf::Message& given,
                     const google::protobuf::FieldMask& mask,
                     absl::Span<const absl::string_view> output_only,
                     google::protobuf::Message& resource);

}  // namespace waymark::rpc
