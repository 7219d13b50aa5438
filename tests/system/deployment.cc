#include "tests/system/deployment.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace waymark::system_test {
namespace {

using testing::BinaryPath;
using testing::Process;

class Standalone : public Deployment {
 public:
  explicit Standalone(const std::vector<std::string>& tenants) {
    std::ofstream file(tenants_path());
    file << "demo\n";
    for (const std::string& tenant : tenants) file << tenant << "\n";
    file.close();
    Start("127.0.0.1:0");
  }

  void Kill(const std::string&) override {
    process_->Signal(SIGKILL);
    process_->Wait();
  }

  void Restart() override {
    if (!process_->running()) Start(server_);
  }

 private:
  std::string tenants_path() const { return folder_.path() + "/tenants"; }

  void Start(const std::string& listen) {
    process_ = std::make_unique<Process>(std::vector<std::string>{
        BinaryPath("waymark-standalone"), "--data", folder_.path() + "/data", "--listen", listen,
        "--tenants", tenants_path()});
    server_ = AddressIn(process_->WaitForLine("listening"));
    if (server_.empty()) ADD_FAILURE() << "waymark-standalone did not start: " << process_->err();
  }

  testing::TempFolder folder_;
  std::unique_ptr<Process> process_;
};

class Split : public Deployment {
 public:
  explicit Split(int replicas) : replicas_(replicas) { Restart(); }
  ~Split() override { Script("down"); }

  void Kill(const std::string& service) override {
    const std::string pid_file = service == "redis" ? "/redis/pid" : "/" + service + ".pid";
    std::ifstream file(folder_.path() + pid_file);
    pid_t pid = 0;
    if (!(file >> pid)) {
      ADD_FAILURE() << "no process id of " << service << " in " << folder_.path();
      return;
    }
    kill(pid, SIGKILL);
    // It is no child of this process: gone when it can no longer be asked.
    while (kill(pid, 0) == 0 && !IsZombie(pid)) usleep(5000);
  }

  void Restart() override {
    const Outcome up = Script("up");
    const size_t at = up.out.find("feedback=");
    if (up.code != 0 || at == std::string::npos) {
      ADD_FAILURE() << "deploy/split.sh up: " << up.out << up.err;
      return;
    }
    server_ = up.out.substr(at, up.out.find_first_of(" \n", at) - at);
  }

 private:
  static bool IsZombie(pid_t pid) {
    std::ifstream stat(absl::StrCat("/proc/", pid, "/stat"));
    std::string id, name, state;
    stat >> id >> name >> state;
    return state == "Z";
  }

  Outcome Script(const std::string& verb) {
    return testing::Run({"bash", "deploy/split.sh", verb, "--data", folder_.path(), "--base-port",
                         absl::StrCat(base_port_), "--replicas", absl::StrCat(replicas_)});
  }

  const int replicas_;
  // Apart from what other tests take at the same time.
  const int base_port_ = 20'000 + static_cast<int>(getpid() % 200) * 100 + 1;
  testing::TempFolder folder_;
};

}  // namespace

std::vector<std::string> Deployment::CommandLine(const std::vector<std::string>& args,
                                                 const std::string& tenant) const {
  std::vector<std::string> argv = {BinaryPath("waymark"), "--server", server_, "--tenant", tenant};
  argv.insert(argv.end(), args.begin(), args.end());
  return argv;
}

Outcome Deployment::Cli(const std::vector<std::string>& args, const std::string& tenant) const {
  return testing::Run(CommandLine(args, tenant));
}

nlohmann::json Deployment::Json(const std::vector<std::string>& args,
                                const std::string& tenant) const {
  std::vector<std::string> all = {"-o", "json"};
  all.insert(all.end(), args.begin(), args.end());
  const Outcome outcome = Cli(all, tenant);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out, nullptr, /*allow_exceptions=*/false);
  EXPECT_FALSE(json.is_discarded()) << "no JSON: " << outcome.out;
  return json;
}

std::unique_ptr<Deployment> StartStandalone(const std::vector<std::string>& tenants) {
  return std::make_unique<Standalone>(tenants);
}

std::unique_ptr<Deployment> StartSplit(int replicas) { return std::make_unique<Split>(replicas); }

std::unique_ptr<Deployment> StartDeployment(const std::string& name) {
  return name == "split" ? StartSplit() : StartStandalone();
}

std::string AddressIn(const std::string& line) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ');
  return line.empty() ? "" : words.back();
}

std::string DataFile(const std::string& path) {
  const char* folder = getenv("WAYMARK_TEST_DATA");
  const std::string full = absl::StrCat(folder != nullptr ? folder : "../shared/data", "/", path);
  return std::filesystem::exists(full) ? full : "";
}

}  // namespace waymark::system_test
