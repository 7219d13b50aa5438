#include "libs/rpc/server_host.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "libs/rpc/channel.h"
#include "libs/rpc/health_service.h"
#include "libs/rpc/reflection_service.h"

namespace waymark::rpc {
namespace {

std::vector<std::string> NamesOf(const std::vector<NamedService>& services) {
  std::vector<std::string> names = {grpc::health::v1::Health::service_full_name(),
                                    grpc::reflection::v1::ServerReflection::service_full_name()};
  for (const NamedService& service : services) names.push_back(service.name);
  return names;
}

int Millis(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

void Limit(const ServerOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_receive_bytes));
  // A small compressed message can unpack to gigabytes.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  // Without this a second process would share the port and take half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             Millis(options.handshake_timeout));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(options.max_calls_per_connection));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Millis(options.max_connection_age));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  // gRPC ends a thread that has answered when enough others wait, by default two of each queue, and
  // makes one when too few do. Handlers that wait for a common commit end at once, so nearly each
  // call would cost a thread. It has a queue for each core.
  const int queues = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS,
                              std::max(2, static_cast<int>(options.idle_threads) / queues));
  grpc::ResourceQuota quota("server");
  quota.SetMaxThreads(static_cast<int>(options.max_threads));
  quota.Resize(options.max_memory_bytes);
  builder.SetResourceQuota(quota);
}

}  // namespace

struct ServerHost::Impl {
  explicit Impl(const std::vector<NamedService>& services)
      : health(NamesOf(services)), reflection(NamesOf(services)) {}

  HealthService health;
  ReflectionService reflection;
  std::string address;
  std::atomic<bool> draining = false;
  std::unique_ptr<grpc::Server> server;
};

ServerHost::ServerHost(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

absl::StatusOr<std::unique_ptr<ServerHost>> ServerHost::Start(
    const ServerOptions& options, const std::vector<NamedService>& services) {
  auto impl = std::make_unique<Impl>(services);
  grpc::ServerBuilder builder;
  Limit(options, builder);
  int port = 0;
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&impl->health);
  builder.RegisterService(&impl->reflection);
  for (const NamedService& service : services) builder.RegisterService(service.service);
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options.listen,
                     "; is another process there, or is it not an address of this machine?"));
  }
  impl->address = absl::StrCat(options.listen.substr(0, options.listen.rfind(':')), ":", port);
  return std::unique_ptr<ServerHost>(new ServerHost(std::move(impl)));
}

ServerHost::~ServerHost() {
  if (!draining()) Drain(absl::ZeroDuration(), absl::ZeroDuration());
}

const std::string& ServerHost::address() const { return impl_->address; }

bool ServerHost::draining() const { return impl_->draining; }

void ServerHost::Drain(absl::Duration delay, absl::Duration grace) {
  impl_->draining = true;
  impl_->health.StopServing();
  absl::SleepFor(delay);
  impl_->health.End();
  impl_->server->Shutdown(absl::ToChronoTime(absl::Now() + grace));
  impl_->server->Wait();
}

InProcessServer::InProcessServer(const std::vector<NamedService>& services) {
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(static_cast<int>(ServerOptions().max_receive_bytes));
  for (const NamedService& service : services) builder.RegisterService(service.service);
  server_ = builder.BuildAndStart();
}

InProcessServer::~InProcessServer() {
  server_->Shutdown(absl::ToChronoTime(absl::Now() + absl::Seconds(1)));
  server_->Wait();
}

std::shared_ptr<grpc::Channel> InProcessServer::channel() {
  return server_->InProcessChannel(ClientArguments());
}

}  // namespace waymark::rpc
