#include "libs/rpc/names.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "libs/base/error.h"
#include "libs/base/ids.h"

namespace waymark::rpc {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

const FieldDescriptor* StringField(const Descriptor* type, const char* name) {
  const FieldDescriptor* field = type->FindFieldByName(name);
  const bool fits = field != nullptr && !field->is_repeated() &&
                    field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  return fits ? field : nullptr;
}

}  // namespace

absl::StatusOr<std::vector<absl::string_view>> ParseName(absl::string_view pattern,
                                                         absl::string_view name) {
  const std::vector<absl::string_view> want = absl::StrSplit(pattern, '/');
  const std::vector<absl::string_view> have = absl::StrSplit(name, '/');
  std::vector<absl::string_view> ids;
  bool fits = want.size() == have.size();
  for (size_t i = 0; fits && i < want.size(); ++i) {
    if (want[i] == "*") {
      fits = IsValidId(have[i]);
      ids.push_back(have[i]);
    } else {
      fits = want[i] == have[i];
    }
  }
  if (fits) return ids;
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                   absl::StrCat("'", name.substr(0, 200), "' is not a name like '", pattern,
                                "' with ids of 1-128 of A-Z a-z 0-9 _ . ~ : @ -"));
}

absl::string_view TenantOf(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, "tenants/")) return "";
  return name.substr(0, name.find('/'));
}

std::optional<std::string> ResourceOf(const Message& request) {
  const Descriptor* type = request.GetDescriptor();
  for (const char* field_name : {"parent", "name"}) {
    if (const FieldDescriptor* field = StringField(type, field_name)) {
      return request.GetReflection()->GetString(request, field);
    }
  }
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* resource = type->field(i);
    if (resource->is_repeated() || resource->message_type() == nullptr) continue;
    if (const FieldDescriptor* field = StringField(resource->message_type(), "name")) {
      const Message& value = request.GetReflection()->GetMessage(request, resource);
      return value.GetReflection()->GetString(value, field);
    }
  }
  return std::nullopt;
}

}  // namespace waymark::rpc
