#pragma once

#include "grpcpp/server_context.h"
#include "libs/rpc/call.h"
#include "services/feedback/ingestor.h"
#include "services/feedback/quarantine_store.h"
#include "waymark/feedback/v1/quarantine_service.grpc.pb.h"

namespace waymark::feedback {

/// The gRPC edge of quarantine. Thread-safe.
class QuarantineServiceImpl final : public v1::QuarantineService::Service {
 public:
  /// `store` and `ingestor` must outlive it.
  QuarantineServiceImpl(const rpc::Environment& environment, const QuarantineStore* store,
                        Ingestor* ingestor);

  grpc::Status ListQuarantinedSignals(grpc::ServerContext* context,
                                      const v1::ListQuarantinedSignalsRequest* request,
                                      v1::ListQuarantinedSignalsResponse* response) override;
  grpc::Status GetQuarantinedSignal(grpc::ServerContext* context,
                                    const v1::GetQuarantinedSignalRequest* request,
                                    v1::QuarantinedSignal* response) override;
  grpc::Status ReplayQuarantinedSignals(grpc::ServerContext* context,
                                        const v1::ReplayQuarantinedSignalsRequest* request,
                                        v1::ReplayQuarantinedSignalsResponse* response) override;
  grpc::Status DeleteQuarantinedSignal(grpc::ServerContext* context,
                                       const v1::DeleteQuarantinedSignalRequest* request,
                                       google::protobuf::Empty* response) override;

 private:
  rpc::Shell shell_;
  const QuarantineStore* const store_;
  Ingestor* const ingestor_;
};

}  // namespace waymark::feedback
