#pragma once

#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace waymark::api_test {

/// A string field of a message whose type is known at run time only.
std::string Text(const google::protobuf::Message& message, const std::string& field);

/// The elements of its only repeated field of messages, each in text format.
std::vector<std::string> Items(const google::protobuf::Message& message);

/// Sets the resource name that a request is about: its parent, else its name, else that of the
/// resource it holds. False when it is about none.
bool SetResourceName(const std::string& name, google::protobuf::Message* request);

}  // namespace waymark::api_test
