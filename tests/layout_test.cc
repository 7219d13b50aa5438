// Enforces the architecture: who may include whom, and what every folder must hold. The rules are
// told in ARCHITECTURE.md, "Who may include whom".
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark {
namespace {

namespace fs = std::filesystem;

struct Include {
  int line;
  std::string path;
};

struct SourceFile {
  std::string path;    // from the root of the tree
  std::string folder;  // "libs/sql", "services/feedback", "tests/api"
  std::string stem;    // "store" of store.cc, store.h and store_test.cc
  bool is_test = false;
  bool is_header = false;
  int lines = 0;
  std::string text;
  std::vector<Include> includes;
};

std::string StemOf(const std::string& file) {
  std::string stem = fs::path(file).stem().string();
  if (absl::EndsWith(stem, "_test")) stem.resize(stem.size() - 5);
  return stem;
}

SourceFile Read(const fs::path& path) {
  SourceFile file;
  file.path = path.generic_string();
  const std::vector<std::string> parts = absl::StrSplit(file.path, '/');
  file.folder = parts.size() > 2 ? absl::StrCat(parts[0], "/", parts[1]) : parts[0];
  file.stem = StemOf(file.path);
  // Fixtures that tests share are called test_*, or end in _test as the tests do.
  file.is_test = absl::EndsWith(path.stem().string(), "_test") ||
                 absl::StartsWith(path.stem().string(), "test_") || parts[0] == "tests";
  file.is_header = path.extension() == ".h";
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    ++file.lines;
    absl::StrAppend(&file.text, line, "\n");
    if (!absl::StartsWith(line, "#include ")) continue;
    const size_t begin = line.find_first_of("\"<");
    const size_t end = line.find_first_of("\">", begin + 1);
    if (end != std::string::npos) {
      file.includes.push_back({file.lines, line.substr(begin + 1, end - begin - 1)});
    }
  }
  return file;
}

const std::vector<SourceFile>& Tree() {
  static const auto& files = *new std::vector<SourceFile>([] {
    std::vector<SourceFile> files;
    for (const char* root : {"libs", "services", "tests"}) {
      for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const auto extension = entry.path().extension();
        if (extension == ".cc" || extension == ".h") files.push_back(Read(entry.path()));
      }
    }
    return files;
  }());
  return files;
}

bool IsGrpc(const std::string& include) {
  return absl::StartsWith(include, "grpc") || absl::EndsWith(include, ".grpc.pb.h");
}

// "feedback" for "waymark/feedback/v1/signal.pb.h", else "".
std::string ServiceOfProto(const std::string& include) {
  const std::vector<std::string> parts = absl::StrSplit(include, '/');
  return parts.size() == 4 && parts[0] == "waymark" ? parts[1] : "";
}

std::string LibraryOf(const std::string& include) {
  const std::vector<std::string> parts = absl::StrSplit(include, '/');
  return parts.size() >= 3 && parts[0] == "libs" ? parts[1] : "";
}

std::string ServiceOf(const std::string& include) {
  const std::vector<std::string> parts = absl::StrSplit(include, '/');
  return parts.size() >= 3 && parts[0] == "services" ? parts[1] : "";
}

class Complaints {
 public:
  void Add(const SourceFile& file, const Include& include, absl::string_view rule) {
    list_.push_back(
        absl::StrCat(file.path, ":", include.line, " includes ", include.path, ": ", rule));
  }
  void Add(const SourceFile& file, absl::string_view rule) {
    list_.push_back(absl::StrCat(file.path, ": ", rule));
  }
  ~Complaints() { EXPECT_TRUE(list_.empty()) << absl::StrJoin(list_, "\n"); }

 private:
  std::vector<std::string> list_;
};

bool IsPureLibrary(const std::string& folder) {
  static const auto& pure = *new std::set<std::string>{
      "libs/base", "libs/stats", "libs/text", "libs/columns", "libs/render", "libs/filter"};
  return pure.contains(folder);
}

