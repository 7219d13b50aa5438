#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "libs/rpc/module.h"

namespace grpc {
class Server;
}

namespace waymark::rpc {

struct ServerOptions {
  /// "HOST:PORT"; port 0 takes a free one.
  std::string listen = "127.0.0.1:0";
  /// The largest message that a client may send, in bytes: batches are limited to 4 MiB, and a
  /// batch at its limit must still arrive to be answered.
  int64_t max_receive_bytes = (4 << 20) + (64 << 10);
  /// The last fuse behind admission control: calls beyond it are refused by gRPC itself.
  int64_t max_threads = 1024;
  /// Threads that are kept for calls to come, in all, about; 0: gRPC's few.
  int64_t idle_threads = 128;
  /// Calls at once on one connection; a client keeps those beyond it waiting on its own side.
  int64_t max_calls_per_connection = 100;
  int64_t max_memory_bytes = int64_t{1} << 30;
  absl::Duration handshake_timeout = absl::Seconds(10);
  absl::Duration max_connection_age = absl::Hours(1);
};

/// A listening gRPC server with health per service and reflection. Refuses compressed messages,
/// over-long messages, half-open connections and pings without end. Thread-safe.
class ServerHost {
 public:
  /// Serves `services`, which must outlive the host. UNAVAILABLE: the address is taken or not ours.
  static absl::StatusOr<std::unique_ptr<ServerHost>> Start(
      const ServerOptions& options, const std::vector<NamedService>& services);
  /// Drains without delay when Drain has not been called.
  ~ServerHost();

  /// "HOST:PORT" with the port that was really taken.
  const std::string& address() const;

  /// Tells health watchers NOT_SERVING, keeps serving for `delay` so that clients can turn away,
  /// then ends: calls still running after `grace` are cancelled. Returns when the last has ended.
  void Drain(absl::Duration delay, absl::Duration grace);
  /// Whether Drain has begun.
  bool draining() const;

 private:
  struct Impl;
  explicit ServerHost(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Services reachable only from inside this process, through channel(). Thread-safe.
class InProcessServer {
 public:
  /// `services` must outlive the server.
  explicit InProcessServer(const std::vector<NamedService>& services);
  /// Ends the server; calls still running after a second are cancelled.
  ~InProcessServer();

  std::shared_ptr<grpc::Channel> channel();

 private:
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace waymark::rpc
