#include "services/feedback/quarantine_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/error.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/paging.h"

namespace waymark::feedback {
namespace {

using rpc::CallContext;
using rpc::Violations;

void CheckListQuarantined(const v1::ListQuarantinedSignalsRequest& request,
                          Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  if (!request.source().empty() && !IsValidId(request.source())) {
    violations.Add("source", request.source(), "is no id of a source");
  }
}

absl::StatusOr<Store::QuarantineKey> ParseQuarantineKey(absl::string_view position) {
  Store::QuarantineKey key;
  if (position.empty()) return key;
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(position, absl::MaxSplits('/', 1));
  if (!absl::SimpleAtoi(parts.first, &key.record_time)) {
    return MakeError(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                     "the page token is damaged; start again without one");
  }
  key.id = std::string(parts.second);
  return key;
}

std::string QuarantineKeyOf(const v1::QuarantinedSignal& signal) {
  const int64_t micros =
      signal.record_time().seconds() * 1'000'000 + signal.record_time().nanos() / 1000;
  return absl::StrCat(micros, "/", signal.name().substr(signal.name().rfind('/') + 1));
}

}  // namespace

QuarantineServiceImpl::QuarantineServiceImpl(const rpc::Environment& environment, Store* store)
    : shell_(v1::QuarantineService::service_full_name(), environment), store_(store) {}

grpc::Status QuarantineServiceImpl::ListQuarantinedSignals(
    grpc::ServerContext* context, const v1::ListQuarantinedSignalsRequest* request,
    v1::ListQuarantinedSignalsResponse* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckListQuarantined},
      [&](const CallContext& call, const v1::ListQuarantinedSignalsRequest& list,
          v1::ListQuarantinedSignalsResponse* page) -> absl::Status {
        WM_ASSIGN_OR_RETURN(const std::string position, rpc::DecodePageToken(list));
        WM_ASSIGN_OR_RETURN(const Store::QuarantineKey after, ParseQuarantineKey(position));
        const int size = rpc::PageSize(list.page_size(), 50, 500);
        WM_ASSIGN_OR_RETURN(
            std::vector<v1::QuarantinedSignal> signals,
            store_->ListQuarantined(call.tenant, list.source(), after, size + 1));
        if (static_cast<int>(signals.size()) > size) {
          signals.pop_back();
          page->set_next_page_token(rpc::EncodePageToken(list, QuarantineKeyOf(signals.back())));
        }
        for (auto& signal : signals) *page->add_quarantined_signals() = std::move(signal);
        return absl::OkStatus();
      });
}

}  // namespace waymark::feedback
