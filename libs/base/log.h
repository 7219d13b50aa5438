#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace waymark {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// One line of JSON on standard error, built field by field and written when it goes out of scope:
///   LogLine(LogLevel::kInfo, "listening").Add("address", address);
/// Every line has `time`, `level` and `message`. Never add free text of customers. Thread-safe: a
/// line is written with one call.
class LogLine {
 public:
  LogLine(LogLevel level, absl::string_view message);
  ~LogLine();
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  LogLine& Add(absl::string_view key, absl::string_view value);
  LogLine& Add(absl::string_view key, const char* value) {
    return Add(key, absl::string_view(value));
  }
  LogLine& Add(absl::string_view key, const std::string& value) {
    return Add(key, absl::string_view(value));
  }
  LogLine& Add(absl::string_view key, int64_t value);
  LogLine& Add(absl::string_view key, int value) { return Add(key, static_cast<int64_t>(value)); }
  LogLine& Add(absl::string_view key, double value);

 private:
  bool enabled_;
  std::string line_;
};

/// Lines below `level` are dropped; kInfo at start.
void SetLogLevel(LogLevel level);

/// Reads "debug", "info", "warning" or "error"; false on any other text.
bool ParseLogLevel(absl::string_view text, LogLevel* level);

/// `text` as a JSON string literal with its quotes; invalid UTF-8 bytes become U+FFFD.
std::string JsonQuote(absl::string_view text);

}  // namespace waymark
