#include "tests/api/messages.h"

#include "google/protobuf/descriptor.h"

namespace waymark::api_test {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

std::string Text(const Message& message, const std::string& field) {
  return message.GetReflection()->GetString(message,
                                            message.GetDescriptor()->FindFieldByName(field));
}

std::vector<std::string> Items(const Message& message) {
  std::vector<std::string> items;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (!field->is_repeated() || field->message_type() == nullptr) continue;
    for (int j = 0; j < message.GetReflection()->FieldSize(message, field); ++j) {
      items.push_back(
          message.GetReflection()->GetRepeatedMessage(message, field, j).ShortDebugString());
    }
  }
  return items;
}

bool SetResourceName(const std::string& name, Message* request) {
  const auto* type = request->GetDescriptor();
  for (const char* candidate : {"parent", "name"}) {
    if (const FieldDescriptor* field = type->FindFieldByName(candidate)) {
      request->GetReflection()->SetString(request, field, name);
      return true;
    }
  }
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->is_repeated() || field->message_type() == nullptr) continue;
    if (const FieldDescriptor* own = field->message_type()->FindFieldByName("name")) {
      Message* resource = request->GetReflection()->MutableMessage(request, field);
      resource->GetReflection()->SetString(resource, own, name);
      return true;
    }
  }
  return false;
}

}  // namespace waymark::api_test
