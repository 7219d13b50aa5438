#include "libs/rpc/channel.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "libs/base/ids.h"
#include "libs/rpc/tenants.h"
#include "libs/rpc/trace.h"

namespace waymark::rpc {
namespace {

// Retries reach calls that found nobody or an ending server; nothing that a server worked on comes
// back as UNAVAILABLE without being safe to repeat: writes carry a key or a request_id.
constexpr char kServiceConfig[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "healthCheckConfig": {"serviceName": ""},
  "methodConfig": [{
    "name": [{}],
    "retryPolicy": {
      "maxAttempts": 4,
      "initialBackoff": "0.1s",
      "maxBackoff": "2s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }]
})";

// gRPC aborts the process on metadata that HTTP/2 cannot carry.
bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isprint(c); });
}

}  // namespace

grpc::ChannelArguments ClientArguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxResponseBytes);
  return arguments;
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target) {
  grpc::ChannelArguments arguments = ClientArguments();
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

void SetUpContext(grpc::ClientContext& context, const ClientCallOptions& options) {
  absl::Time deadline = absl::Now() + options.timeout;
  std::string tenant = options.tenant;
  std::string parent_trace;
  if (const CallContext* parent = options.parent) {
    deadline = std::min(deadline, parent->deadline);
    if (tenant.empty()) tenant = parent->tenant;
    parent_trace = parent->traceparent;
    if (IsPrintable(parent->caller)) context.AddMetadata(kCallerKey, parent->caller);
  }
  if (deadline != absl::InfiniteFuture()) context.set_deadline(absl::ToChronoTime(deadline));
  // Without a valid tenant the server denies the call, as it should.
  if (IsValidId(tenant)) context.AddMetadata(kTenantKey, tenant);
  if (tenant == kAllTenants) context.AddMetadata(kRoleKey, "service");
  context.AddMetadata(kTraceKey, NewSpan(parent_trace));
}

}  // namespace waymark::rpc
