#include "services/feedback/signal_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/feed/consumer.h"
#include "libs/rpc/paging.h"
#include "services/feedback/conversation.h"
#include "services/feedback/errors.h"
#include "services/feedback/proto_time.h"
#include "services/feedback/signal_filter.h"

namespace waymark::feedback {
namespace {

using rpc::CallContext;
using rpc::Violations;

constexpr size_t kMaxSearchBytes = 1 << 10;
constexpr char kDescending[] = "event_time desc";
constexpr char kAscending[] = "event_time";
// How long a page is looked for; what was not found by then is found with its token.
constexpr absl::Duration kMaxLooking = absl::Seconds(2);

void CheckSource(absl::string_view source, Violations& violations) {
  if (!IsValidId(source)) violations.Add("source", source, "is no id of a source");
}

void CheckGet(const v1::GetSignalRequest& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  CheckSource(request.source(), violations);
  violations.CheckSet("external_id", request.external_id());
}

void CheckList(const v1::ListSignalsRequest& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  if (const auto parsed = filter::Filter::Parse(request.filter(), &SignalSchema()); !parsed.ok()) {
    violations.Add("filter", "", parsed.status().message());
  }
  if (request.search().size() > kMaxSearchBytes) {
    violations.Add("search", absl::StrCat(request.search().size(), " bytes"),
                   absl::StrCat("; at most ", kMaxSearchBytes, " are allowed"));
  } else if (!request.search().empty()) {
    const auto parsed = Search::Parse(request.search());
    if (!parsed.ok()) violations.Add("search", "", parsed.status().message());
  }
  if (!request.order_by().empty() && request.order_by() != kAscending &&
      request.order_by() != kDescending) {
    violations.Add("order_by", request.order_by(),
                   absl::StrCat("must be '", kDescending, "' or '", kAscending, "'"));
  }
}

void CheckConversation(const v1::GetConversationRequest& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  CheckSource(request.source(), violations);
  violations.CheckSet("conversation", request.conversation());
}

void CheckCorrect(const v1::CorrectSignalRequest& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  CheckSource(request.source(), violations);
  violations.CheckSet("external_id", request.external_id());
  if (request.has_touchpoint()) {
    if (!IsValidId(request.touchpoint())) {
      violations.Add("touchpoint", request.touchpoint(), "is no id of a touchpoint");
    }
  } else if (!request.clear()) {
    violations.Add("touchpoint", "", "say where it belongs, or set clear to take it back");
  }
}

std::string ToToken(const RowKey& key) {
  return absl::StrCat(key.event_time, "/", key.sequence, "/", key.number);
}

absl::StatusOr<std::optional<RowKey>> FromToken(absl::string_view token) {
  if (token.empty()) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '/');
  RowKey key;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &key.event_time) ||
      !absl::SimpleAtoi(parts[1], &key.sequence) || !absl::SimpleAtoi(parts[2], &key.number)) {
    return MakeError(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                     "the page token is damaged; start again without one");
  }
  return key;
}

// The request has passed CheckList.
absl::StatusOr<SignalQuery> MakeQuery(const CallContext& call,
                                      const v1::ListSignalsRequest& request) {
  SignalQuery query;
  query.tenant = call.tenant;
  WM_ASSIGN_OR_RETURN(query.filter, filter::Filter::Parse(request.filter(), &SignalSchema()));
  if (!request.search().empty()) {
    WM_ASSIGN_OR_RETURN(query.search, Search::Parse(request.search()));
  }
  query.ascending = request.order_by() == kAscending;
  WM_ASSIGN_OR_RETURN(const std::string token, rpc::DecodePageToken(request));
  WM_ASSIGN_OR_RETURN(query.after, FromToken(token));
  query.limit = rpc::PageSize(request.page_size());
  query.deadline = std::min(absl::Now() + kMaxLooking, feed::WaitUntil(call.deadline));
  return query;
}

}  // namespace

SignalServiceImpl::SignalServiceImpl(const rpc::Environment& environment, SignalReader* reader,
                                     Indexer* indexer, Corrector* corrector)
    : shell_(v1::SignalService::service_full_name(), environment),
      reader_(reader),
      indexer_(indexer),
      corrector_(corrector) {}

