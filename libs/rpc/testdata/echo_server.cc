#include "libs/rpc/testdata/echo_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace waymark::rpctest {
namespace {

std::string WriteTenants() {
  char path[] = "/tmp/waymark-tenants-XXXXXX";
  const int fd = mkstemp(path);
  FILE* file = fdopen(fd, "w");
  fputs("demo\nacme  # another one\n", file);
  fclose(file);
  return path;
}

void CheckText(const std::string& text, rpc::Violations& violations) {
  if (text == "invalid") violations.Add("text", text, "must be another word");
}

void CheckGet(const GetEchoRequest& request, rpc::Violations& violations) {
  violations.CheckName("name", request.name(), "tenants/*/echoes/*");
  CheckText(request.text(), violations);
}

Echo MakeEcho(const std::string& text) {
  Echo echo;
  echo.set_text(text);
  return echo;
}

}  // namespace

EchoServiceImpl::EchoServiceImpl(const rpc::Environment& environment)
    : BoundService(EchoService::service_full_name()),
      shell_(EchoService::service_full_name(), environment) {
  Bind("GetEcho", &EchoServiceImpl::GetEcho);
  Bind("TakeEcho", &EchoServiceImpl::TakeEcho);
  Bind("ListEchoes", &EchoServiceImpl::ListEchoes);
  Bind("UpdateEcho", &EchoServiceImpl::UpdateEcho);
  Bind("StreamEchoes", &EchoServiceImpl::StreamEchoes);
}

grpc::Status EchoServiceImpl::GetEcho(grpc::ServerContext* context, const GetEchoRequest* request,
                                      Echo* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = CheckGet},
                    [&](const auto& call, const auto& r) { return Get(call, r); });
}

grpc::Status EchoServiceImpl::TakeEcho(grpc::ServerContext* context,
                                       const grpc::ByteBuffer* request, Echo* response) {
  return rpc::UnparsedUnary<GetEchoRequest>(
      shell_, context, request, response, {.validate = CheckGet},
      [&](const auto& call, GetEchoRequest& r) { return Get(call, r); });
}

absl::StatusOr<Echo> EchoServiceImpl::Get(const rpc::CallContext& call,
                                          const GetEchoRequest& request) {
  ++handled;
  const std::string& text = request.text();
  if (text == "internal") return absl::InternalError("no such table: secret");
  if (text == "no reason") return absl::NotFoundError("row 17 of secret");
  if (text == "not found") {
    return MakeError(absl::StatusCode::kNotFound, "SOURCE_NOT_FOUND", "no source 'x'; see sources");
  }
  if (text == "trace") return MakeEcho(call.traceparent);
  if (text == "context") {
    return MakeEcho(absl::StrCat(call.tenant, " ", call.caller, " ",
                                 call.role == rpc::Role::kService ? "service" : "user", " ",
                                 absl::ToInt64Seconds(call.deadline - absl::Now()) <= 5));
  }
  if (text == "block") {
    blocked.Notify();
    release.WaitForNotification();
  }
  if (text == "wait") {
    while (!call.cancelled()) absl::SleepFor(absl::Milliseconds(1));
    cancelled.Notify();
    return absl::DeadlineExceededError("waited in vain");
  }
  return MakeEcho(text);
}

grpc::Status EchoServiceImpl::ListEchoes(grpc::ServerContext* context,
                                         const ListEchoesRequest* request, Echo* response) {
  return rpc::Unary(shell_, context, request, response, {.all_tenants = true},
                    [](const rpc::CallContext& call, const auto& r, Echo* echo) {
                      echo->set_text(call.tenant);
                      return absl::OkStatus();
                    });
}

grpc::Status EchoServiceImpl::UpdateEcho(grpc::ServerContext* context,
                                         const UpdateEchoRequest* request, Echo* response) {
  return rpc::Unary(shell_, context, request, response, {},
                    [](const auto& call, const UpdateEchoRequest& r) -> absl::StatusOr<Echo> {
                      return r.echo();
                    });
}

grpc::Status EchoServiceImpl::StreamEchoes(grpc::ServerContext* context,
                                           grpc::ServerReader<ListEchoesRequest>* reader,
                                           Echo* response) {
  std::string all;
  const auto validate = [](const ListEchoesRequest& r, rpc::Violations& violations) {
    CheckText(r.text(), violations);
  };
  return rpc::ClientStream(
      shell_, context, reader, response, {.validate = validate},
      [&](const rpc::CallContext& call, ListEchoesRequest& r) {
        all += r.text();
        if (r.text() == "block") blocked.Notify();
        return absl::OkStatus();
      },
      [&](const rpc::CallContext& call) -> absl::StatusOr<Echo> {
        ++streams_finished;
        return MakeEcho(all);
      });
}

EchoServer::EchoServer(const rpc::AdmissionOptions& admission) {
  const std::string path = WriteTenants();
  tenants = *rpc::TenantRegistry::Load(path);
  unlink(path.c_str());
  rpc::Environment environment{Clock::Real(), tenants.get(), &metrics, admission};
  service = std::make_unique<EchoServiceImpl>(environment);
  host = *rpc::ServerHost::Start({}, service->services());
  stub = EchoService::NewStub(rpc::MakeChannel(host->address()));
}

EchoServer::~EchoServer() {
  if (!service->release.HasBeenNotified()) service->release.Notify();
  host.reset();
}

absl::StatusOr<Echo> GetEcho(EchoServer& server, const std::string& text,
                             const rpc::ClientCallOptions& options) {
  GetEchoRequest request;
  request.set_name("tenants/demo/echoes/e1");
  request.set_text(text);
  return rpc::ClientCall(*server.stub, &EchoService::StubInterface::GetEcho, request, options);
}

}  // namespace waymark::rpctest
