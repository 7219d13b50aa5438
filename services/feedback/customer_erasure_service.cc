#include "services/feedback/customer_erasure_service.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/names.h"
#include "libs/rpc/paging.h"
#include "services/feedback/errors.h"
#include "services/feedback/field_check.h"
#include "services/feedback/proto_time.h"

namespace waymark::feedback {
namespace {

using rpc::CallContext;
using rpc::Violations;

constexpr char kNamePattern[] = "tenants/*/customerErasures/*";

void CheckCreate(const v1::CreateCustomerErasureRequest& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  // Whether a signal could carry it; the id itself is not repeated.
  if (request.customer().empty() || request.customer().size() > kMaxIdBytes) {
    violations.Add("customer", absl::StrCat(request.customer().size(), " bytes"),
                   absl::StrCat("must have 1-", kMaxIdBytes, " bytes"));
  }
  if (!request.request_id().empty() && !IsValidId(request.request_id())) {
    violations.Add("request_id", request.request_id(),
                   "must be 1-128 characters of [A-Za-z0-9_.~:@-], or empty");
  }
}

std::string NameOf(const std::string& tenant, const std::string& id) {
  return absl::StrCat("tenants/", tenant, "/customerErasures/", id);
}

v1::CustomerErasure ToProto(const Erasure& erasure) {
  v1::CustomerErasure proto;
  proto.set_name(NameOf(erasure.tenant, erasure.id));
  proto.set_state(erasure.done_time.has_value() ? v1::CustomerErasure::STATE_DONE
                                                : v1::CustomerErasure::STATE_PENDING);
  SetTime(erasure.create_time, proto.mutable_create_time());
  if (erasure.done_time.has_value()) SetTime(*erasure.done_time, proto.mutable_done_time());
  proto.set_removed_entries(erasure.entries);
  proto.set_removed_quarantined_signals(erasure.quarantined);
  proto.set_position(ToString(erasure.position));
  if (!erasure.accepted_with.empty()) {
    proto.set_accepted_with(NameOf(erasure.tenant, erasure.accepted_with));
  }
  return proto;
}

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

}  // namespace

CustomerErasureServiceImpl::CustomerErasureServiceImpl(const rpc::Environment& environment,
                                                       Eraser* eraser, const ErasureStore* store)
    : shell_(v1::CustomerErasureService::service_full_name(), environment),
      eraser_(eraser),
      store_(store) {}

grpc::Status CustomerErasureServiceImpl::CreateCustomerErasure(
    grpc::ServerContext* context, const v1::CreateCustomerErasureRequest* request,
    v1::CustomerErasure* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckCreate},
      [&](const CallContext& call,
          const v1::CreateCustomerErasureRequest& create) -> absl::StatusOr<v1::CustomerErasure> {
        WM_ASSIGN_OR_RETURN(const Erasure erasure,
                            eraser_->Accept(call.tenant, create.customer(), create.request_id()));
        return ToProto(erasure);
      });
}

grpc::Status CustomerErasureServiceImpl::GetCustomerErasure(
    grpc::ServerContext* context, const v1::GetCustomerErasureRequest* request,
    v1::CustomerErasure* response) {
  return rpc::Unary(
      shell_, context, request, response,
      {.validate =
           [](const v1::GetCustomerErasureRequest& get, Violations& violations) {
             violations.CheckName("name", get.name(), kNamePattern);
           }},
      [&](const CallContext& call,
          const v1::GetCustomerErasureRequest& get) -> absl::StatusOr<v1::CustomerErasure> {
        WM_ASSIGN_OR_RETURN(const std::optional<Erasure> found,
                            store_->Find(call.tenant, IdOf(get.name())));
        if (!found.has_value()) return CustomerErasureNotFound(get.name());
        return ToProto(*found);
      });
}

grpc::Status CustomerErasureServiceImpl::ListCustomerErasures(
    grpc::ServerContext* context, const v1::ListCustomerErasuresRequest* request,
    v1::ListCustomerErasuresResponse* response) {
  return rpc::Unary(shell_, context, request, response,
                    {.validate =
                         [](const v1::ListCustomerErasuresRequest& list, Violations& violations) {
                           violations.CheckName("parent", list.parent(), "tenants/*");
                         }},
                    [&](const CallContext& call, const v1::ListCustomerErasuresRequest& list,
                        v1::ListCustomerErasuresResponse* page) -> absl::Status {
                      WM_ASSIGN_OR_RETURN(const std::string before, rpc::DecodePageToken(list));
                      const int size = rpc::PageSize(list.page_size(), 50, 500);
                      WM_ASSIGN_OR_RETURN(std::vector<Erasure> found,
                                          store_->List(call.tenant, before, size + 1));
                      if (static_cast<int>(found.size()) > size) {
                        found.resize(size);
                        page->set_next_page_token(rpc::EncodePageToken(list, found.back().id));
                      }
                      for (const Erasure& one : found)
                        *page->add_customer_erasures() = ToProto(one);
                      return absl::OkStatus();
                    });
}

}  // namespace waymark::feedback