// Parts of a service that know gRPC.
bool IsEdge(const std::string& stem) {
  return stem == "service" || absl::EndsWith(stem, "_service") || stem == "peers" ||
         stem == "module" || stem == "main";
}

// Parts of a service that are neither edge, store nor projection, nor the course of requests
// between edge and store: algorithms.
bool IsEngine(const SourceFile& file) {
  static const auto& others =
      *new std::set<std::string>{"options", "store",      "schema", "index_schema", "errors",
                                 "metrics", "projection", "models", "validation",   "databases"};
  return !IsEdge(file.stem) && !others.contains(file.stem) && !absl::EndsWith(file.stem, "_store");
}

bool IsService(const std::string& folder) {
  return absl::StartsWith(folder, "services/") && folder != "services/cli" &&
         folder != "services/standalone";
}

TEST(Layout, TreeIsFound) { ASSERT_GT(Tree().size(), 50u) << "run from the root of the tree"; }

TEST(Layout, LibrariesUseOnlyLibrariesBelowThem) {
  const std::map<std::string, std::set<std::string>> allowed = {
      {"base", {}},          {"stats", {"base"}},
      {"text", {"base"}},    {"columns", {"base"}},
      {"render", {"base"}},  {"filter", {"base"}},
      {"metrics", {"base"}}, {"sql", {"base"}},
      {"cache", {"base"}},   {"rpc", {"base", "metrics"}},
      {"feed", {"base"}},    {"importers", {"base", "text"}},
  };
  Complaints complaints;
  for (const SourceFile& file : Tree()) {
    if (!absl::StartsWith(file.folder, "libs/") || file.folder == "libs/testing") continue;
    const std::string own = file.folder.substr(5);
    ASSERT_TRUE(allowed.contains(own)) << file.folder << " is not in this test's list: add it";
    for (const Include& include : file.includes) {
      const std::string other = LibraryOf(include.path);
      if (!ServiceOf(include.path).empty())
        complaints.Add(file, include, "libraries know no service");
      if (other.empty() || other == own) continue;
      // What a filter becomes in SQL is true or not on a database only.
      if (file.is_test && (other == "testing" || (own == "filter" && other == "sql"))) continue;
      if (!allowed.at(own).contains(other)) complaints.Add(file, include, "not below it");
    }
  }
}

TEST(Layout, PureLibrariesSeeNoProtoAndNoGrpc) {
  Complaints complaints;
  for (const SourceFile& file : Tree()) {
    if (!IsPureLibrary(file.folder)) continue;
    for (const Include& include : file.includes) {
      if (absl::EndsWith(include.path, ".pb.h") || IsGrpc(include.path)) {
        complaints.Add(file, include, "a pure library");
      }
    }
  }
}

TEST(Layout, GrpcStaysAtTheEdge) {
  Complaints complaints;
  for (const SourceFile& file : Tree()) {
    const bool may = file.is_test || file.folder == "libs/rpc" || file.folder == "libs/testing" ||
                     file.folder == "services/cli" || file.folder == "services/standalone" ||
                     (IsService(file.folder) && IsEdge(file.stem));
    for (const Include& include : file.includes) {
      if (!may && IsGrpc(include.path)) complaints.Add(file, include, "not at the edge");
    }
  }
}

TEST(Layout, DriversAreIncludedOnlyBehindTheirLibrary) {
  const std::map<std::string, std::string> owners = {{"sqlite3.h", "libs/sql"},
                                                     {"libpq-fe.h", "libs/sql"},
                                                     {"hiredis/", "libs/cache"},
                                                     {"prometheus/", "libs/metrics"}};
  Complaints complaints;
  for (const SourceFile& file : Tree()) {
    for (const Include& include : file.includes) {
      for (const auto& [driver, owner] : owners) {
        const bool may = (file.folder == owner || file.folder == "tests/bench" ||
                          file.folder == "libs/testing") &&
                         !file.is_header;
        if (absl::StartsWith(include.path, driver) && !may) {
          complaints.Add(file, include, absl::StrCat("only a .cc of ", owner, " may"));
        }
      }
    }
  }
}

