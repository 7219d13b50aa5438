#pragma once

#include "grpcpp/server_context.h"
#include "libs/rpc/call.h"
#include "services/feedback/store.h"
#include "waymark/feedback/v1/quarantine_service.grpc.pb.h"

namespace waymark::feedback {

/// The gRPC edge of quarantine. Thread-safe.
class QuarantineServiceImpl final : public v1::QuarantineService::Service {
 public:
  /// `store` must outlive it.
  QuarantineServiceImpl(const rpc::Environment& environment, Store* store);

  grpc::Status ListQuarantinedSignals(grpc::ServerContext* context,
                                      const v1::ListQuarantinedSignalsRequest* request,
                                      v1::ListQuarantinedSignalsResponse* response) override;

 private:
  rpc::Shell shell_;
  Store* const store_;
};

}  // namespace waymark::feedback
