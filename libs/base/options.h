#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace waymark {

/// The options of a server binary. Each is a flag (`--max-batch 500`) and an environment variable
/// (`WAYMARK_MAX_BATCH=500`); the flag wins. `--help` and `--print-config` come by themselves.
/// Not thread-safe: used by main before anything else runs.
class OptionSet {
 public:
  OptionSet(absl::string_view program, absl::string_view summary);
  ~OptionSet();
  OptionSet(OptionSet&&) noexcept;

  /// Declares an option; *value holds the default and receives what was given. `value` must outlive
  /// Parse. `name` is the long flag without dashes; `help` is one line.
  void Add(absl::string_view name, std::string* value, absl::string_view help);
  void Add(absl::string_view name, int64_t* value, absl::string_view help);
  void Add(absl::string_view name, bool* value, absl::string_view help);
  /// Written as Go's and absl's durations: "400ms", "30s", "1m30s".
  void Add(absl::string_view name, absl::Duration* value, absl::string_view help);

  /// Fills the values. False: `--help` or `--print-config` was asked for and has been printed on
  /// standard output, so the program should end with 0. INVALID_ARGUMENT: an unknown flag or a bad
  /// value; the message names it.
  absl::StatusOr<bool> Parse(int argc, const char* const* argv);

  /// Every option with its value, one `name = value` a line, sorted.
  std::string PrintConfig() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waymark
