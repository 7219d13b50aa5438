#include "services/journey/journey_service.h"

#include <string>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/render/journey_map_svg.h"
#include "libs/rpc/field_mask.h"
#include "libs/rpc/paging.h"
#include "services/journey/errors.h"
#include "services/journey/map_picture.h"
#include "services/journey/validation.h"

namespace waymark::journey {
namespace {

using rpc::CallContext;
using rpc::Violations;

constexpr char kTouchpoint[] = "tenants/*/touchpoints/*";
constexpr char kPersona[] = "tenants/*/personas/*";
constexpr char kJourneyMap[] = "tenants/*/journeyMaps/*";

/// Checks the name of a request to read, delete or render.
auto Named(const char* pattern) {
  return [pattern](const auto& request, Violations& violations) {
    violations.CheckName("name", request.name(), pattern);
  };
}

template <typename Request>
void CheckList(const Request& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  if (request.page_size() < 0) {
    violations.Add("page_size", std::to_string(request.page_size()), "must not be negative");
  }
}

/// The shape of an update; what is updated is checked when it is known as a whole.
void CheckUpdate(const char* field, const google::protobuf::Message& resource,
                 const std::string& name, const char* pattern,
                 const google::protobuf::FieldMask& mask, Violations& violations) {
  violations.CheckName(std::string(field) + ".name", name, pattern);
  rpc::CheckUpdateMask(mask, resource, violations);
}

/// One page of `Resource`, moved one by one into `add()`.
template <typename Resource, typename Request, typename Response, typename Add>
absl::StatusOr<Response> ListPage(Models& models, const CallContext& call, const Request& request,
                                  Response response, Add add) {
  const size_t size = rpc::PageSize(request.page_size(), 100, 1000);
  WM_ASSIGN_OR_RETURN(const std::string after, rpc::DecodePageToken(request));
  WM_ASSIGN_OR_RETURN(std::vector<Resource> found,
                      models.List<Resource>(call.tenant, after, size + 1));
  if (found.size() > size) {
    found.resize(size);
    const std::string& last = found.back().name();
    response.set_next_page_token(rpc::EncodePageToken(request, last.substr(last.rfind('/') + 1)));
  }
  for (Resource& resource : found) *add(response) = std::move(resource);
  return response;
}

absl::StatusOr<v1::RenderJourneyMapResponse> Render(Models& models, const CallContext& call,
                                                    const v1::RenderJourneyMapRequest& request) {
  WM_ASSIGN_OR_RETURN(const MapWithParts parts,
                      models.GetMapWithParts(call.tenant, request.name()));
  WM_RETURN_IF_ERROR(errors::InvalidFields(Check(request.overlay(), parts.map)));
  v1::RenderJourneyMapResponse response;
  response.set_svg(render::RenderJourneyMapSvg(MakePicture(parts, request.overlay())));
  return response;
}

}  // namespace

grpc::Status JourneyService::GetTouchpoint(grpc::ServerContext* context,
                                           const v1::GetTouchpointRequest* request,
                                           v1::Touchpoint* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = Named(kTouchpoint)},
                    [&](const CallContext&, const v1::GetTouchpointRequest& request) {
                      return models_->Get<v1::Touchpoint>(request.name());
                    });
}

grpc::Status JourneyService::ListTouchpoints(grpc::ServerContext* context,
                                             const v1::ListTouchpointsRequest* request,
                                             v1::ListTouchpointsResponse* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckList<v1::ListTouchpointsRequest>},
      [&](const CallContext& call, const v1::ListTouchpointsRequest& request) {
        return ListPage<v1::Touchpoint>(*models_, call, request, v1::ListTouchpointsResponse(),
                                        [](auto& page) { return page.add_touchpoints(); });
      });
}

grpc::Status JourneyService::UpdateTouchpoint(grpc::ServerContext* context,
                                              const v1::UpdateTouchpointRequest* request,
                                              v1::Touchpoint* response) {
  const auto check = [](const v1::UpdateTouchpointRequest& request, Violations& violations) {
    CheckUpdate("touchpoint", request.touchpoint(), request.touchpoint().name(), kTouchpoint,
                request.update_mask(), violations);
  };
  return rpc::Unary(shell_, context, request, response, {.validate = check},
                    [&](const CallContext& call, const v1::UpdateTouchpointRequest& request) {
                      return models_->UpdateTouchpoint(call.tenant, request);
                    });
}

