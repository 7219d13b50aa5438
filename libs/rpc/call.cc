#include "libs/rpc/call.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "libs/base/error.h"
#include "libs/base/ids.h"
#include "libs/base/log.h"
#include "libs/rpc/names.h"
#include "libs/rpc/status.h"
#include "libs/rpc/trace.h"

namespace waymark::rpc {
namespace {

// The same text for every reason to deny, so that nobody learns which tenants exist.
absl::Status Denied() {
  return MakeError(absl::StatusCode::kPermissionDenied, "TENANT_DENIED",
                   "not allowed: the metadata key waymark-tenant must hold your tenant, and names "
                   "must start with tenants/ and that tenant");
}

// Empty when the key is missing or was sent more than once.
absl::string_view Metadata(const grpc::ServerContext& context, const char* key) {
  const auto [first, last] = context.client_metadata().equal_range(key);
  if (first == last || std::next(first) != last) return "";
  return absl::string_view(first->second.data(), first->second.size());
}

absl::Time DeadlineOf(const grpc::ServerContext& context) {
  const gpr_timespec deadline = context.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) {
    return absl::InfiniteFuture();
  }
  return absl::FromChrono(context.deadline());
}

}  // namespace

google::protobuf::ArenaOptions internal::ArenaFor(size_t bytes) {
  // Few blocks for a batch, none large enough that malloc would map it anew for each call.
  google::protobuf::ArenaOptions options;
  options.max_block_size = 64 << 10;
  options.start_block_size = std::clamp<size_t>(2 * bytes, 512, options.max_block_size);
  return options;
}

bool internal::Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message* message) {
  grpc::ByteBuffer shared(bytes);
  grpc::ProtoBufferReader reader(&shared);
  return message->ParseFromZeroCopyStream(&reader) && reader.status().ok();
}

bool CallContext::cancelled() const {
  return server_context_->IsCancelled() || absl::Now() >= deadline;
}

absl::string_view CallContext::trace_id() const { return TraceId(traceparent); }

struct Shell::Impl {
  // What is measured about one method.
  struct MethodMetrics {
    metrics::Gauge in_flight;
    metrics::Histogram seconds;
    absl::flat_hash_map<int, metrics::Counter> requests;  // by gRPC code
  };

  Impl(absl::string_view service_name, const Environment& given)
      : service(service_name), environment(given), admission(given.admission) {}

  void Begin(const std::string& method) {
    absl::MutexLock lock(&mutex);
    Find(method).in_flight.Add(1);
  }

  void End(const std::string& method, absl::StatusCode code, absl::Duration took) {
    absl::MutexLock lock(&mutex);
    MethodMetrics& found = Find(method);
    found.in_flight.Add(-1);
    found.seconds.Observe(absl::ToDoubleSeconds(took));
    auto counter = found.requests.find(static_cast<int>(code));
    if (counter == found.requests.end()) {
      const metrics::Labels labels = {
          {"service", service}, {"method", method}, {"code", absl::StatusCodeToString(code)}};
      counter =
          found.requests
              .emplace(static_cast<int>(code),
                       environment.metrics->Counter("waymark_rpc_requests_total",
                                                    "Calls that ended, by their code.", labels))
              .first;
    }
    counter->second.Increment();
  }

  MethodMetrics& Find(const std::string& method) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const auto found = methods.find(method);
    if (found != methods.end()) return found->second;
    const metrics::Labels labels = {{"service", service}, {"method", method}};
    metrics::Registry* registry = environment.metrics;
    return methods
        .emplace(method,
                 MethodMetrics{registry->Gauge("waymark_rpc_in_flight",
                                               "Calls now running or waiting.", labels),
                               registry->Histogram("waymark_rpc_duration_seconds",
                                                   "From a call's arrival to its answer.", labels),
                               {}})
        .first->second;
  }

  const std::string service;
  const Environment environment;
  Admission admission;
  absl::Mutex mutex;
  absl::flat_hash_map<std::string, MethodMetrics> methods ABSL_GUARDED_BY(mutex);
};

