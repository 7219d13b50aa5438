#include "services/cli/session.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/cli/enum_text.h"

namespace waymark::cli {
namespace {

constexpr char kDefaultServer[] = "127.0.0.1:7070";

// "30s", "2m", or plain seconds.
absl::StatusOr<absl::Duration> ParseTimeout(const std::string& text) {
  absl::Duration duration;
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds))
    duration = absl::Seconds(seconds);
  else if (!absl::ParseDuration(text, &duration))
    duration = absl::ZeroDuration();
  if (duration <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is no time; write e.g. 30s or 2m"));
  }
  return duration;
}

TableStyle StyleOfTerminal() {
  if (!IsTerminal(STDOUT_FILENO)) return {};
  TableStyle style;
  style.color = std::getenv("NO_COLOR") == nullptr;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 40) {
    style.width = std::min<int>(size.ws_col, 120);
  }
  return style;
}

std::string Examples(absl::string_view examples) {
  std::string text = "Examples:";
  for (const absl::string_view line : absl::StrSplit(examples, '\n', absl::SkipEmpty())) {
    absl::StrAppend(&text, "\n  waymark ", line);
  }
  return absl::StrCat(text,
                      "\nGlobal options may stand anywhere (--server, --tenant, -o json|csv, "
                      "--timeout): `waymark --help`.");
}

}  // namespace

void Session::AddOptions(CLI::App& app) {
  constexpr char kGroup[] = "Global options";
  app.add_option_function<std::string>(
         "--server", [this](const std::string& text) { addresses_ = *ParseAddresses(text); },
         "Where Waymark listens: HOST:PORT, or feedback=H:P,journey=H:P,scoring=H:P,action=H:P")
      ->check(Checked(ParseAddresses))
      ->default_str(kDefaultServer)
      ->envname("WAYMARK_SERVER")
      ->group(kGroup)
      ->type_name("HOST:PORT");
  addresses_ = *ParseAddresses(kDefaultServer);
  app.add_option("--tenant", tenant_, "On whose behalf")
      ->capture_default_str()
      ->envname("WAYMARK_TENANT")
      ->group(kGroup)
      ->type_name("ID");
  app.add_option("-o,--output", format_, "Form of the answer: table, json or csv")
      ->transform(CLI::CheckedTransformer(
                      std::map<std::string, OutputFormat>{{"table", OutputFormat::kTable},
                                                          {"json", OutputFormat::kJson},
                                                          {"csv", OutputFormat::kCsv}})
                      .description(""))
      ->default_str("table")
      ->group(kGroup)
      ->type_name("FORM");
  app.add_option_function<std::string>(
         "--timeout", [this](const std::string& text) { timeout_ = *ParseTimeout(text); },
         "How long to wait for one answer, e.g. 30s or 2m")
      ->check(Checked(ParseTimeout))
      ->default_str("30s")
      ->group(kGroup)
      ->type_name("TIME");
}

CLI::App* Session::AddVerb(CLI::App& parent, const std::string& name, const std::string& summary,
                           const std::string& examples, std::function<absl::Status()> run) {
  CLI::App* verb = parent.add_subcommand(name, summary);
  verb->footer(Examples(examples));
  verb->callback([this, run = std::move(run)] { run_ = run; });
  return verb;
}

Client& Session::client() {
  if (client_ == nullptr) client_ = std::make_unique<Client>(addresses_, tenant_, timeout_);
  return *client_;
}

std::string Session::Parent() const { return absl::StrCat("tenants/", tenant_); }

std::string Session::Name(absl::string_view collection, absl::string_view id) const {
  if (absl::StartsWith(id, "tenants/")) return std::string(id);
  return absl::StrCat(Parent(), "/", collection, "/", id);
}

void Session::Print(const Answer& answer) {
  switch (format_) {
    case OutputFormat::kJson:
      out_ << Dump(answer.json);
      break;
    case OutputFormat::kCsv:
      answer.table.PrintCsv(out_);
      break;
    case OutputFormat::kTable:
      for (const std::string& line : answer.heading) out_ << line << '\n';
      if (!answer.heading.empty() && !answer.table.empty()) out_ << '\n';
      answer.table.Print(out_, StyleOfTerminal());
      for (const std::string& line : answer.note) out_ << line << '\n';
  }
}

std::string IdOf(absl::string_view name) { return std::string(name.substr(name.rfind('/') + 1)); }

bool IsTerminal(int fd) { return isatty(fd) == 1; }

CLI::App* AddNoun(CLI::App& app, const std::string& name, const std::string& summary) {
  CLI::App* noun = app.add_subcommand(name, summary);
  noun->require_subcommand(1);
  return noun;
}

CLI::Validator EnumCheck(const google::protobuf::EnumDescriptor& type) {
  return CLI::Validator(
      [&type](std::string& text) {
        if (ParseEnumText(type, text).has_value()) return std::string();
        return absl::StrCat("'", text, "' is not one of ", EnumChoices(type));
      },
      "");
}

}  // namespace waymark::cli
