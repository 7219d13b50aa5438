#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/testing/process.h"
#include "nlohmann/json.hpp"

namespace waymark::system_test {

using testing::Outcome;

/// A Waymark that runs, and the command-line client pointed at it.
class Deployment {
 public:
  virtual ~Deployment() = default;

  /// What `waymark --server` takes.
  const std::string& server() const { return server_; }

  /// Kills the named service ("feedback", ..., or "redis"; in one process: whatever the name) with
  /// SIGKILL.
  virtual void Kill(const std::string& service) = 0;
  /// Starts what is not running, on the same data and addresses.
  virtual void Restart() = 0;

  /// Runs `waymark --server ... --tenant TENANT ARGS`.
  Outcome Cli(const std::vector<std::string>& args, const std::string& tenant = "demo") const;
  /// The same with `-o json`; fails the test unless it ends with 0 and prints JSON.
  nlohmann::json Json(const std::vector<std::string>& args,
                      const std::string& tenant = "demo") const;
  /// The command line of Cli, to run it beside the test.
  std::vector<std::string> CommandLine(const std::vector<std::string>& args,
                                       const std::string& tenant = "demo") const;

 protected:
  std::string server_;
};

/// waymark-standalone on a fresh folder. `tenants`: ids to serve besides demo.
std::unique_ptr<Deployment> StartStandalone(const std::vector<std::string>& tenants = {});

/// deploy/split.sh: four processes, PostgreSQL and Redis, with `replicas` of feedback. A test that
/// uses it begins with WM_REQUIRE_BACKEND("postgres").
std::unique_ptr<Deployment> StartSplit(int replicas = 1);

/// By name, for parameterised tests: "standalone" or "split".
std::unique_ptr<Deployment> StartDeployment(const std::string& name);

/// "127.0.0.1:PORT" of a `listening` line.
std::string AddressIn(const std::string& line);

/// The path of a public data file, "" when it is not there.
std::string DataFile(const std::string& path);

/// Skips the test when a public data file is absent.
#define WM_REQUIRE_DATA(path)                         \
  if (::waymark::system_test::DataFile(path).empty()) \
  GTEST_SKIP() << path << " is not below ../shared/data nor $WAYMARK_TEST_DATA: data not tested"

}  // namespace waymark::system_test
