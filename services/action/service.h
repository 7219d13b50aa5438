#pragma once

#include "libs/rpc/call.h"
#include "libs/rpc/environment.h"
#include "services/action/models.h"
#include "waymark/action/v1/action_service.grpc.pb.h"

namespace waymark::action {

/// The gRPC edge: checks requests, calls Models, pages lists. Thread-safe.
class ActionService final : public v1::ActionService::Service {
 public:
  /// `models` must outlive the service.
  ActionService(Models* models, const rpc::Environment& environment)
      : models_(models), shell_(v1::ActionService::service_full_name(), environment) {}

  grpc::Status CreateProgramme(grpc::ServerContext* context,
                               const v1::CreateProgrammeRequest* request,
                               v1::Programme* response) override;
  grpc::Status GetProgramme(grpc::ServerContext* context, const v1::GetProgrammeRequest* request,
                            v1::Programme* response) override;
  grpc::Status ListProgrammes(grpc::ServerContext* context,
                              const v1::ListProgrammesRequest* request,
                              v1::ListProgrammesResponse* response) override;
  grpc::Status UpdateProgramme(grpc::ServerContext* context,
                               const v1::UpdateProgrammeRequest* request,
                               v1::Programme* response) override;

  grpc::Status CreateAction(grpc::ServerContext* context, const v1::CreateActionRequest* request,
                            v1::Action* response) override;
  grpc::Status GetAction(grpc::ServerContext* context, const v1::GetActionRequest* request,
                         v1::Action* response) override;
  grpc::Status ListActions(grpc::ServerContext* context, const v1::ListActionsRequest* request,
                           v1::ListActionsResponse* response) override;
  grpc::Status UpdateAction(grpc::ServerContext* context, const v1::UpdateActionRequest* request,
                            v1::Action* response) override;
  grpc::Status EvaluateAction(grpc::ServerContext* context,
                              const v1::EvaluateActionRequest* request,
                              v1::Effect* response) override;

  grpc::Status CreateCase(grpc::ServerContext* context, const v1::CreateCaseRequest* request,
                          v1::Case* response) override;
  grpc::Status GetCase(grpc::ServerContext* context, const v1::GetCaseRequest* request,
                       v1::Case* response) override;
  grpc::Status ListCases(grpc::ServerContext* context, const v1::ListCasesRequest* request,
                         v1::ListCasesResponse* response) override;
  grpc::Status UpdateCase(grpc::ServerContext* context, const v1::UpdateCaseRequest* request,
                          v1::Case* response) override;

 private:
  Models* const models_;
  rpc::Shell shell_;
};

}  // namespace waymark::action
