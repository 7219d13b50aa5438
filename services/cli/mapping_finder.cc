#include "services/cli/mapping_finder.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace waymark::cli {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::vector<std::string> MappingFolders(absl::string_view extra) {
  std::vector<std::string> folders;
  if (!extra.empty()) folders.emplace_back(extra);
  if (const char* given = std::getenv("WAYMARK_MAPPINGS")) folders.emplace_back(given);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    folders.push_back((program.parent_path().parent_path() / "share/waymark/mappings").string());
  }
  folders.emplace_back(WAYMARK_SOURCE_MAPPINGS);
  return folders;
}

std::map<std::string, std::string> ListMappings(const std::vector<std::string>& folders) {
  std::map<std::string, std::string> mappings;
  for (const std::string& folder : folders) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() != ".yaml") continue;
      mappings.emplace(entry.path().stem().string(), entry.path().string());
    }
  }
  return mappings;
}

absl::StatusOr<std::string> FindMapping(absl::string_view name,
                                        const std::vector<std::string>& folders) {
  if (absl::StrContains(name, '/') || absl::EndsWith(name, ".yaml")) return std::string(name);
  const std::map<std::string, std::string> mappings = ListMappings(folders);
  if (const auto found = mappings.find(std::string(name)); found != mappings.end()) {
    return found->second;
  }
  const auto name_of = [](std::string* out, const auto& mapping) { *out += mapping.first; };
  return absl::NotFoundError(absl::StrCat(
      "there is no mapping '", name, "'; ",
      mappings.empty() ? absl::StrCat("looked in ", absl::StrJoin(folders, ", "))
                       : absl::StrCat("there are ", absl::StrJoin(mappings, ", ", name_of)),
      "; or give the path of a file, which `waymark mapping init FILE` drafts"));
}

}  // namespace waymark::cli
