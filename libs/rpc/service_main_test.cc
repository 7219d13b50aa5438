#include "libs/rpc/service_main.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "libs/rpc/testdata/echo_server.h"

namespace waymark::rpctest {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// The echo server as a process of its own.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments) {
    log_path_ = ::testing::TempDir() + "/echo_main.log";
    int out[2];
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_path_.c_str(),
                                     O_CREAT | O_TRUNC | O_WRONLY, 0644);
    arguments.insert(arguments.begin(), ECHO_SERVER_PATH);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&pid_, ECHO_SERVER_PATH, &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    stdout_ = fdopen(out[0], "r");
  }
  ~Process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    fclose(stdout_);
  }

  void Signal(int signal) { kill(pid_, signal); }

  // The next line of standard output; empty at its end.
  std::string ReadLine() {
    char line[512];
    return fgets(line, sizeof(line), stdout_) == nullptr ? "" : line;
  }

  // The exit code, or minus the signal that ended it.
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::string Log() const {
    std::stringstream text;
    text << std::ifstream(log_path_).rdbuf();
    return text.str();
  }

 private:
  pid_t pid_ = 0;
  FILE* stdout_ = nullptr;
  std::string log_path_;
};

// Reads the `listening` line and connects.
std::unique_ptr<EchoService::Stub> Connect(Process& process) {
  const std::string line = process.ReadLine();
  EXPECT_THAT(line, MatchesRegex("rpc_echo_server listening on 127.0.0.1:[0-9]+\n"));
  const std::string address = line.substr(line.rfind(' ') + 1);
  return EchoService::NewStub(rpc::MakeChannel(address.substr(0, address.size() - 1)));
}

absl::StatusCode Get(EchoService::Stub& stub, const std::string& tenant) {
  GetEchoRequest request;
  request.set_name("tenants/" + tenant + "/echoes/e1");
  return rpc::ClientCall(stub, &EchoService::StubInterface::GetEcho, request, {.tenant = tenant})
      .status()
      .code();
}

TEST(ServiceMainTest, ServesUntilItIsAskedToEnd) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Process process({"--listen", "127.0.0.1:0", "--drain", "10ms"});
    auto stub = Connect(process);
    EXPECT_EQ(Get(*stub, "demo"), absl::StatusCode::kOk);
    // A client that idles notices the end of the connection late, and the server waits for it.
    stub.reset();
    process.Signal(signal);
    EXPECT_EQ(process.Wait(), 0);
  }
}

TEST(ServiceMainTest, ReadsTheTenantsAgainOnHangup) {
  const std::string path = ::testing::TempDir() + "/service_main_tenants";
  std::ofstream(path) << "demo\n";
  Process process({"--listen", "127.0.0.1:0", "--tenants", path, "--drain", "10ms"});
  auto stub = Connect(process);
  EXPECT_EQ(Get(*stub, "acme"), absl::StatusCode::kPermissionDenied);
  std::ofstream(path) << "demo\nacme\n";
  process.Signal(SIGHUP);
  while (Get(*stub, "acme") != absl::StatusCode::kOk) {
  }
  EXPECT_EQ(Get(*stub, "demo"), absl::StatusCode::kOk);
}

TEST(ServiceMainTest, SaysWhatIsWrongWithItsOptions) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"--no-such-option"}, "no-such-option"},
      {{"--log-level", "loud"}, "'loud'"},
      {{"--admin-listen", "nowhere"}, "'nowhere'"},
  };
  for (const auto& [arguments, expected] : cases) {
    Process process(arguments);
    EXPECT_EQ(process.Wait(), 2);
    EXPECT_THAT(process.Log(), HasSubstr(expected));
  }
  Process process({"--tenants", "/no/such/file"});
  EXPECT_EQ(process.Wait(), 1);
  EXPECT_THAT(process.Log(), HasSubstr("/no/such/file"));
}

TEST(ServiceMainTest, ATakenPortEndsItWithOneLine) {
  EchoServer other;
  Process process({"--listen", other.host->address()});
  EXPECT_EQ(process.Wait(), 1);
  EXPECT_THAT(process.Log(), HasSubstr("cannot listen on " + other.host->address()));
}

TEST(ServiceMainTest, HelpListsTheOptions) {
  Process process({"--help"});
  std::string help;
  for (std::string line; !(line = process.ReadLine()).empty();) help += line;
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_THAT(help, HasSubstr("--max-concurrent"));
}

}  // namespace
}  // namespace waymark::rpctest
