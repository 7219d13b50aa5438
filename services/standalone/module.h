#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/rpc/environment.h"
#include "libs/rpc/module.h"
#include "libs/rpc/server_host.h"
#include "services/standalone/options.h"

namespace waymark::standalone {

/// All services as one module, on embedded stores. They call each other over in-process channels;
/// the same service objects serve the public port.
class StandaloneModule : public rpc::Module {
 public:
  /// Opens every store below Options::data. Statuses are those of the services' modules.
  static absl::StatusOr<std::unique_ptr<StandaloneModule>> Create(
      const Options& options, const rpc::Environment& environment);

  std::vector<rpc::NamedService> services() override;
  absl::Status Start() override;
  void Drain() override;
  void Stop() override;
  absl::Status Ready() override;

 private:
  /// A service with the server through which the others reach it.
  struct Part {
    std::unique_ptr<rpc::Module> module;
    std::unique_ptr<rpc::InProcessServer> server;
  };

  /// Keeps `module` and returns the channel to it.
  std::shared_ptr<grpc::Channel> Add(std::unique_ptr<rpc::Module> module);

  /// In the order of their dependence: each calls only those before it.
  std::vector<Part> parts_;
};

}  // namespace waymark::standalone
