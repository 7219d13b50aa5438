#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"
#include "libs/importers/mapping_draft.h"
#include "services/cli/file_output.h"
#include "services/cli/mapping_finder.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

struct InitOptions {
  std::string file;
  std::string out;
};

absl::Status Init(Session& session, const InitOptions& options) {
  WM_ASSIGN_OR_RETURN(const std::string draft, importers::DraftMapping(options.file));
  if (options.out.empty()) {
    session.out() << draft;
    return absl::OkStatus();
  }
  if (std::filesystem::exists(options.out)) {
    return absl::AlreadyExistsError(
        absl::StrCat("'", options.out, "' exists; choose another --out or remove it"));
  }
  WM_RETURN_IF_ERROR(WriteFile(options.out, draft));
  session.err() << "Drafted " << options.out << ". Look at the lines marked CHECK, then:\n"
                << "  waymark import csv " << options.file << " --mapping " << options.out
                << " --source ID\n";
  return absl::OkStatus();
}

absl::Status List(Session& session) {
  Answer answer{Json::object({{"mappings", Json::array()}}), {}, Table({{"name"}, {"file"}}), {}};
  for (const auto& [name, file] : ListMappings(MappingFolders(""))) {
    answer.json["mappings"].push_back({{"name", name}, {"file", file}});
    answer.table.AddRow({TextCell(name), TextCell(file)});
  }
  session.Print(answer);
  return absl::OkStatus();
}

}  // namespace

void AddMappingVerbs(CLI::App& app, Session& session) {
  CLI::App* noun = AddNoun(app, "mapping", "Say how the rows of CSV files become signals");
  const auto options = std::make_shared<InitOptions>();
  CLI::App* init =
      session.AddVerb(*noun, "init", "Draft a documented mapping from a CSV file's columns",
                      "mapping init survey.csv\nmapping init survey.csv --out survey.yaml\n",
                      [&session, options] { return Init(session, *options); });
  init->add_option("FILE", options->file, "The CSV file")->required()->type_name("");
  init->add_option("--out", options->out, "File to write; default: standard output")
      ->type_name("FILE");
  session.AddVerb(*noun, "list", "List the mappings that can be given by name", "mapping list\n",
                  [&session] { return List(session); });
}

}  // namespace waymark::cli