grpc::Status JourneyService::DeleteTouchpoint(grpc::ServerContext* context,
                                              const v1::DeleteTouchpointRequest* request,
                                              v1::Touchpoint* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = Named(kTouchpoint)},
                    [&](const CallContext& call, const v1::DeleteTouchpointRequest& request) {
                      return models_->DeleteTouchpoint(call.tenant, request);
                    });
}

grpc::Status JourneyService::GetPersona(grpc::ServerContext* context,
                                        const v1::GetPersonaRequest* request,
                                        v1::Persona* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = Named(kPersona)},
                    [&](const CallContext&, const v1::GetPersonaRequest& request) {
                      return models_->Get<v1::Persona>(request.name());
                    });
}

grpc::Status JourneyService::ListPersonas(grpc::ServerContext* context,
                                          const v1::ListPersonasRequest* request,
                                          v1::ListPersonasResponse* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckList<v1::ListPersonasRequest>},
      [&](const CallContext& call, const v1::ListPersonasRequest& request) {
        return ListPage<v1::Persona>(*models_, call, request, v1::ListPersonasResponse(),
                                     [](auto& page) { return page.add_personas(); });
      });
}

grpc::Status JourneyService::UpdatePersona(grpc::ServerContext* context,
                                           const v1::UpdatePersonaRequest* request,
                                           v1::Persona* response) {
  const auto check = [](const v1::UpdatePersonaRequest& request, Violations& violations) {
    CheckUpdate("persona", request.persona(), request.persona().name(), kPersona,
                request.update_mask(), violations);
  };
  return rpc::Unary(shell_, context, request, response, {.validate = check},
                    [&](const CallContext&, const v1::UpdatePersonaRequest& request) {
                      return models_->UpdatePersona(request);
                    });
}

grpc::Status JourneyService::DeletePersona(grpc::ServerContext* context,
                                           const v1::DeletePersonaRequest* request,
                                           v1::Persona* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = Named(kPersona)},
                    [&](const CallContext&, const v1::DeletePersonaRequest& request) {
                      return models_->DeletePersona(request);
                    });
}

grpc::Status JourneyService::GetJourneyMap(grpc::ServerContext* context,
                                           const v1::GetJourneyMapRequest* request,
                                           v1::JourneyMap* response) {
  const auto check = [](const v1::GetJourneyMapRequest& request, Violations& violations) {
    violations.CheckName("name", request.name(), kJourneyMap);
    if (request.revision() < 0) {
      violations.Add("revision", std::to_string(request.revision()),
                     "must be a revision, or 0 for the latest");
    }
  };
  return rpc::Unary(shell_, context, request, response, {.validate = check},
                    [&](const CallContext&, const v1::GetJourneyMapRequest& request) {
                      return models_->GetJourneyMap(request);
                    });
}

grpc::Status JourneyService::ListJourneyMaps(grpc::ServerContext* context,
                                             const v1::ListJourneyMapsRequest* request,
                                             v1::ListJourneyMapsResponse* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckList<v1::ListJourneyMapsRequest>},
      [&](const CallContext& call, const v1::ListJourneyMapsRequest& request) {
        return ListPage<v1::JourneyMap>(*models_, call, request, v1::ListJourneyMapsResponse(),
                                        [](auto& page) { return page.add_journey_maps(); });
      });
}

grpc::Status JourneyService::UpdateJourneyMap(grpc::ServerContext* context,
                                              const v1::UpdateJourneyMapRequest* request,
                                              v1::JourneyMap* response) {
  const auto check = [](const v1::UpdateJourneyMapRequest& request, Violations& violations) {
    CheckUpdate("journey_map", request.journey_map(), request.journey_map().name(), kJourneyMap,
                request.update_mask(), violations);
  };
  return rpc::Unary(shell_, context, request, response, {.validate = check},
                    [&](const CallContext& call, const v1::UpdateJourneyMapRequest& request) {
                      return models_->UpdateJourneyMap(call.tenant, request);
                    });
}

grpc::Status JourneyService::DeleteJourneyMap(grpc::ServerContext* context,
                                              const v1::DeleteJourneyMapRequest* request,
                                              v1::JourneyMap* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = Named(kJourneyMap)},
                    [&](const CallContext&, const v1::DeleteJourneyMapRequest& request) {
                      return models_->DeleteJourneyMap(request);
                    });
}

grpc::Status JourneyService::RenderJourneyMap(grpc::ServerContext* context,
                                              const v1::RenderJourneyMapRequest* request,
                                              v1::RenderJourneyMapResponse* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = Named(kJourneyMap)},
                    [&](const CallContext& call, const v1::RenderJourneyMapRequest& request) {
                      return Render(*models_, call, request);
                    });
}

}  // namespace waymark::journey
