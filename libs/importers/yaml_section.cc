#include "libs/importers/yaml_section.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/base/status_macros.h"

namespace waymark::importers {

absl::Status YamlError(const YAML::Node& node, absl::string_view message) {
  const YAML::Mark mark = node.Mark();
  const std::string place = mark.is_null() ? "" : absl::StrCat("line ", mark.line + 1, ": ");
  return absl::InvalidArgumentError(absl::StrCat(place, message));
}

absl::StatusOr<std::string> YamlText(const YAML::Node& node, absl::string_view what) {
  if (node.IsNull()) return "";
  if (!node.IsScalar()) return YamlError(node, absl::StrCat(what, " must be a single value"));
  return node.Scalar();
}

absl::StatusOr<std::vector<std::string>> YamlTexts(const YAML::Node& node, absl::string_view what) {
  std::vector<std::string> texts;
  if (!node.IsDefined()) return texts;
  if (node.IsMap())
    return YamlError(node, absl::StrCat(what, " must be a value or a list of them"));
  if (!node.IsSequence()) {
    WM_ASSIGN_OR_RETURN(texts.emplace_back(), YamlText(node, what));
    return texts;
  }
  for (const YAML::Node& item : node) {
    WM_ASSIGN_OR_RETURN(texts.emplace_back(), YamlText(item, what));
  }
  return texts;
}

absl::StatusOr<std::vector<std::pair<std::string, YAML::Node>>> YamlEntries(
    const YAML::Node& node, absl::string_view what) {
  std::vector<std::pair<std::string, YAML::Node>> entries;
  if (!node.IsDefined()) return entries;
  if (!node.IsMap()) return YamlError(node, absl::StrCat(what, " must be a map of `key: value`"));
  std::set<std::string> seen;
  for (const auto& entry : node) {
    WM_ASSIGN_OR_RETURN(const std::string key, YamlText(entry.first, "a key"));
    if (!seen.insert(key).second) {
      return YamlError(entry.first, absl::StrCat("'", key, "' is there twice in ", what));
    }
    entries.emplace_back(key, entry.second);
  }
  return entries;
}

absl::StatusOr<YamlSection> YamlSection::Of(const YAML::Node& node, absl::string_view what) {
  YamlSection section(node, std::string(what));
  WM_ASSIGN_OR_RETURN(section.entries_, YamlEntries(node, what));
  return section;
}

bool YamlSection::Has(const std::string& key) const {
  for (const auto& entry : entries_) {
    if (entry.first == key) return true;
  }
  return false;
}

YAML::Node YamlSection::Take(const std::string& key) {
  known_.insert(key);
  for (const auto& entry : entries_) {
    if (entry.first == key) return entry.second;
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

absl::Status YamlSection::Finish() const {
  for (const auto& entry : entries_) {
    if (known_.contains(entry.first)) continue;
    return YamlError(entry.second, absl::StrCat("unknown key '", entry.first, "' in ", what_,
                                                "; allowed: ", absl::StrJoin(known_, ", ")));
  }
  return absl::OkStatus();
}

namespace {

YAML::Node FindItem(const YAML::Node& list, const std::string& segment) {
  for (const YAML::Node& item : list) {
    if (!item.IsMap()) continue;
    for (const char* key : {"id", "key", "column"}) {
      const YAML::Node name = item[key];
      if (name.IsDefined() && name.IsScalar() && name.Scalar() == segment) return item;
    }
  }
  size_t position;
  if (absl::SimpleAtoi(segment, &position) && position < list.size()) return list[position];
  return YAML::Node(YAML::NodeType::Undefined);
}

}  // namespace

absl::Status OverrideYaml(const YAML::Node& root, absl::string_view path,
                          const std::string& value) {
  const std::vector<std::string> segments = absl::StrSplit(path, '.');
  YAML::Node node = root;
  for (const std::string& segment : segments) {
    if (segment.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", path, "' is no path such as csv.delimiter"));
    }
    YAML::Node next;
    if (node.IsSequence()) {
      next.reset(FindItem(node, segment));
    } else if (node.IsMap()) {
      next.reset(node[segment]);
      if (!next.IsDefined()) {
        node[segment] = YAML::Node(YAML::NodeType::Map);
        next.reset(node[segment]);
      }
    } else {
      next.reset(YAML::Node(YAML::NodeType::Undefined));
    }
    if (!next.IsDefined()) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", path, "' leads nowhere: there is no '", segment, "'"));
    }
    node.reset(next);
  }
  node = YAML::Load(value);
  return absl::OkStatus();
}

}  // namespace waymark::importers
