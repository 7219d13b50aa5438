#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/metrics/registry.h"

namespace waymark::metrics {

/// The operators' HTTP port: GET /metrics, /healthz (200 while the process lives) and /readyz (200,
/// or 503 with the reason). Serves from its construction to its destruction. Thread-safe.
class AdminServer {
 public:
  /// Listens on `address`, "HOST:PORT"; port 0 takes a free one. `registry` must outlive the
  /// server; `ready` is called on its threads. INVALID_ARGUMENT: not an address. UNAVAILABLE: the
  /// port is taken or not ours.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const std::string& address,
                                                            const Registry* registry,
                                                            std::function<absl::Status()> ready);
  ~AdminServer();

  /// "HOST:PORT" with the port that was really taken.
  const std::string& address() const;

  struct Impl;

 private:
  explicit AdminServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace waymark::metrics
