#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "libs/rpc/bound_service.h"
#include "libs/rpc/call.h"
#include "libs/rpc/channel.h"
#include "libs/rpc/server_host.h"
#include "libs/rpc/testdata/echo_service.grpc.pb.h"

namespace waymark::rpctest {

/// Does what the request's text says; any other text is answered.
class EchoServiceImpl : public rpc::BoundService {
 public:
  explicit EchoServiceImpl(const rpc::Environment& environment);

  /// "block": waits for `release`. "wait": until the call is cancelled, then notifies `cancelled`.
  /// "internal", "no reason", "not found": such an error. "trace", "context": what the handler saw.
  grpc::Status GetEcho(grpc::ServerContext* context, const GetEchoRequest* request, Echo* response);
  grpc::Status TakeEcho(grpc::ServerContext* context, const grpc::ByteBuffer* request,
                        Echo* response);
  grpc::Status ListEchoes(grpc::ServerContext* context, const ListEchoesRequest* request,
                          Echo* response);
  grpc::Status UpdateEcho(grpc::ServerContext* context, const UpdateEchoRequest* request,
                          Echo* response);
  grpc::Status StreamEchoes(grpc::ServerContext* context,
                            grpc::ServerReader<ListEchoesRequest>* reader, Echo* response);

  std::vector<rpc::NamedService> services() { return {{EchoService::service_full_name(), this}}; }

  std::atomic<int> handled = 0;
  absl::Notification blocked;
  absl::Notification release;
  absl::Notification cancelled;
  std::atomic<int> streams_finished = 0;

 private:
  absl::StatusOr<Echo> Get(const rpc::CallContext& call, const GetEchoRequest& request);

  rpc::Shell shell_;
};

/// A server with the tenants demo and acme on a free port, and a client of it.
class EchoServer {
 public:
  explicit EchoServer(const rpc::AdmissionOptions& admission = {});
  ~EchoServer();

  std::unique_ptr<rpc::TenantRegistry> tenants;
  metrics::Registry metrics;
  std::unique_ptr<EchoServiceImpl> service;
  std::unique_ptr<rpc::ServerHost> host;
  std::unique_ptr<EchoService::Stub> stub;
};

/// The answer to GetEcho(name, text) as tenant demo.
absl::StatusOr<Echo> GetEcho(EchoServer& server, const std::string& text,
                             const rpc::ClientCallOptions& options = {.tenant = "demo"});

}  // namespace waymark::rpctest
