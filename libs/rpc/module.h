#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grpcpp/impl/service_type.h"

namespace waymark::rpc {

/// A proto service with its full name, e.g. FeedbackService::service_full_name().
struct NamedService {
  std::string name;
  grpc::Service* service;
};

/// One service of the suite as its host sees it: constructed, started, served, stopped. A module
/// runs alone in its own binary or beside the others in waymark-standalone, and cannot tell.
class Module {
 public:
  virtual ~Module() = default;

  /// The gRPC services to register; owned by the module.
  virtual std::vector<NamedService> services() = 0;

  /// Opens stores and starts background work; called once, before any call arrives.
  virtual absl::Status Start() = 0;

  /// The process has been asked to end: calls that wait for news (long-polls) answer now with what
  /// they have, so that none of them has to be cancelled. Calls still arrive for a while.
  virtual void Drain() {}

  /// Ends background work; called once, after the last call has ended.
  virtual void Stop() = 0;

  /// OK, or why calls would fail now; shown by /readyz.
  virtual absl::Status Ready() { return absl::OkStatus(); }
};

}  // namespace waymark::rpc
