#pragma once

#include <deque>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "grpcpp/impl/rpc_service_method.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/method_handler.h"
#include "grpcpp/support/status.h"
#include "grpcpp/support/sync_stream.h"

namespace waymark::rpc {

/// A proto service whose methods are registered one by one, as the base class that protoc generates
/// registers all of them, so that a method may take its request as bytes (`const
/// grpc::ByteBuffer*`): it is then called before anything of it is parsed, see UnparsedUnary. Who
/// derives from it binds every method of the proto in its constructor; one that is missing answers
/// UNIMPLEMENTED. Not for calls while it is being constructed; thread-safe then.
class BoundService : public grpc::Service {
 protected:
  /// `service` is the full name, e.g. FeedbackService::service_full_name().
  explicit BoundService(absl::string_view service) : service_(service) {}

  /// Has `method`, the proto's name of a unary RPC, run by `run`.
  template <typename Impl, typename Request, typename Response>
  void Bind(absl::string_view method,
            grpc::Status (Impl::*run)(grpc::ServerContext*, const Request*, Response*)) {
    Add(method, grpc::internal::RpcMethod::NORMAL_RPC,
        new grpc::internal::RpcMethodHandler<Impl, Request, Response>(std::mem_fn(run),
                                                                      static_cast<Impl*>(this)));
  }

  /// The same for an RPC whose requests are a stream.
  template <typename Impl, typename Request, typename Response>
  void Bind(absl::string_view method,
            grpc::Status (Impl::*run)(grpc::ServerContext*, grpc::ServerReader<Request>*,
                                      Response*)) {
    Add(method, grpc::internal::RpcMethod::CLIENT_STREAMING,
        new grpc::internal::ClientStreamingHandler<Impl, Request, Response>(
            std::mem_fn(run), static_cast<Impl*>(this)));
  }

 private:
  void Add(absl::string_view method, grpc::internal::RpcMethod::RpcType type,
           grpc::internal::MethodHandler* handler) {
    const std::string& path = paths_.emplace_back(absl::StrCat("/", service_, "/", method));
    AddMethod(new grpc::internal::RpcServiceMethod(path.c_str(), type, handler));
  }

  const std::string service_;
  /// gRPC keeps pointers to them.
  std::deque<std::string> paths_;
};

}  // namespace waymark::rpc
