#pragma once

#include <yaml-cpp/yaml.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace waymark::importers {

/// INVALID_ARGUMENT: `message` with the line of `node`, when it stems from a file.
absl::Status YamlError(const YAML::Node& node, absl::string_view message);

/// The text of a scalar; INVALID_ARGUMENT when `node` is a list or a map. `what` names it.
absl::StatusOr<std::string> YamlText(const YAML::Node& node, absl::string_view what);

/// The texts of a list of scalars, or of one scalar; none when `node` is undefined.
absl::StatusOr<std::vector<std::string>> YamlTexts(const YAML::Node& node, absl::string_view what);

/// The entries of a map of scalars, in the file's order; none when `node` is undefined.
absl::StatusOr<std::vector<std::pair<std::string, YAML::Node>>> YamlEntries(const YAML::Node& node,
                                                                            absl::string_view what);

/// A map whose keys are known beforehand: take each, then Finish complains of the others.
class YamlSection {
 public:
  /// INVALID_ARGUMENT: `node` is no map, or has a key twice.
  static absl::StatusOr<YamlSection> Of(const YAML::Node& node, absl::string_view what);

  /// The value of `key`; undefined when there is none.
  YAML::Node Take(const std::string& key);
  bool Has(const std::string& key) const;

  /// INVALID_ARGUMENT naming the first key that was never taken, its line and the keys that may be.
  absl::Status Finish() const;

  const YAML::Node& node() const { return node_; }

 private:
  YamlSection(const YAML::Node& node, std::string what) : node_(node), what_(std::move(what)) {}

  YAML::Node node_;
  std::string what_;
  std::vector<std::pair<std::string, YAML::Node>> entries_;
  std::set<std::string> known_;
};

/// Sets what `path` leads to, e.g. "questions.NETPRO.optional", to the YAML text `value`; an item
/// of a list goes by its id, key, column or position. Keys that are not there yet are added.
/// INVALID_ARGUMENT: the path leads nowhere, or the value is no YAML.
absl::Status OverrideYaml(const YAML::Node& root, absl::string_view path, const std::string& value);

}  // namespace waymark::importers
