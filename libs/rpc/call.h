#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/message.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/status.h"
#include "grpcpp/support/sync_stream.h"
#include "libs/rpc/environment.h"
#include "libs/rpc/validation.h"

namespace waymark::rpc {

/// Metadata keys that say who calls, until authentication lands.
inline constexpr char kTenantKey[] = "waymark-tenant";
inline constexpr char kRoleKey[] = "waymark-role";
inline constexpr char kCallerKey[] = "waymark-caller";

enum class Role {
  kUser,
  /// Another service: `waymark-role: service`; its tenant may be kAllTenants.
  kService,
};

/// Who calls, for whom and until when. Valid during the call; safe to read from several threads.
class CallContext {
 public:
  /// The tenant of the resource that the request names, or kAllTenants.
  std::string tenant;
  /// Who is calling, as they say (`waymark-caller`): for records of who did what. May be empty.
  std::string caller;
  Role role = Role::kUser;
  /// InfiniteFuture when the client set none.
  absl::Time deadline = absl::InfiniteFuture();
  /// W3C trace context of this call: the caller's trace, or a new one.
  std::string traceparent;
  std::string peer;

  /// Whether the client has gone or the deadline has passed.
  bool cancelled() const;
  /// The 32 hexadecimal digits that every log line of one request shares.
  absl::string_view trace_id() const;

 private:
  friend class CallScope;
  grpc::ServerContext* server_context_ = nullptr;
};

/// What all calls to one proto service share: authorization, admission, metrics, log. Thread-safe.
class Shell {
 public:
  /// `service` is the full name, e.g. FeedbackService::service_full_name().
  Shell(absl::string_view service, const Environment& environment);
  ~Shell();

