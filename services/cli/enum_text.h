#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/generated_enum_reflection.h"

namespace waymark::cli {

/// An enum value as people write it: lower case, without the enum's prefix, e.g. "as_is" for
/// KIND_AS_IS; "unspecified" for the zero value.
std::string EnumText(const google::protobuf::EnumValueDescriptor& value);

/// The number of the value that `text` means, in any case and with '-' or '_'; nothing when there
/// is none or it is the zero value.
std::optional<int> ParseEnumText(const google::protobuf::EnumDescriptor& type,
                                 absl::string_view text);

/// All values but the zero value, for messages: "as_is, to_be".
std::string EnumChoices(const google::protobuf::EnumDescriptor& type);

template <typename Enum>
std::string EnumText(Enum value) {
  const auto* found = google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value);
  return found == nullptr ? std::to_string(value) : EnumText(*found);
}

}  // namespace waymark::cli