Shell::Shell(absl::string_view service, const Environment& environment)
    : impl_(std::make_unique<Impl>(service, environment)) {}

Shell::~Shell() = default;

/// One call from its arrival to its answer.
class CallScope {
 public:
  CallScope(Shell& shell, grpc::ServerContext* context, const MethodTraits& method);

  const CallContext& call() const { return call_; }
  /// Whether the caller may do what the method does with the resource that `request` names.
  absl::Status Authorize(const google::protobuf::Message& request);
  absl::Status Admit();
  /// Whether the caller names a tenant that it may speak for at all.
  absl::Status CheckCaller() const;
  /// Ends the call: trailers, metrics, log line. To be called once, last.
  grpc::Status Finish(const absl::Status& status);

 private:
  bool MayUse(absl::string_view tenant) const;
  void Log(const absl::Status& answer, const absl::Status& original, absl::Duration took);

  Shell::Impl& shell_;
  grpc::ServerContext* const context_;
  const std::string method_;
  const bool all_tenants_;
  const bool count_bytes_;
  const int64_t places_;
  const absl::Time start_ = absl::Now();
  std::string caller_tenant_;
  CallContext call_;
  std::optional<Admission::Ticket> ticket_;
  int64_t messages_ = 0;
  int64_t bytes_ = 0;
};

CallScope::CallScope(Shell& shell, grpc::ServerContext* context, const MethodTraits& method)
    : shell_(*shell.impl_),
      context_(context),
      method_(method.name),
      all_tenants_(method.all_tenants),
      count_bytes_(method.count_bytes),
      places_(method.places) {
  shell_.Begin(method_);
  caller_tenant_ = std::string(Metadata(*context, kTenantKey));
  call_.caller = std::string(Metadata(*context, kCallerKey));
  call_.role = Metadata(*context, kRoleKey) == "service" ? Role::kService : Role::kUser;
  call_.deadline = DeadlineOf(*context);
  call_.traceparent = NewSpan(Metadata(*context, kTraceKey));
  call_.peer = context->peer();
  call_.server_context_ = context;
}

absl::Status CallScope::CheckCaller() const {
  const bool known = caller_tenant_ == kAllTenants
                         ? call_.role == Role::kService
                         : shell_.environment.tenants->Contains(caller_tenant_);
  return known ? absl::OkStatus() : Denied();
}

bool CallScope::MayUse(absl::string_view tenant) const {
  if (caller_tenant_ != kAllTenants) return tenant == caller_tenant_;
  if (tenant == kAllTenants) return all_tenants_;
  return shell_.environment.tenants->Contains(tenant);
}

absl::Status CallScope::Authorize(const google::protobuf::Message& request) {
  ++messages_;
  if (count_bytes_) bytes_ += static_cast<int64_t>(request.ByteSizeLong());
  const std::optional<std::string> resource = ResourceOf(request);
  const absl::string_view tenant = resource ? TenantOf(*resource) : caller_tenant_;
  if (!MayUse(tenant)) return Denied();
  call_.tenant = std::string(tenant);
  return absl::OkStatus();
}

absl::Status CallScope::Admit() {
  absl::StatusOr<Admission::Ticket> ticket =
      shell_.admission.Enter(caller_tenant_, call_.deadline, places_);
  if (!ticket.ok()) return ticket.status();
  ticket_.emplace(*std::move(ticket));
  return absl::OkStatus();
}

grpc::Status CallScope::Finish(const absl::Status& status) {
  bool hidden = false;
  const std::string incident = status.ok() ? "" : NewId(shell_.environment.clock->Now());
  const absl::Status answer = ForClient(status, incident, &hidden);
  const std::optional<ErrorDetails> details = GetErrorDetails(answer);
  if (details && details->retry_after) {
    context_->AddTrailingMetadata("grpc-retry-pushback-ms",
                                  absl::StrCat(absl::ToInt64Milliseconds(*details->retry_after)));
  }
  const absl::Duration took = absl::Now() - start_;
  ticket_.reset();
  shell_.End(method_, answer.code(), took);
  Log(answer, hidden ? status : absl::OkStatus(), took);
  return ToGrpcStatus(answer);
}

