#pragma once

#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "libs/rpc/bound_service.h"
#include "libs/rpc/call.h"
#include "services/feedback/catalogue_store.h"
#include "services/feedback/feed.h"
#include "services/feedback/ingestor.h"
#include "services/feedback/replacer.h"
#include "waymark/feedback/v1/feedback_service.grpc.pb.h"

namespace waymark::feedback {

/// What the service hands its calls to; all outlive it.
struct ServiceParts {
  Ingestor* ingestor = nullptr;
  Feed* feed = nullptr;
  CatalogueStore* catalogues = nullptr;
  Replacer* replacer = nullptr;
};

/// The gRPC edge of v1::FeedbackService. Thread-safe.
class FeedbackServiceImpl final : public rpc::BoundService {
 public:
  FeedbackServiceImpl(const rpc::Environment& environment, const ServiceParts& parts);

  grpc::Status Ingest(grpc::ServerContext* context, const grpc::ByteBuffer* request,
                      v1::IngestResponse* response);
  grpc::Status StreamIngest(grpc::ServerContext* context,
                            grpc::ServerReader<v1::StreamIngestRequest>* reader,
                            v1::StreamIngestResponse* response);
  grpc::Status PullFeed(grpc::ServerContext* context, const v1::PullFeedRequest* request,
                        v1::PullFeedResponse* response);
  grpc::Status UpdateTouchpointCatalogue(grpc::ServerContext* context,
                                         const v1::UpdateTouchpointCatalogueRequest* request,
                                         v1::TouchpointCatalogue* response);

 private:
  rpc::Shell shell_;
  const ServiceParts parts_;
};

}  // namespace waymark::feedback
