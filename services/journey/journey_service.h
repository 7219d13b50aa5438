#pragma once

#include "libs/rpc/call.h"
#include "libs/rpc/environment.h"
#include "services/journey/models.h"
#include "waymark/journey/v1/journey_service.grpc.pb.h"

namespace waymark::journey {

/// The gRPC edge of the models: checks requests, calls Models, pages lists. Thread-safe.
class JourneyService final : public v1::JourneyService::Service {
 public:
  /// `models` must outlive the service.
  JourneyService(Models* models, const rpc::Environment& environment)
      : models_(models), shell_(v1::JourneyService::service_full_name(), environment) {}

  grpc::Status GetTouchpoint(grpc::ServerContext* context, const v1::GetTouchpointRequest* request,
                             v1::Touchpoint* response) override;
  grpc::Status ListTouchpoints(grpc::ServerContext* context,
                               const v1::ListTouchpointsRequest* request,
                               v1::ListTouchpointsResponse* response) override;
  grpc::Status UpdateTouchpoint(grpc::ServerContext* context,
                                const v1::UpdateTouchpointRequest* request,
                                v1::Touchpoint* response) override;
  grpc::Status DeleteTouchpoint(grpc::ServerContext* context,
                                const v1::DeleteTouchpointRequest* request,
                                v1::Touchpoint* response) override;

  grpc::Status GetPersona(grpc::ServerContext* context, const v1::GetPersonaRequest* request,
                          v1::Persona* response) override;
  grpc::Status ListPersonas(grpc::ServerContext* context, const v1::ListPersonasRequest* request,
                            v1::ListPersonasResponse* response) override;
  grpc::Status UpdatePersona(grpc::ServerContext* context, const v1::UpdatePersonaRequest* request,
                             v1::Persona* response) override;
  grpc::Status DeletePersona(grpc::ServerContext* context, const v1::DeletePersonaRequest* request,
                             v1::Persona* response) override;

  grpc::Status GetJourneyMap(grpc::ServerContext* context, const v1::GetJourneyMapRequest* request,
                             v1::JourneyMap* response) override;
  grpc::Status ListJourneyMaps(grpc::ServerContext* context,
                               const v1::ListJourneyMapsRequest* request,
                               v1::ListJourneyMapsResponse* response) override;
  grpc::Status UpdateJourneyMap(grpc::ServerContext* context,
                                const v1::UpdateJourneyMapRequest* request,
                                v1::JourneyMap* response) override;
  grpc::Status DeleteJourneyMap(grpc::ServerContext* context,
                                const v1::DeleteJourneyMapRequest* request,
                                v1::JourneyMap* response) override;
  grpc::Status RenderJourneyMap(grpc::ServerContext* context,
                                const v1::RenderJourneyMapRequest* request,
                                v1::RenderJourneyMapResponse* response) override;

 private:
  Models* const models_;
  rpc::Shell shell_;
};

}  // namespace waymark::journey
