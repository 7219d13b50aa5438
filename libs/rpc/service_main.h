#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/base/options.h"
#include "libs/rpc/environment.h"
#include "libs/rpc/module.h"

namespace waymark::rpc {

/// What a server binary is called, what it does, and where it listens unless it is told otherwise.
struct Program {
  std::string name;
  std::string summary;
  std::string listen;
};

/// The whole main() of a server binary: reads options and environment, makes and starts the module,
/// serves it, prints `{program} listening on ADDR` on standard output, and ends in good order on
/// SIGTERM or SIGINT; SIGHUP reads the tenants file again. Returns the exit code: 0, or 2 for bad
/// options, or 1 for what failed (with one line on standard error).
///   int main(int argc, char** argv) {
///     feedback::Options options;
///     return rpc::ServiceMain(
///         argc, argv,
///         {"waymark-feedback", "Takes signals in and serves them.", "127.0.0.1:7401"},
///         [&](OptionSet& set) { options.Register(set); },
///         [&](const rpc::Environment& environment) {
///           return feedback::FeedbackModule::Create(options, {.environment = environment});
///         });
///   }
/// `add_options` declares the module's own options beside the common ones (listen, admin-listen,
/// tenants, log-level, drain, max-concurrent). `create` gets the environment after parsing.
int ServiceMain(
    int argc, char** argv, const Program& program,
    const std::function<void(OptionSet&)>& add_options,
    const std::function<absl::StatusOr<std::unique_ptr<Module>>(const Environment&)>& create);

}  // namespace waymark::rpc
