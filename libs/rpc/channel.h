#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/channel_arguments.h"
#include "libs/rpc/call.h"
#include "libs/rpc/status.h"

namespace waymark::rpc {

/// The largest answer that our clients take, in bytes; pages and pictures stay well below it.
inline constexpr int kMaxResponseBytes = 32 << 20;

/// What every channel of ours has in common.
grpc::ChannelArguments ClientArguments();

/// A channel to "HOST:PORT" or "dns:///NAME:PORT": spreads calls over every address, leaves out
/// those whose health is not SERVING, and retries what found nobody (UNAVAILABLE) a few times.
/// Connects when first used.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target);

/// On whose behalf a call to another service is made.
struct ClientCallOptions {
  /// The call that is being served, for its deadline, trace, caller and tenant; null in background
  /// work.
  const CallContext* parent = nullptr;
  /// Overrides the parent's tenant; kAllTenants calls with the service role.
  std::string tenant;
  /// The longest the call may take, if the parent's deadline is not sooner.
  absl::Duration timeout = absl::Seconds(30);
};

/// Puts deadline and metadata on `context`, for calls that ClientCall does not cover (streams).
void SetUpContext(grpc::ClientContext& context, const ClientCallOptions& options);

/// One unary call; an error has the details that the peer attached.
///   ClientCall(*stub_, &FeedbackService::StubInterface::PullFeed, request, {.tenant = "-"})
template <typename Stub, typename Interface, typename Request, typename Response>
absl::StatusOr<Response> ClientCall(
    Stub& stub, grpc::Status (Interface::*method)(grpc::ClientContext*, const Request&, Response*),
    const std::type_identity_t<Request>& request, const ClientCallOptions& options) {
  grpc::ClientContext context;
  SetUpContext(context, options);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

}  // namespace waymark::rpc
