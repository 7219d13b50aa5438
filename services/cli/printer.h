#pragma once

#include <string>

#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace waymark::cli {

/// Keeps the order in which keys were added.
using Json = nlohmann::ordered_json;

/// `message` as scripts want it: keys in lowerCamelCase in the proto's order, 64-bit integers as
/// numbers, zero and empty fields present, unset messages null, of a oneof only what is set,
/// durations as seconds, timestamps in RFC 3339, enums as EnumText.
Json ToJson(const google::protobuf::Message& message);

/// The same for a list of messages.
template <typename Messages>
Json ToJsonArray(const Messages& messages) {
  Json array = Json::array();
  for (const auto& message : messages) array.push_back(ToJson(message));
  return array;
}

/// `json` indented, with a newline at the end; bytes that are not UTF-8 become U+FFFD.
std::string Dump(const Json& json);

}  // namespace waymark::cli
