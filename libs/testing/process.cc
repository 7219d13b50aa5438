#include "libs/testing/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace waymark::testing {
namespace {

constexpr absl::Duration kPollEvery = absl::Milliseconds(10);

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string MakeFolder() {
  std::string path =
      absl::StrCat(std::filesystem::temp_directory_path().string(), "/waymark.XXXXXX");
  if (mkdtemp(path.data()) == nullptr) {
    std::cerr << "cannot make a folder like " << path << std::endl;
    abort();
  }
  return path;
}

// Runs in the child, between fork and exec.
[[noreturn]] void Become(const std::vector<std::string>& argv, const Process::Environment& extra,
                         const std::string& folder) {
  const int null = open("/dev/null", O_RDONLY);
  const int out = open((folder + "/out").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int err = open((folder + "/err").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(null, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  for (const auto& [key, value] : extra) setenv(key.c_str(), value.c_str(), 1);
  std::vector<char*> pointers;
  for (const std::string& arg : argv) pointers.push_back(const_cast<char*>(arg.c_str()));
  pointers.push_back(nullptr);
  execvp(pointers[0], pointers.data());
  _exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& argv, const Environment& extra)
    : folder_(MakeFolder()) {
  pid_ = fork();
  if (pid_ == 0) Become(argv, extra, folder_);
}

Process::Process(Process&& other) noexcept
    : folder_(std::move(other.folder_)), pid_(other.pid_), status_(other.status_) {
  other.pid_ = -1;
  other.folder_.clear();
}

Process::~Process() {
  if (running()) {
    Signal(SIGKILL);
    waitpid(pid_, &status_, 0);
  }
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

bool Process::running() {
  if (pid_ <= 0 || status_ != -1) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = status;
  return false;
}

void Process::Signal(int signal) {
  if (pid_ > 0) kill(pid_, signal);
}

std::string Process::WaitForLine(absl::string_view text, absl::Duration timeout) {
  const absl::Time until = absl::Now() + timeout;
  while (true) {
    // Asked before reading, so that the last words of a process that has ended are read.
    const bool was_running = running();
    for (absl::string_view line : absl::StrSplit(out(), '\n')) {
      if (absl::StrContains(line, text)) return std::string(line);
    }
    if (!was_running || absl::Now() > until) return "";
    absl::SleepFor(kPollEvery);
  }
}

Outcome Process::Wait(absl::Duration timeout) {
  const absl::Time until = absl::Now() + timeout;
  while (running()) {
    if (absl::Now() > until) Signal(SIGKILL);
    absl::SleepFor(kPollEvery);
  }
  const int code = WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
  return {code, out(), err()};
}

std::string Process::out() const { return ReadFile(folder_ + "/out"); }
std::string Process::err() const { return ReadFile(folder_ + "/err"); }

Outcome Run(const std::vector<std::string>& argv, const Process::Environment& extra,
            absl::Duration timeout) {
  return Process(argv, extra).Wait(timeout);
}

std::string BinaryPath(absl::string_view name) {
  if (const char* folder = getenv("WAYMARK_BIN"); folder != nullptr && *folder != '\0') {
    return absl::StrCat(folder, "/", name);
  }
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / std::string(name))
      .string();
}

TempFolder::TempFolder() : path_(MakeFolder()) {}
TempFolder::~TempFolder() { std::filesystem::remove_all(path_); }

}  // namespace waymark::testing
