#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace waymark::testing {

/// What a program that has ended left behind.
struct Outcome {
  /// Exit code, or 128 + the signal that ended it.
  int code = -1;
  std::string out;
  std::string err;
};

/// A program that runs beside the test. Its output goes to files that the object owns. Ended with
/// SIGKILL when the object goes away. Not thread-safe.
class Process {
 public:
  using Environment = std::map<std::string, std::string>;

  /// Starts argv[0], looked up in PATH, with `extra` on top of this process's environment.
  explicit Process(const std::vector<std::string>& argv, const Environment& extra = {});
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  /// The first line of standard output that holds `text`; "" when the process ends, or `timeout`
  /// is over, before there is one.
  std::string WaitForLine(absl::string_view text, absl::Duration timeout = absl::Seconds(60));

  void Signal(int signal);
  bool running();
  pid_t pid() const { return pid_; }

  /// Waits for the end; after `timeout` the process is killed.
  Outcome Wait(absl::Duration timeout = absl::Minutes(5));

  /// What it has written so far.
  std::string out() const;
  std::string err() const;

 private:
  std::string folder_;
  pid_t pid_ = -1;
  int status_ = -1;
};

/// Runs a program to its end.
Outcome Run(const std::vector<std::string>& argv, const Process::Environment& extra = {},
            absl::Duration timeout = absl::Minutes(5));

/// The path of a binary of this build: $WAYMARK_BIN, else the folder of the running program.
std::string BinaryPath(absl::string_view name);

/// A folder that is removed, with all in it, when the object goes away.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace waymark::testing
