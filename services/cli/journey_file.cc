#include "services/cli/journey_file.h"

#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "libs/base/error.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/importers/yaml_section.h"
#include "services/cli/enum_text.h"

namespace waymark::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using importers::YamlError;
using importers::YamlSection;
using importers::YamlText;

// Fields that the server sets, or that stand under another key.
bool IsWritable(const FieldDescriptor& field) {
  static const auto& others =
      *new std::set<std::string>{"name", "etag", "revision", "create_time", "update_time"};
  return !others.contains(field.name());
}

absl::Status ReadMessage(const YAML::Node& node, absl::string_view what, Message* message);

// Sets the field, or adds to it when it is repeated.
absl::Status ReadValue(const YAML::Node& node, const FieldDescriptor& field, Message* message) {
  const google::protobuf::Reflection& reflection = *message->GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return ReadMessage(node, absl::StrCat("an item of ", field.name()),
                       field.is_repeated() ? reflection.AddMessage(message, &field)
                                           : reflection.MutableMessage(message, &field));
  }
  WM_ASSIGN_OR_RETURN(const std::string text, YamlText(node, field.name()));
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const std::optional<int> number = ParseEnumText(*field.enum_type(), text);
    if (!number.has_value()) {
      return YamlError(node, absl::StrCat(field.name(), " is '", text,
                                          "'; allowed: ", EnumChoices(*field.enum_type())));
    }
    reflection.SetEnumValue(message, &field, *number);
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
    double number = 0;
    if (!absl::SimpleAtod(text, &number)) {
      return YamlError(node, absl::StrCat(field.name(), " is '", text, "', which is no number"));
    }
    reflection.SetDouble(message, &field, number);
  } else if (field.is_repeated()) {
    reflection.AddString(message, &field, text);
  } else {
    reflection.SetString(message, &field, text);
  }
  return absl::OkStatus();
}

absl::Status ReadField(const YAML::Node& node, const FieldDescriptor& field, Message* message) {
  if (!field.is_repeated()) return ReadValue(node, field, message);
  if (!node.IsSequence()) return YamlError(node, absl::StrCat(field.name(), " must be a list"));
  for (const YAML::Node& item : node) WM_RETURN_IF_ERROR(ReadValue(item, field, message));
  return absl::OkStatus();
}

absl::Status ReadFields(YamlSection& section, Message* message) {
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message->GetDescriptor()->field(i);
    if (!IsWritable(field)) continue;
    const YAML::Node node = section.Take(field.name());
    if (node.IsDefined() && !node.IsNull()) WM_RETURN_IF_ERROR(ReadField(node, field, message));
  }
  return section.Finish();
}

absl::Status ReadMessage(const YAML::Node& node, absl::string_view what, Message* message) {
  WM_ASSIGN_OR_RETURN(YamlSection section, YamlSection::Of(node, what));
  return ReadFields(section, message);
}

class FileReader {
 public:
  explicit FileReader(absl::string_view tenant) : tenant_(tenant) {}

  absl::StatusOr<JourneyFile> Read(const YAML::Node& root) {
    WM_ASSIGN_OR_RETURN(YamlSection section, YamlSection::Of(root, "the file"));
    JourneyFile file;
    WM_RETURN_IF_ERROR(ReadResources(section.Take("touchpoints"), "touchpoints", "touchpoints",
                                     &file.touchpoints));
    WM_RETURN_IF_ERROR(
        ReadResources(section.Take("personas"), "personas", "personas", &file.personas));
    WM_RETURN_IF_ERROR(ReadResources(section.Take("journey_maps"), "journey_maps", "journeyMaps",
                                     &file.journey_maps));
    WM_RETURN_IF_ERROR(section.Finish());
    for (journey::v1::JourneyMap& map : file.journey_maps) {
      if (!map.persona().empty()) map.set_persona(Name("personas", map.persona()));
    }
    return file;
  }

 private:
  std::string Name(absl::string_view collection, absl::string_view id) const {
    if (absl::StartsWith(id, "tenants/")) return std::string(id);
    return absl::StrCat("tenants/", tenant_, "/", collection, "/", id);
  }

  template <typename Resource>
  absl::Status ReadResources(const YAML::Node& list, absl::string_view key,
                             absl::string_view collection, std::vector<Resource>* resources) {
    if (!list.IsDefined() || list.IsNull()) return absl::OkStatus();
    if (!list.IsSequence()) return YamlError(list, absl::StrCat(key, " must be a list"));
    std::set<std::string> seen;
    for (const YAML::Node& item : list) {
      WM_ASSIGN_OR_RETURN(YamlSection section,
                          YamlSection::Of(item, absl::StrCat("an item of ", key)));
      WM_ASSIGN_OR_RETURN(const std::string id, TakeId(section));
      if (!seen.insert(id).second) {
        return YamlError(item, absl::StrCat("'", id, "' is there twice in ", key));
      }
      resources->emplace_back().set_name(Name(collection, id));
      WM_RETURN_IF_ERROR(ReadFields(section, &resources->back()));
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<std::string> TakeId(YamlSection& section) {
    const YAML::Node node = section.Take("id");
    if (!node.IsDefined()) return YamlError(section.node(), "the id is missing");
    WM_ASSIGN_OR_RETURN(const std::string id, YamlText(node, "id"));
    if (IsValidId(id)) return id;
    return YamlError(
        node, absl::StrCat("id is '", id, "'; allowed: 1-128 of letters, digits and _ . ~ : @ -"));
  }

  const absl::string_view tenant_;
};

}  // namespace

absl::StatusOr<JourneyFile> ParseJourneyFile(const std::string& yaml, absl::string_view file,
                                             absl::string_view tenant) {
  YAML::Node root;
  try {
    root = YAML::Load(yaml);
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": line ", error.mark.line + 1, ": no valid YAML: ", error.msg));
  }
  absl::StatusOr<JourneyFile> read = FileReader(tenant).Read(root);
  if (!read.ok()) return Annotate(read.status(), file);
  return read;
}

absl::StatusOr<JourneyFile> LoadJourneyFile(const std::string& path, absl::string_view tenant) {
  std::ifstream stream(path);
  std::stringstream text;
  if (!(text << stream.rdbuf())) {
    return absl::NotFoundError(absl::StrCat("cannot read '", path, "', or it is empty"));
  }
  return ParseJourneyFile(text.str(), path, tenant);
}

}  // namespace waymark::cli
