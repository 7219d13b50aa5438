#pragma once

#include "grpcpp/server_context.h"
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

/// The gRPC edge. Thread-safe.
class FeedbackServiceImpl final : public v1::FeedbackService::Service {
 public:
  FeedbackServiceImpl(const rpc::Environment& environment, const ServiceParts& parts);

  grpc::Status Ingest(grpc::ServerContext* context, const v1::IngestRequest* request,
                      v1::IngestResponse* response) override;
  grpc::Status StreamIngest(grpc::ServerContext* context,
                            grpc::ServerReader<v1::StreamIngestRequest>* reader,
                            v1::StreamIngestResponse* response) override;
  grpc::Status PullFeed(grpc::ServerContext* context, const v1::PullFeedRequest* request,
                        v1::PullFeedResponse* response) override;
  grpc::Status UpdateTouchpointCatalogue(grpc::ServerContext* context,
                                         const v1::UpdateTouchpointCatalogueRequest* request,
                                         v1::TouchpointCatalogue* response) override;

 private:
  rpc::Shell shell_;
  const ServiceParts parts_;
};

}  // namespace waymark::feedback
