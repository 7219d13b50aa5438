#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/server_context.h"
#include "libs/base/clock.h"
#include "libs/rpc/call.h"
#include "services/feedback/index_store.h"
#include "services/feedback/indexer.h"
#include "services/feedback/source_schema_store.h"
#include "services/feedback/source_store.h"
#include "waymark/feedback/v1/source_service.grpc.pb.h"

namespace waymark::feedback {

/// The gRPC edge of the registry of sources. Thread-safe.
class SourceServiceImpl final : public v1::SourceService::Service {
 public:
  /// All must outlive it.
  SourceServiceImpl(const rpc::Environment& environment, const SourceStore* sources,
                    const SourceSchemaStore* schemas, const IndexStore* index, Indexer* indexer);

  grpc::Status GetSource(grpc::ServerContext* context, const v1::GetSourceRequest* request,
                         v1::Source* response) override;
  grpc::Status ListSources(grpc::ServerContext* context, const v1::ListSourcesRequest* request,
                           v1::ListSourcesResponse* response) override;
  grpc::Status UpdateSource(grpc::ServerContext* context, const v1::UpdateSourceRequest* request,
                            v1::Source* response) override;
  grpc::Status GetSourceSchema(grpc::ServerContext* context,
                               const v1::GetSourceSchemaRequest* request,
                               v1::SourceSchema* response) override;
  grpc::Status AcceptSourceSchema(grpc::ServerContext* context,
                                  const v1::AcceptSourceSchemaRequest* request,
                                  v1::SourceSchema* response) override;
  grpc::Status GetSourceStatistics(grpc::ServerContext* context,
                                   const v1::GetSourceStatisticsRequest* request,
                                   v1::SourceStatistics* response) override;

 private:
  absl::StatusOr<v1::Source> Describe(absl::string_view tenant, absl::string_view source,
                                      const SourceRecord& record) const;
  absl::StatusOr<v1::SourceSchema> ReadSchema(absl::string_view tenant, absl::string_view source,
                                              const SourceRecord& record) const;
  absl::StatusOr<SourceRecord> Update(absl::string_view tenant, absl::string_view source,
                                      const v1::UpdateSourceRequest& request) const;
  absl::StatusOr<v1::SourceSchema> Accept(absl::string_view tenant, absl::string_view source,
                                          const std::string& name) const;

  rpc::Shell shell_;
  const SourceStore* const sources_;
  const SourceSchemaStore* const schemas_;
  const IndexStore* const index_;
  Indexer* const indexer_;
  Clock* const clock_;
};

}  // namespace waymark::feedback
