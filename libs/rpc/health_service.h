#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace waymark::rpc {

/// The health protocol for a fixed list of services and "" (the server as a whole). Built on gRPC's
/// callback API, so that watchers, one per client connection, hold no thread. Thread-safe.
class HealthService : public grpc::health::v1::Health::CallbackService {
 public:
  /// Every one of `services` and "" is SERVING.
  explicit HealthService(const std::vector<std::string>& services);
  /// Waits until the last watcher has gone; End must have been called, or the server be shut down.
  ~HealthService() override;

  /// Everything becomes NOT_SERVING, and every watcher is told.
  void StopServing();
  /// Ends every watch, now and from now on, so that they do not hold up the server's shutdown.
  void End();

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  class Watcher;
  using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;

  ServingStatus StatusOf(const std::string& service) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  const absl::flat_hash_set<std::string> services_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = true;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<Watcher*> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace waymark::rpc
