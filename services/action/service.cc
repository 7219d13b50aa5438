#include "services/action/service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/field_mask.h"
#include "libs/rpc/names.h"
#include "libs/rpc/paging.h"
#include "services/action/validation.h"

namespace waymark::action {
namespace {

using rpc::CallContext;
using rpc::Violations;

constexpr char kTenant[] = "tenants/*";
constexpr char kProgramme[] = "tenants/*/programmes/*";
constexpr char kAction[] = "tenants/*/actions/*";
constexpr char kCase[] = "tenants/*/cases/*";
constexpr int32_t kStandardPage = 50;
constexpr int32_t kLargestPage = 500;

/// Checks the name of a request to read or evaluate.
auto Named(const char* pattern) {
  return [pattern](const auto& request, Violations& violations) {
    violations.CheckName("name", request.name(), pattern);
  };
}

void CheckId(absl::string_view field, absl::string_view id, Violations& violations) {
  if (id.empty() || IsValidId(id)) return;
  violations.Add(field, id, "must be 1-128 characters of [A-Za-z0-9_.~:@-], or empty");
}

template <typename Request, typename Resource>
void CheckCreate(const Request& request, absl::string_view id_field, absl::string_view id,
                 const Resource& resource, Violations& violations) {
  violations.CheckName("parent", request.parent(), kTenant);
  CheckId(id_field, id, violations);
  CheckId("request_id", request.request_id(), violations);
  CheckNew(rpc::TenantOf(request.parent()), resource, violations);
}

template <typename Request>
void CheckList(const Request& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), kTenant);
  if (request.page_size() < 0) {
    violations.Add("page_size", absl::StrCat(request.page_size()), "must not be negative");
  }
}

template <typename Resource, typename Request>
void CheckListByState(const Request& request, Violations& violations) {
  CheckList(request, violations);
  if (!Resource::State_IsValid(request.state())) {
    violations.Add("state", absl::StrCat(request.state()), "must be a state, or unset for all");
  }
}

/// The shape of an update; what is updated is checked when it is known as a whole.
template <typename Resource, typename Request>
void CheckUpdate(const char* field, const Resource& resource, const char* pattern,
                 const Request& request, Violations& violations) {
  violations.CheckName(absl::StrCat(field, ".name"), resource.name(), pattern);
  rpc::CheckUpdateMask(request.update_mask(), resource, violations);
}

std::string Encode(const ListPosition& position) {
  return absl::StrCat(position.order, "/", position.id);
}

/// `text` is what Encode made, or empty at first.
ListPosition Decode(const std::string& text) {
  ListPosition position;
  const size_t slash = text.find('/');
  if (slash != std::string::npos &&
      absl::SimpleAtoi(absl::string_view(text).substr(0, slash), &position.order)) {
    position.id = text.substr(slash + 1);
  }
  return position;
}

/// One page of `Resource`, moved one by one into `add()`.
template <typename Resource, typename Request, typename Response, typename Add>
absl::StatusOr<Response> ListPage(Models& models, const CallContext& call, const Request& request,
                                  int state, Response response, Add add) {
  const size_t size = rpc::PageSize(request.page_size(), kStandardPage, kLargestPage);
  WM_ASSIGN_OR_RETURN(const std::string after, rpc::DecodePageToken(request));
  WM_ASSIGN_OR_RETURN(std::vector<Resource> found,
                      models.List<Resource>(call.tenant, state, Decode(after), size + 1));
  if (found.size() > size) {
    found.resize(size);
    response.set_next_page_token(rpc::EncodePageToken(request, Encode(PositionOf(found.back()))));
  }
  for (Resource& resource : found) *add(response) = std::move(resource);
  return response;
}

}  // namespace

grpc::Status ActionService::CreateProgramme(grpc::ServerContext* context,
                                            const v1::CreateProgrammeRequest* request,
                                            v1::Programme* response) {
  const auto check = [](const v1::CreateProgrammeRequest& request, Violations& violations) {
    CheckCreate(request, "programme_id", request.programme_id(), request.programme(), violations);
  };
  return rpc::Unary(shell_, context, request, response, {.validate = check},
                    [&](const CallContext&, const v1::CreateProgrammeRequest& request) {
                      return models_->CreateProgramme(request);
                    });
}

grpc::Status ActionService::GetProgramme(grpc::ServerContext* context,
                                         const v1::GetProgrammeRequest* request,
                                         v1::Programme* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = Named(kProgramme)},
                    [&](const CallContext&, const v1::GetProgrammeRequest& request) {
                      return models_->Get<v1::Programme>(request.name());
                    });
}

grpc::Status ActionService::ListProgrammes(grpc::ServerContext* context,
                                           const v1::ListProgrammesRequest* request,
                                           v1::ListProgrammesResponse* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckList<v1::ListProgrammesRequest>},
      [&](const CallContext& call, const v1::ListProgrammesRequest& request) {
        return ListPage<v1::Programme>(*models_, call, request, 0, v1::ListProgrammesResponse(),
                                       [](auto& page) { return page.add_programmes(); });
      });
}