TEST(Layout, ServicesKnowEachOtherByProtosInPeersOnly) {
  Complaints complaints;
  for (const SourceFile& file : Tree()) {
    if (!IsService(file.folder)) continue;
    const std::string own = file.folder.substr(9);
    for (const Include& include : file.includes) {
      const std::string service = ServiceOf(include.path);
      if (!service.empty() && service != own) complaints.Add(file, include, "another service");
      const std::string proto = ServiceOfProto(include.path);
      // The feed is what a projection is made of.
      const bool may = proto.empty() || proto == own || proto == "common" || file.is_test ||
                       file.stem == "peers" || (file.stem == "projection" && proto == "feedback");
      if (!may) complaints.Add(file, include, "another service's protos outside peers.*");
    }
  }
}

TEST(Layout, EnginesKnowNeitherStoresNorWires) {
  const std::set<std::string> wires = {"sql", "cache", "rpc", "feed", "metrics"};
  Complaints complaints;
  for (const SourceFile& file : Tree()) {
    if (!IsService(file.folder) || file.is_test || !IsEngine(file)) continue;
    for (const Include& include : file.includes) {
      if (wires.contains(LibraryOf(include.path))) {
        complaints.Add(file, include, "an engine works on plain values");
      }
    }
  }
}

TEST(Layout, CommandLineClientSeesProtosAndLibrariesOnly) {
  Complaints complaints;
  for (const SourceFile& file : Tree()) {
    if (file.folder != "services/cli") continue;
    for (const Include& include : file.includes) {
      const std::string service = ServiceOf(include.path);
      if (!service.empty() && service != "cli") complaints.Add(file, include, "a service");
    }
  }
}

TEST(Layout, BlackBoxTestsSeeProtosAndTestingOnly) {
  Complaints complaints;
  for (const SourceFile& file : Tree()) {
    if (file.folder != "tests/api" && file.folder != "tests/system") continue;
    for (const Include& include : file.includes) {
      const std::string library = LibraryOf(include.path);
      if (!ServiceOf(include.path).empty() || (!library.empty() && library != "testing")) {
        complaints.Add(file, include, "black-box tests know no product code");
      }
    }
  }
}

TEST(Layout, EveryServiceHasTheSameInnerShape) {
  for (const char* service : {"feedback", "journey", "scoring", "action"}) {
    const fs::path folder = fs::path("services") / service;
    for (const char* file :
         {"README.md", "main.cc", "options.h", "module.h", "module.cc", "errors.h"}) {
      EXPECT_TRUE(fs::exists(folder / file)) << (folder / file);
    }
    int main_lines = 0;
    for (const SourceFile& file : Tree()) {
      if (file.path == (folder / "main.cc").generic_string()) main_lines = file.lines;
    }
    EXPECT_LE(main_lines, 40) << folder;
  }
}

TEST(Layout, HeadersAndIncludesFollowTheStyle) {
  Complaints complaints;
  for (const SourceFile& file : Tree()) {
    if (file.is_header && !absl::StrContains(file.text, "#pragma once")) {
      complaints.Add(file, "has no #pragma once");
    }
    if (file.lines > 700)
      complaints.Add(file, absl::StrCat("has ", file.lines, " lines, 700 at most"));
    for (const Include& include : file.includes) {
      if (absl::StartsWith(include.path, "."))
        complaints.Add(file, include, "write it from the root");
    }
    const std::string header =
        absl::StrCat(fs::path(file.path).parent_path().generic_string(), "/", file.stem, ".h");
    if (!file.is_header && fs::exists(header) &&
        (file.includes.empty() || file.includes[0].path != header)) {
      complaints.Add(file, absl::StrCat("must include ", header, " first"));
    }
  }
}

}  // namespace
}  // namespace waymark
