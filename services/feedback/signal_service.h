#pragma once

#include "grpcpp/server_context.h"
#include "libs/rpc/call.h"
#include "services/feedback/corrector.h"
#include "services/feedback/indexer.h"
#include "services/feedback/signal_reader.h"
#include "waymark/feedback/v1/signal_service.grpc.pb.h"

namespace waymark::feedback {

/// The gRPC edge of reading signals and of correcting where they belong. Thread-safe.
class SignalServiceImpl final : public v1::SignalService::Service {
 public:
  /// All must outlive it.
  SignalServiceImpl(const rpc::Environment& environment, SignalReader* reader, Indexer* indexer,
                    Corrector* corrector);

  grpc::Status GetSignal(grpc::ServerContext* context, const v1::GetSignalRequest* request,
                         v1::StoredSignal* response) override;
  grpc::Status ListSignals(grpc::ServerContext* context, const v1::ListSignalsRequest* request,
                           v1::ListSignalsResponse* response) override;
  grpc::Status GetConversation(grpc::ServerContext* context,
                               const v1::GetConversationRequest* request,
                               v1::Conversation* response) override;
  grpc::Status CorrectSignal(grpc::ServerContext* context, const v1::CorrectSignalRequest* request,
                             v1::CorrectSignalResponse* response) override;
  grpc::Status GetIndexStatus(grpc::ServerContext* context,
                              const v1::GetIndexStatusRequest* request,
                              v1::IndexStatus* response) override;

 private:
  rpc::Shell shell_;
  SignalReader* const reader_;
  Indexer* const indexer_;
  Corrector* const corrector_;
};

}  // namespace waymark::feedback
