#pragma once

#include "grpcpp/server_context.h"
#include "libs/rpc/call.h"
#include "services/feedback/eraser.h"
#include "services/feedback/erasure_store.h"
#include "waymark/feedback/v1/customer_erasure_service.grpc.pb.h"

namespace waymark::feedback {

/// The gRPC edge of erasing customers. Thread-safe.
class CustomerErasureServiceImpl final : public v1::CustomerErasureService::Service {
 public:
  /// Both must outlive it.
  CustomerErasureServiceImpl(const rpc::Environment& environment, Eraser* eraser,
                             const ErasureStore* store);

  grpc::Status CreateCustomerErasure(grpc::ServerContext* context,
                                     const v1::CreateCustomerErasureRequest* request,
                                     v1::CustomerErasure* response) override;
  grpc::Status GetCustomerErasure(grpc::ServerContext* context,
                                  const v1::GetCustomerErasureRequest* request,
                                  v1::CustomerErasure* response) override;
  grpc::Status ListCustomerErasures(grpc::ServerContext* context,
                                    const v1::ListCustomerErasuresRequest* request,
                                    v1::ListCustomerErasuresResponse* response) override;

 private:
  rpc::Shell shell_;
  Eraser* const eraser_;
  const ErasureStore* const store_;
};

}  // namespace waymark::feedback