grpc::Status ActionService::UpdateProgramme(grpc::ServerContext* context,
                                            const v1::UpdateProgrammeRequest* request,
                                            v1::Programme* response) {
  const auto check = [](const v1::UpdateProgrammeRequest& request, Violations& violations) {
    CheckUpdate("programme", request.programme(), kProgramme, request, violations);
  };
  return rpc::Unary(shell_, context, request, response, {.validate = check},
                    [&](const CallContext&, const v1::UpdateProgrammeRequest& request) {
                      return models_->Update(request.programme(), request.update_mask());
                    });
}

grpc::Status ActionService::CreateAction(grpc::ServerContext* context,
                                         const v1::CreateActionRequest* request,
                                         v1::Action* response) {
  const auto check = [](const v1::CreateActionRequest& request, Violations& violations) {
    CheckCreate(request, "action_id", request.action_id(), request.action(), violations);
  };
  return rpc::Unary(shell_, context, request, response, {.validate = check},
                    [&](const CallContext& call, const v1::CreateActionRequest& request) {
                      return models_->CreateAction(call, request);
                    });
}

grpc::Status ActionService::GetAction(grpc::ServerContext* context,
                                      const v1::GetActionRequest* request, v1::Action* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = Named(kAction)},
                    [&](const CallContext&, const v1::GetActionRequest& request) {
                      return models_->Get<v1::Action>(request.name());
                    });
}

grpc::Status ActionService::ListActions(grpc::ServerContext* context,
                                        const v1::ListActionsRequest* request,
                                        v1::ListActionsResponse* response) {
  const auto check = [](const v1::ListActionsRequest& request, Violations& violations) {
    CheckListByState<v1::Action>(request, violations);
  };
  return rpc::Unary(shell_, context, request, response, {.validate = check},
                    [&](const CallContext& call, const v1::ListActionsRequest& request) {
                      return ListPage<v1::Action>(*models_, call, request, request.state(),
                                                  v1::ListActionsResponse(),
                                                  [](auto& page) { return page.add_actions(); });
                    });
}

grpc::Status ActionService::UpdateAction(grpc::ServerContext* context,
                                         const v1::UpdateActionRequest* request,
                                         v1::Action* response) {
  const auto check = [](const v1::UpdateActionRequest& request, Violations& violations) {
    CheckUpdate("action", request.action(), kAction, request, violations);
  };
  return rpc::Unary(shell_, context, request, response, {.validate = check},
                    [&](const CallContext&, const v1::UpdateActionRequest& request) {
                      return models_->Update(request.action(), request.update_mask());
                    });
}

grpc::Status ActionService::EvaluateAction(grpc::ServerContext* context,
                                           const v1::EvaluateActionRequest* request,
                                           v1::Effect* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = Named(kAction)},
                    [&](const CallContext& call, const v1::EvaluateActionRequest& request) {
                      return models_->EvaluateAction(call, request);
                    });
}

grpc::Status ActionService::CreateCase(grpc::ServerContext* context,
                                       const v1::CreateCaseRequest* request, v1::Case* response) {
  const auto check = [](const v1::CreateCaseRequest& request, Violations& violations) {
    CheckCreate(request, "case_id", request.case_id(), request.case_(), violations);
  };
  return rpc::Unary(shell_, context, request, response, {.validate = check},
                    [&](const CallContext&, const v1::CreateCaseRequest& request) {
                      return models_->CreateCase(request);
                    });
}

grpc::Status ActionService::GetCase(grpc::ServerContext* context, const v1::GetCaseRequest* request,
                                    v1::Case* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = Named(kCase)},
                    [&](const CallContext&, const v1::GetCaseRequest& request) {
                      return models_->Get<v1::Case>(request.name());
                    });
}

grpc::Status ActionService::ListCases(grpc::ServerContext* context,
                                      const v1::ListCasesRequest* request,
                                      v1::ListCasesResponse* response) {
  const auto check = [](const v1::ListCasesRequest& request, Violations& violations) {
    CheckListByState<v1::Case>(request, violations);
  };
  return rpc::Unary(shell_, context, request, response, {.validate = check},
                    [&](const CallContext& call, const v1::ListCasesRequest& request) {
                      return ListPage<v1::Case>(*models_, call, request, request.state(),
                                                v1::ListCasesResponse(),
                                                [](auto& page) { return page.add_cases(); });
                    });
}

grpc::Status ActionService::UpdateCase(grpc::ServerContext* context,
                                       const v1::UpdateCaseRequest* request, v1::Case* response) {
  const auto check = [](const v1::UpdateCaseRequest& request, Violations& violations) {
    CheckUpdate("case", request.case_(), kCase, request, violations);
  };
  return rpc::Unary(shell_, context, request, response, {.validate = check},
                    [&](const CallContext&, const v1::UpdateCaseRequest& request) {
                      return models_->Update(request.case_(), request.update_mask());
                    });
}

}  // namespace waymark::action
