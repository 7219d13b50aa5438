#include "services/feedback/customer_service.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/paging.h"
#include "services/feedback/field_check.h"

namespace waymark::feedback {
namespace {

using rpc::CallContext;
using rpc::Violations;

constexpr size_t kMaxNoteBytes = 1 << 10;
constexpr char kNamePattern[] = "tenants/*/customerLinks/*";

void CheckAtMost(absl::string_view field, absl::string_view value, size_t limit,
                 Violations& violations) {
  if (value.size() <= limit) return;
  violations.Add(field, absl::StrCat(value.size(), " bytes"),
                 absl::StrCat("; at most ", limit, " are allowed"));
}

// What the databases do not take as text.
void CheckNoNul(absl::string_view field, absl::string_view value, Violations& violations) {
  if (absl::StrContains(value, '\0')) violations.Add(field, "", "must hold no NUL");
}

void CheckCustomer(absl::string_view field, absl::string_view value, Violations& violations) {
  violations.CheckSet(field, value);
  CheckAtMost(field, value, kMaxIdBytes, violations);
  CheckNoNul(field, value, violations);
}

void CheckCreate(const v1::CreateCustomerLinkRequest& request, Violations& violations) {
  const v1::CustomerLink& link = request.customer_link();
  violations.CheckName("parent", request.parent(), "tenants/*");
  CheckCustomer("customer_link.customer", link.customer(), violations);
  CheckCustomer("customer_link.linked_customer", link.linked_customer(), violations);
  if (!link.customer().empty() && link.customer() == link.linked_customer()) {
    violations.Add("customer_link.linked_customer", "", "must be another id than customer");
  }
  if (!v1::CustomerLink::Method_IsValid(link.method())) {
    violations.Add("customer_link.method", absl::StrCat(static_cast<int>(link.method())),
                   "is not a known value");
  }
  CheckAtMost("customer_link.author", link.author(), kMaxLabelBytes, violations);
  CheckAtMost("customer_link.note", link.note(), kMaxNoteBytes, violations);
  CheckAtMost("request_id", request.request_id(), kMaxLabelBytes, violations);
  CheckNoNul("request_id", request.request_id(), violations);
}

template <typename Request>
void CheckLinkName(const Request& request, Violations& violations) {
  violations.CheckName("name", request.name(), kNamePattern);
}

// Only what people say of a link, so that nothing unknown is stored.
v1::CustomerLink SaidBy(const CallContext& call, const v1::CustomerLink& given) {
  v1::CustomerLink link;
  link.set_customer(given.customer());
  link.set_linked_customer(given.linked_customer());
  link.set_method(given.method());
  link.set_author(given.author().empty() ? call.caller.substr(0, kMaxLabelBytes) : given.author());
  link.set_note(given.note());
  return link;
}

// The revision below which the page begins.
absl::StatusOr<int64_t> FromToken(absl::string_view token) {
  int64_t revision = std::numeric_limits<int64_t>::max();
  if (token.empty() || absl::SimpleAtoi(token, &revision)) return revision;
  return MakeError(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                   "the page token is damaged; start again without one");
}

}  // namespace

CustomerServiceImpl::CustomerServiceImpl(const rpc::Environment& environment, CustomerLinks* links)
    : shell_(v1::CustomerService::service_full_name(), environment), links_(links) {}

grpc::Status CustomerServiceImpl::CreateCustomerLink(grpc::ServerContext* context,
                                                     const v1::CreateCustomerLinkRequest* request,
                                                     v1::CustomerLink* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = CheckCreate},
                    [&](const CallContext& call, const v1::CreateCustomerLinkRequest& create) {
                      return links_->Create(call.tenant, SaidBy(call, create.customer_link()),
                                            create.request_id());
                    });
}

grpc::Status CustomerServiceImpl::DeleteCustomerLink(grpc::ServerContext* context,
                                                     const v1::DeleteCustomerLinkRequest* request,
                                                     v1::DeleteCustomerLinkResponse* response) {
  return rpc::Unary(shell_, context, request, response,
                    {.validate = CheckLinkName<v1::DeleteCustomerLinkRequest>},
                    [&](const CallContext& call, const v1::DeleteCustomerLinkRequest& remove)
                        -> absl::StatusOr<v1::DeleteCustomerLinkResponse> {
                      WM_ASSIGN_OR_RETURN(const Position position,
                                          links_->Delete(call.tenant, remove.name()));
                      v1::DeleteCustomerLinkResponse answer;
                      answer.set_position(ToString(position));
                      return answer;
                    });
}

grpc::Status CustomerServiceImpl::GetCustomerLink(grpc::ServerContext* context,
                                                  const v1::GetCustomerLinkRequest* request,
                                                  v1::CustomerLink* response) {
  return rpc::Unary(shell_, context, request, response,
                    {.validate = CheckLinkName<v1::GetCustomerLinkRequest>},
                    [&](const CallContext& call, const v1::GetCustomerLinkRequest& get) {
                      return links_->Get(call.tenant, get.name());
                    });
}

grpc::Status CustomerServiceImpl::ListCustomerLinks(grpc::ServerContext* context,
                                                    const v1::ListCustomerLinksRequest* request,
                                                    v1::ListCustomerLinksResponse* response) {
  return rpc::Unary(shell_, context, request, response,
                    {.validate =
                         [](const v1::ListCustomerLinksRequest& list, Violations& violations) {
                           violations.CheckName("parent", list.parent(), "tenants/*");
                           CheckAtMost("customer", list.customer(), kMaxIdBytes, violations);
                           CheckNoNul("customer", list.customer(), violations);
                         }},
                    [&](const CallContext& call, const v1::ListCustomerLinksRequest& list,
                        v1::ListCustomerLinksResponse* page) -> absl::Status {
                      WM_ASSIGN_OR_RETURN(const std::string token, rpc::DecodePageToken(list));
                      WM_ASSIGN_OR_RETURN(const int64_t before, FromToken(token));
                      const int limit = rpc::PageSize(list.page_size());
                      // One more than is wanted tells that there is another page.
                      WM_ASSIGN_OR_RETURN(
                          std::vector<v1::CustomerLink> links,
                          links_->List(call.tenant, list.customer(), before, limit + 1));
                      const bool more = static_cast<int>(links.size()) > limit;
                      if (more) {
                        links.pop_back();
                        page->set_next_page_token(
                            rpc::EncodePageToken(list, absl::StrCat(links.back().revision())));
                      }
                      for (v1::CustomerLink& link : links)
                        *page->add_customer_links() = std::move(link);
                      return absl::OkStatus();
                    });
}

grpc::Status CustomerServiceImpl::GetCustomer(grpc::ServerContext* context,
                                              const v1::GetCustomerRequest* request,
                                              v1::Customer* response) {
  return rpc::Unary(shell_, context, request, response,
                    {.validate =
                         [](const v1::GetCustomerRequest& get, Violations& violations) {
                           violations.CheckName("parent", get.parent(), "tenants/*");
                           CheckCustomer("customer", get.customer(), violations);
                         }},
                    [&](const CallContext& call,
                        const v1::GetCustomerRequest& get) -> absl::StatusOr<v1::Customer> {
                      WM_ASSIGN_OR_RETURN(const std::vector<std::string> ids,
                                          links_->IdsOf(call.tenant, get.customer()));
                      v1::Customer customer;
                      customer.set_customer(get.customer());
                      customer.set_canonical_customer(ids.front());
                      customer.mutable_customers()->Assign(ids.begin(), ids.end());
                      return customer;
                    });
}

}  // namespace waymark::feedback