 private:
  friend class CallScope;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// How one RPC is called; `Unary(shell, context, request, response, {.validate = CheckGet}, ...)`.
template <typename Request>
struct Method {
  /// Adds what is wrong with the request; runs after authorization, so names are those of `tenant`.
  std::function<void(const Request&, Violations&)> validate;
  /// Whether the service role may call it for `tenants/-`.
  bool all_tenants = false;
  /// Whether the log tells the request's size. Counting costs about 7 % of parsing: off for bulk.
  bool count_bytes = true;
  /// Of UnparsedUnary: how many places of admission a request of that many bytes takes, see
  /// Admission::Enter; one unless set.
  int64_t (*places)(size_t bytes) = nullptr;
};

/// What the untyped cores need to know of a Method.
struct MethodTraits {
  absl::string_view name;
  bool all_tenants;
  bool count_bytes;
  int64_t places = 1;
};

/// The untyped core of Unary.
grpc::Status RunUnary(Shell& shell, grpc::ServerContext* context, const MethodTraits& method,
                      const google::protobuf::Message& request,
                      absl::FunctionRef<void(Violations&)> validate,
                      absl::FunctionRef<absl::Status(const CallContext&)> handle);

/// The untyped core of UnparsedUnary: `parse` fills `request`.
grpc::Status RunUnparsedUnary(Shell& shell, grpc::ServerContext* context,
                              const MethodTraits& method, const google::protobuf::Message& request,
                              absl::FunctionRef<bool()> parse,
                              absl::FunctionRef<void(Violations&)> validate,
                              absl::FunctionRef<absl::Status(const CallContext&)> handle);

/// The untyped core of ClientStream.
grpc::Status RunClientStream(Shell& shell, grpc::ServerContext* context, const MethodTraits& method,
                             const google::protobuf::Message& request,
                             absl::FunctionRef<bool()> read,
                             absl::FunctionRef<void(Violations&)> validate,
                             absl::FunctionRef<absl::Status(const CallContext&)> on_message,
                             absl::FunctionRef<absl::Status(const CallContext&)> finish);

namespace internal {

/// For a request that was sent in that many bytes.
google::protobuf::ArenaOptions ArenaFor(size_t bytes);

/// Fills `message`; false: these are no bytes of one.
bool Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message* message);

/// Calls `handler(args..., response)` when it takes the response, else moves the StatusOr that
/// `handler(args...)` returns into it.
template <typename Response, typename Handler, typename... Args>
absl::Status Fill(Response* response, Handler& handler, Args&... args) {
  if constexpr (std::is_invocable_v<Handler&, Args&..., Response*>) {
    return handler(args..., response);
  } else {
    absl::StatusOr<Response> result = handler(args...);
    if (!result.ok()) return std::move(result).status();
    *response = *std::move(result);
    return absl::OkStatus();
  }
}

}  // namespace internal

/// Everything around a handler, in this order: caller and tenant, authorization (see ResourceOf),
/// admission, validation, handler, status with ErrorInfo, metrics and one line of log.
/// `handler` is `StatusOr<Response>(const CallContext&, const Request&)` or
/// `Status(const CallContext&, const Request&, Response*)`. To be called in the method that
/// implements the RPC, since its name is taken as the RPC's:
///   grpc::Status GetMap(grpc::ServerContext* context, const GetMapRequest* request,
///                       JourneyMap* response) override {
///     return rpc::Unary(shell_, context, request, response, {.validate = CheckGetMap},
///                       [&](const auto& call, const auto& request) { return maps_.Get(...); });
///   }
template <typename Request, typename Response, typename Handler>
grpc::Status Unary(Shell& shell, grpc::ServerContext* context, const Request* request,
                   Response* response, const Method<std::type_identity_t<Request>>& method,
                   Handler&& handler, const char* name = __builtin_FUNCTION()) {
  return RunUnary(
      shell, context, {name, method.all_tenants, method.count_bytes}, *request,
      [&](Violations& violations) {
        if (method.validate) method.validate(*request, violations);
      },
      [&](const CallContext& call) { return internal::Fill(response, handler, call, *request); });
}

/// The same for a request that comes as bytes, see BoundService, and is not parsed before the call
/// is admitted, so that refusing costs little beside answering. The order is then caller and
/// tenant, admission, parsing, authorization, validation, handler. The request is the handler's to
/// use up (`Request&` instead of `const Request&`); it lives in an arena that ends with the call.
///   grpc::Status Import(grpc::ServerContext* context, const grpc::ByteBuffer* request,
///                       ImportResponse* response) {
///     return rpc::UnparsedUnary<ImportRequest>(shell_, context, request, response, {}, ...);
///   }
template <typename Request, typename Response, typename Handler>
grpc::Status UnparsedUnary(Shell& shell, grpc::ServerContext* context,
                           const grpc::ByteBuffer* bytes, Response* response,
                           const Method<std::type_identity_t<Request>>& method, Handler&& handler,
                           const char* name = __builtin_FUNCTION()) {
  const size_t size = bytes->Length();
  google::protobuf::Arena arena(internal::ArenaFor(size));
  auto& request = *google::protobuf::Arena::CreateMessage<Request>(&arena);
  return RunUnparsedUnary(
      shell, context,
      {name, method.all_tenants, method.count_bytes, method.places ? method.places(size) : 1},
      request, [&] { return internal::Parse(*bytes, &request); },
      [&](Violations& violations) {
        if (method.validate) method.validate(request, violations);
      },
      [&](const CallContext& call) { return internal::Fill(response, handler, call, request); });
}

/// The same around a client's stream, which counts as one call and is admitted before it is read.
/// One message object is reused: `on_message`, `Status(const CallContext&, Request&)`, may swap its
/// content away. Each message is authorized (`call.tenant` is its tenant) and validated; the first
/// failure ends the stream with its status. When the client has finished,
/// `finish(const CallContext&)` answers like a handler of Unary; it does not run for a stream that
/// broke off.
template <typename Request, typename Response, typename OnMessage, typename Finish>
grpc::Status ClientStream(Shell& shell, grpc::ServerContext* context,
                          grpc::ServerReader<Request>* reader, Response* response,
                          const Method<std::type_identity_t<Request>>& method,
                          OnMessage&& on_message, Finish&& finish,
                          const char* name = __builtin_FUNCTION()) {
  Request request;
  return RunClientStream(
      shell, context, {name, method.all_tenants, method.count_bytes}, request,
      [&] { return reader->Read(&request); },
      [&](Violations& violations) {
        if (method.validate) method.validate(request, violations);
      },
      [&](const CallContext& call) -> absl::Status { return on_message(call, request); },
      [&](const CallContext& call) { return internal::Fill(response, finish, call); });
}

}  // namespace waymark::rpc
