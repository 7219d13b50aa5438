#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/cli/client.h"
#include "services/cli/printer.h"
#include "services/cli/table.h"

namespace waymark::cli {

enum class OutputFormat { kTable, kJson, kCsv };

/// What a verb answers, in every form that it may be asked for.
struct Answer {
  Json json;
  /// Lines above and below the table, for people only.
  std::vector<std::string> heading;
  Table table;
  std::vector<std::string> note;
};

/// What every verb shares: the global options, the servers and where answers go. Verbs keep a
/// reference; it must outlive the parser.
class Session {
 public:
  Session(std::ostream* out, std::ostream* err) : out_(*out), err_(*err) {}

  /// Declares the global options.
  void AddOptions(CLI::App& app);

  /// Adds the verb `name` to `parent`; when the user asks for it, `run` becomes what Run runs.
  /// `examples` are whole commands, one a line.
  CLI::App* AddVerb(CLI::App& parent, const std::string& name, const std::string& summary,
                    const std::string& examples, std::function<absl::Status()> run);

  /// Runs the verb that was asked for; to be called after parsing.
  absl::Status Run() { return run_(); }

  /// Connects with what the global options say.
  Client& client();
  OutputFormat format() const { return format_; }

  /// "tenants/{tenant}".
  std::string Parent() const;
  /// The name of the resource `id` in `collection`; `id` may be a full name already.
  std::string Name(absl::string_view collection, absl::string_view id) const;

  void Print(const Answer& answer);
  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }

 private:
  std::ostream& out_;
  std::ostream& err_;
  Addresses addresses_;
  std::string tenant_ = "demo";
  OutputFormat format_ = OutputFormat::kTable;
  absl::Duration timeout_ = absl::Seconds(30);
  std::unique_ptr<Client> client_;
  std::function<absl::Status()> run_;
};

/// The last segment of a resource name.
std::string IdOf(absl::string_view name);

/// Whether a person watches file descriptor `fd` (1: output, 2: errors).
bool IsTerminal(int fd);

/// Adds a noun, which needs one of its verbs.
CLI::App* AddNoun(CLI::App& app, const std::string& name, const std::string& summary);

/// A CLI11 check from a parser of ours: its message is shown when `parse(text)` is not OK.
template <typename Parse>
CLI::Validator Checked(Parse parse) {
  return CLI::Validator(
      [parse](std::string& text) {
        const auto parsed = parse(text);
        return parsed.ok() ? std::string() : std::string(parsed.status().message());
      },
      "");
}

/// A check that a text is one of an enum's values, see ParseEnumText.
CLI::Validator EnumCheck(const google::protobuf::EnumDescriptor& type);

}  // namespace waymark::cli
