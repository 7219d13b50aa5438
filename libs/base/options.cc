#include "libs/base/options.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace waymark {
namespace {

std::string EnvironmentName(absl::string_view flag) {
  return absl::StrCat("WAYMARK_", absl::AsciiStrToUpper(absl::StrReplaceAll(flag, {{"-", "_"}})));
}

}  // namespace

struct OptionSet::Impl {
  explicit Impl(absl::string_view program, absl::string_view summary)
      : app(std::string(summary), std::string(program)) {}

  template <typename T>
  void Add(absl::string_view name, T* value, absl::string_view help,
           std::function<std::string()> print) {
    app.add_option(absl::StrCat("--", name), *value, std::string(help))
        ->envname(EnvironmentName(name))
        ->capture_default_str();
    printers[std::string(name)] = std::move(print);
  }

  CLI::App app;
  bool print_config = false;
  std::map<std::string, std::function<std::string()>> printers;
};

OptionSet::OptionSet(absl::string_view program, absl::string_view summary)
    : impl_(std::make_unique<Impl>(program, summary)) {
  impl_->app.add_flag("--print-config", impl_->print_config,
                      "Print every option with its value, and end");
}

OptionSet::~OptionSet() = default;
OptionSet::OptionSet(OptionSet&&) noexcept = default;

void OptionSet::Add(absl::string_view name, std::string* value, absl::string_view help) {
  impl_->Add(name, value, help, [value] { return *value; });
}

void OptionSet::Add(absl::string_view name, int64_t* value, absl::string_view help) {
  impl_->Add(name, value, help, [value] { return absl::StrCat(*value); });
}

void OptionSet::Add(absl::string_view name, bool* value, absl::string_view help) {
  impl_->app.add_flag(absl::StrCat("--", name, ",!--no-", name), *value, std::string(help))
      ->envname(EnvironmentName(name))
      ->capture_default_str();
  impl_->printers[std::string(name)] = [value] { return *value ? "true" : "false"; };
}

void OptionSet::Add(absl::string_view name, absl::Duration* value, absl::string_view help) {
  const auto parse = [value](const std::string& text) {
    if (!absl::ParseDuration(text, value)) {
      throw CLI::ValidationError("'" + text + "' is not a duration like 400ms, 30s or 1m30s");
    }
  };
  impl_->app.add_option_function<std::string>(absl::StrCat("--", name), parse, std::string(help))
      ->envname(EnvironmentName(name))
      ->type_name("DURATION")
      ->default_str(absl::FormatDuration(*value));
  impl_->printers[std::string(name)] = [value] { return absl::FormatDuration(*value); };
}

absl::StatusOr<bool> OptionSet::Parse(int argc, const char* const* argv) {
  try {
    impl_->app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(impl_->app.help().c_str(), stdout);
    return false;
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(absl::StrCat(error.what(), "; see --help"));
  }
  if (!impl_->print_config) return true;
  std::fputs(PrintConfig().c_str(), stdout);
  return false;
}

std::string OptionSet::PrintConfig() const {
  std::string out;
  for (const auto& [name, print] : impl_->printers)
    absl::StrAppend(&out, name, " = ", print(), "\n");
  return out;
}

}  // namespace waymark