void CallScope::Log(const absl::Status& answer, const absl::Status& original, absl::Duration took) {
  LogLine line(original.ok() ? LogLevel::kInfo : LogLevel::kError, "call");
  line.Add("service", shell_.service)
      .Add("method", method_)
      .Add("tenant", call_.tenant)
      .Add("code", absl::StatusCodeToString(answer.code()))
      .Add("ms", absl::ToDoubleMilliseconds(took))
      .Add("trace_id", call_.trace_id());
  if (count_bytes_) line.Add("request_bytes", bytes_);
  if (messages_ > 1) line.Add("messages", messages_);
  if (!call_.caller.empty()) line.Add("caller", call_.caller);
  if (answer.ok()) return;
  const ErrorDetails details = GetErrorDetails(answer).value_or(ErrorDetails{});
  line.Add("reason", details.reason);
  if (original.ok()) return;
  line.Add("incident", details.metadata.at(0).second).Add("detail", original.ToString());
}

namespace {

absl::Status Check(absl::FunctionRef<void(Violations&)> validate) {
  Violations violations;
  validate(violations);
  return violations.ToStatus();
}

absl::Status Malformed(const google::protobuf::Message& request) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                   absl::StrCat("the request's bytes are no ", request.GetTypeName(),
                                "; send what its proto says"));
}

}  // namespace

grpc::Status RunUnary(Shell& shell, grpc::ServerContext* context, const MethodTraits& method,
                      const google::protobuf::Message& request,
                      absl::FunctionRef<void(Violations&)> validate,
                      absl::FunctionRef<absl::Status(const CallContext&)> handle) {
  CallScope scope(shell, context, method);
  absl::Status status = scope.CheckCaller();
  if (status.ok()) status = scope.Authorize(request);
  if (status.ok()) status = scope.Admit();
  if (status.ok()) status = Check(validate);
  if (status.ok()) status = handle(scope.call());
  return scope.Finish(status);
}

grpc::Status RunUnparsedUnary(Shell& shell, grpc::ServerContext* context,
                              const MethodTraits& method, const google::protobuf::Message& request,
                              absl::FunctionRef<bool()> parse,
                              absl::FunctionRef<void(Violations&)> validate,
                              absl::FunctionRef<absl::Status(const CallContext&)> handle) {
  CallScope scope(shell, context, method);
  absl::Status status = scope.CheckCaller();
  if (status.ok()) status = scope.Admit();
  if (status.ok() && !parse()) status = Malformed(request);
  if (status.ok()) status = scope.Authorize(request);
  if (status.ok()) status = Check(validate);
  if (status.ok()) status = handle(scope.call());
  return scope.Finish(status);
}

grpc::Status RunClientStream(Shell& shell, grpc::ServerContext* context, const MethodTraits& method,
                             const google::protobuf::Message& request,
                             absl::FunctionRef<bool()> read,
                             absl::FunctionRef<void(Violations&)> validate,
                             absl::FunctionRef<absl::Status(const CallContext&)> on_message,
                             absl::FunctionRef<absl::Status(const CallContext&)> finish) {
  CallScope scope(shell, context, method);
  absl::Status status = scope.CheckCaller();
  if (status.ok()) status = scope.Admit();
  while (status.ok() && read()) {
    status = scope.Authorize(request);
    if (status.ok()) status = Check(validate);
    if (status.ok()) status = on_message(scope.call());
  }
  if (status.ok() && scope.call().cancelled()) {
    status = absl::CancelledError("the stream broke off");
  }
  if (status.ok()) status = finish(scope.call());
  return scope.Finish(status);
}

}  // namespace waymark::rpc
