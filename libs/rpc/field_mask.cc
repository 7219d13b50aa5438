#include "libs/rpc/field_mask.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/field_mask_util.h"

namespace waymark::rpc {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldMask;
using ::google::protobuf::Message;
using ::google::protobuf::util::FieldMaskUtil;

bool IsAll(const FieldMask& mask) {
  return mask.paths().empty() ||
         std::find(mask.paths().begin(), mask.paths().end(), "*") != mask.paths().end();
}

FieldMask AllFields(const Descriptor& type) {
  FieldMask mask;
  for (int i = 0; i < type.field_count(); ++i) mask.add_paths(type.field(i)->name());
  return mask;
}

}  // namespace

void CheckUpdateMask(const FieldMask& mask, const Message& resource, Violations& violations) {
  const Descriptor* type = resource.GetDescriptor();
  for (const std::string& path : mask.paths()) {
    if (path == "*" || FieldMaskUtil::GetFieldDescriptors(type, path, nullptr)) continue;
    violations.Add("update_mask", path,
                   absl::StrCat("must name a field of ", type->name(), ", or be '*' for all"));
  }
}

void ApplyUpdateMask(const Message& given, const FieldMask& mask,
                     absl::Span<const absl::string_view> output_only, Message& resource) {
  const FieldMask named = IsAll(mask) ? AllFields(*given.GetDescriptor()) : mask;
  FieldMask settable;
  for (const std::string& path : named.paths()) {
    const absl::string_view field = absl::string_view(path).substr(0, path.find('.'));
    if (std::find(output_only.begin(), output_only.end(), field) == output_only.end()) {
      settable.add_paths(path);
    }
  }
  FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  FieldMaskUtil::MergeMessageTo(given, settable, options, &resource);
}

}  // namespace waymark::rpc