grpc::Status SignalServiceImpl::GetSignal(grpc::ServerContext* context,
                                          const v1::GetSignalRequest* request,
                                          v1::StoredSignal* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = CheckGet},
                    [&](const CallContext& call,
                        const v1::GetSignalRequest& get) -> absl::StatusOr<v1::StoredSignal> {
                      WM_ASSIGN_OR_RETURN(
                          std::optional<v1::StoredSignal> stored,
                          reader_->Get(call.tenant, get.source(), get.external_id()));
                      if (!stored.has_value()) return SignalNotFound(get.source());
                      return *std::move(stored);
                    });
}

grpc::Status SignalServiceImpl::ListSignals(grpc::ServerContext* context,
                                            const v1::ListSignalsRequest* request,
                                            v1::ListSignalsResponse* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = CheckList},
                    [&](const CallContext& call, const v1::ListSignalsRequest& list,
                        v1::ListSignalsResponse* out) -> absl::Status {
                      WM_RETURN_IF_ERROR(indexer_->WaitFor(call.tenant, list.min_position(),
                                                           feed::WaitUntil(call.deadline)));
                      WM_ASSIGN_OR_RETURN(const SignalQuery query, MakeQuery(call, list));
                      WM_ASSIGN_OR_RETURN(SignalPage page, reader_->List(query));
                      for (v1::StoredSignal& stored : page.signals)
                        *out->add_signals() = std::move(stored);
                      if (page.next.has_value()) {
                        out->set_next_page_token(rpc::EncodePageToken(list, ToToken(*page.next)));
                      }
                      return absl::OkStatus();
                    });
}

grpc::Status SignalServiceImpl::GetConversation(grpc::ServerContext* context,
                                                const v1::GetConversationRequest* request,
                                                v1::Conversation* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckConversation},
      [&](const CallContext& call,
          const v1::GetConversationRequest& get) -> absl::StatusOr<v1::Conversation> {
        WM_RETURN_IF_ERROR(
            indexer_->WaitFor(call.tenant, get.min_position(), feed::WaitUntil(call.deadline)));
        WM_ASSIGN_OR_RETURN(const std::vector<v1::StoredSignal> messages,
                            reader_->Conversation(call.tenant, get.source(), get.conversation()));
        if (messages.empty()) return ConversationNotFound(get.source());
        return MakeConversation(messages);
      });
}

grpc::Status SignalServiceImpl::CorrectSignal(grpc::ServerContext* context,
                                              const v1::CorrectSignalRequest* request,
                                              v1::CorrectSignalResponse* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckCorrect},
      [&](const CallContext& call,
          const v1::CorrectSignalRequest& correct) -> absl::StatusOr<v1::CorrectSignalResponse> {
        v1::CorrectSignalResponse answer;
        WM_ASSIGN_OR_RETURN(const std::optional<Position> position,
                            corrector_->Apply({.tenant = call.tenant,
                                               .source = correct.source(),
                                               .external_id = correct.external_id(),
                                               .question = correct.question(),
                                               .touchpoint = correct.touchpoint()}));
        if (position.has_value()) answer.set_position(ToString(*position));
        WM_ASSIGN_OR_RETURN(std::optional<v1::StoredSignal> stored,
                            reader_->Get(call.tenant, correct.source(), correct.external_id()));
        if (!stored.has_value()) return SignalNotFound(correct.source());
        *answer.mutable_stored_signal() = *std::move(stored);
        return answer;
      });
}

grpc::Status SignalServiceImpl::GetIndexStatus(grpc::ServerContext* context,
                                               const v1::GetIndexStatusRequest* request,
                                               v1::IndexStatus* response) {
  return rpc::Unary(shell_, context, request, response,
                    {.validate =
                         [](const v1::GetIndexStatusRequest& status, Violations& violations) {
                           violations.CheckName("parent", status.parent(), "tenants/*");
                         }},
                    [&](const CallContext& call,
                        const v1::GetIndexStatusRequest&) -> absl::StatusOr<v1::IndexStatus> {
                      WM_ASSIGN_OR_RETURN(const Indexer::Progress progress,
                                          indexer_->ProgressOf(call.tenant));
                      v1::IndexStatus status;
                      if (!(progress.reached == Position())) {
                        status.mutable_projection()->set_position(ToString(progress.reached));
                      }
                      SetDuration(progress.lag, status.mutable_projection()->mutable_lag());
                      status.set_waiting(progress.waiting);
                      return status;
                    });
}

}  // namespace waymark::feedback
