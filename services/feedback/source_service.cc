#include "services/feedback/source_service.h"

#include <string>
#include <utility>
#include <vector>

#include "libs/base/status_macros.h"
#include "libs/rpc/paging.h"

namespace waymark::feedback {

using rpc::CallContext;
using rpc::Violations;

SourceServiceImpl::SourceServiceImpl(const rpc::Environment& environment, Store* store)
    : shell_(v1::SourceService::service_full_name(), environment), store_(store) {}

grpc::Status SourceServiceImpl::ListSources(grpc::ServerContext* context,
                                              const v1::ListSourcesRequest* request,
                                              v1::ListSourcesResponse* response) {
  return rpc::Unary(
      shell_, context, request, response,
      {.validate =
           [](const v1::ListSourcesRequest& list, Violations& violations) {
             violations.CheckName("parent", list.parent(), "tenants/*");
           }},
      [&](const CallContext& call, const v1::ListSourcesRequest& list,
          v1::ListSourcesResponse* page) -> absl::Status {
        WM_ASSIGN_OR_RETURN(const std::string after, rpc::DecodePageToken(list));
        const int size = rpc::PageSize(list.page_size(), 100, 1000);
        WM_ASSIGN_OR_RETURN(std::vector<v1::Source> sources,
                            store_->ListSources(call.tenant, after, size + 1));
        const bool more = static_cast<int>(sources.size()) > size;
        if (more) sources.pop_back();
        if (more) {
          const std::string& last = sources.back().name();
          page->set_next_page_token(rpc::EncodePageToken(list, last.substr(last.rfind('/') + 1)));
        }
        for (v1::Source& source : sources) *page->add_sources() = std::move(source);
        return absl::OkStatus();
      });
}

}  // namespace waymark::feedback
