#include "libs/rpc/service_main.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include <atomic>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "libs/base/log.h"
#include "libs/base/status_macros.h"
#include "libs/metrics/admin_server.h"
#include "libs/rpc/server_host.h"

namespace waymark::rpc {
namespace {

struct CommonOptions {
  std::string listen;
  std::string admin_listen = "127.0.0.1:0";
  std::string tenants;
  std::string log_level = "info";
  absl::Duration drain = absl::Milliseconds(400);
  absl::Duration grace = absl::Seconds(10);
  int64_t max_concurrent = AdmissionOptions().max_concurrent;

  void Register(OptionSet& set) {
    set.Add("listen", &listen, "address for gRPC, HOST:PORT; port 0 takes a free one");
    set.Add("admin-listen", &admin_listen, "address for /metrics, /healthz and /readyz");
    set.Add("tenants", &tenants, "file with one tenant id a line; none: the one tenant demo");
    set.Add("log-level", &log_level, "debug, info, warning or error");
    set.Add("drain", &drain, "how long to serve on after telling clients to turn away");
    set.Add("grace", &grace, "how long running calls may take to end after that");
    set.Add("max-concurrent", &max_concurrent, "calls that run at once per gRPC service");
  }
};

using Create = std::function<absl::StatusOr<std::unique_ptr<Module>>(const Environment&)>;

// Blocked before any thread starts, so that only ServeUntilAsked receives them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

void WaitUntilAskedToEnd(const sigset_t& signals, TenantRegistry& tenants) {
  for (int signal = 0; sigwait(&signals, &signal) == 0 && signal == SIGHUP;) {
    const absl::Status status = tenants.Reload();
    LogLine(status.ok() ? LogLevel::kInfo : LogLevel::kError, "tenants read again")
        .Add("result", status.ToString());
  }
}

absl::Status Run(absl::string_view program, const CommonOptions& options, const Create& create) {
  const sigset_t signals = BlockSignals();
  WM_ASSIGN_OR_RETURN(const auto tenants, TenantRegistry::Load(options.tenants));
  metrics::Registry registry;
  Environment environment{.clock = Clock::Real(), .tenants = tenants.get(), .metrics = &registry};
  environment.admission.max_concurrent = options.max_concurrent;
  environment.admission.max_queued = 2 * options.max_concurrent;
  WM_ASSIGN_OR_RETURN(const std::unique_ptr<Module> module, create(environment));

  std::atomic<bool> serving = false;
  const auto ready = [&] {
    return serving ? module->Ready() : absl::UnavailableError("starting or ending");
  };
  WM_ASSIGN_OR_RETURN(const auto admin,
                      metrics::AdminServer::Start(options.admin_listen, &registry, ready));
  LogLine(LogLevel::kInfo, "admin port open").Add("address", admin->address());
  WM_RETURN_IF_ERROR(module->Start());
  ServerOptions server_options;
  server_options.listen = options.listen;
  absl::StatusOr<std::unique_ptr<ServerHost>> host =
      ServerHost::Start(server_options, module->services());
  if (host.ok()) {
    serving = true;
    printf("%s listening on %s\n", std::string(program).c_str(), (*host)->address().c_str());
    fflush(stdout);
    WaitUntilAskedToEnd(signals, *tenants);
    serving = false;
    module->Drain();
    (*host)->Drain(options.drain, options.grace);
  }
  module->Stop();
  return host.status();
}

}  // namespace

int ServiceMain(int argc, char** argv, const Program& program,
                const std::function<void(OptionSet&)>& add_options, const Create& create) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CommonOptions options;
  options.listen = program.listen;
  OptionSet set(program.name, program.summary);
  options.Register(set);
  add_options(set);
  const auto fail = [&](absl::string_view message, int code) {
    fprintf(stderr, "%s: %s\n", program.name.c_str(), std::string(message).c_str());
    return code;
  };
  const absl::StatusOr<bool> go_on = set.Parse(argc, argv);
  if (!go_on.ok()) return fail(go_on.status().message(), 2);
  if (!*go_on) return 0;
  LogLevel level;
  if (!ParseLogLevel(options.log_level, &level)) {
    return fail(absl::StrCat("--log-level '", options.log_level,
                             "' is unknown; use debug, info, warning or error"),
                2);
  }
  SetLogLevel(level);
  const absl::Status status = Run(program.name, options, create);
  if (status.ok()) return 0;
  return fail(status.message(), absl::IsInvalidArgument(status) ? 2 : 1);
}

}  // namespace waymark::rpc
