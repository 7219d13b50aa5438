#include "libs/rpc/call.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/error.h"
#include "libs/rpc/testdata/echo_server.h"

namespace waymark::rpctest {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr rpc::AdmissionOptions kOneCall = {.max_concurrent = 1, .max_queued = 0};

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{}).reason;
}

// The lines of `log` that tell of a call.
std::vector<std::string> CallLines(const std::string& log) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(log, '\n', absl::SkipEmpty())) {
    if (absl::StrContains(line, "\"message\":\"call\"")) lines.emplace_back(line);
  }
  return lines;
}

struct Metadata {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string name = "tenants/demo/echoes/e1";
};

grpc::Status GetWith(EchoServer& server, const Metadata& metadata, const std::string& text = "hi") {
  grpc::ClientContext context;
  for (const auto& [key, value] : metadata.pairs) context.AddMetadata(key, value);
  GetEchoRequest request;
  request.set_name(metadata.name);
  request.set_text(text);
  Echo response;
  return server.stub->GetEcho(&context, request, &response);
}

TEST(CallTest, AnswersWithWhatTheHandlerReturns) {
  EchoServer server;
  const auto echo = GetEcho(server, "hello");
  ASSERT_TRUE(echo.ok()) << echo.status();
  EXPECT_EQ(echo->text(), "hello");
}

TEST(CallTest, ChecksTenantThenAdmissionThenFields) {
  EchoServer server(kOneCall);
  std::thread first([&] { EXPECT_TRUE(GetEcho(server, "block").ok()); });
  server.service->blocked.WaitForNotification();
  const Metadata mine = {{{"waymark-tenant", "demo"}}};
  const Metadata foreign = {{{"waymark-tenant", "acme"}}};
  EXPECT_EQ(GetWith(server, foreign, "invalid").error_code(), grpc::PERMISSION_DENIED);
  EXPECT_EQ(GetWith(server, mine, "invalid").error_code(), grpc::RESOURCE_EXHAUSTED);
  server.service->release.Notify();
  first.join();
  EXPECT_EQ(GetWith(server, mine, "invalid").error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(server.service->handled, 1);
}

TEST(CallTest, EveryDenialIsTheSameByteForByte) {
  EchoServer server;
  const std::vector<Metadata> denied = {
      {{{"waymark-tenant", "demo"}}, "tenants/acme/echoes/e1"},
      {{{"waymark-tenant", "demo"}}, "tenants/unknown/echoes/e1"},
      {{{"waymark-tenant", "demo"}}, "tenants/-/echoes/e1"},
      {{{"waymark-tenant", "demo"}}, "echoes/e1"},
      {{{"waymark-tenant", "demo"}}, ""},
      {{{"waymark-tenant", "unknown"}}, "tenants/unknown/echoes/e1"},
      {{}, "tenants/demo/echoes/e1"},
      {{{"waymark-tenant", ""}}, "tenants//echoes/e1"},
      {{{"waymark-tenant", "demo"}, {"waymark-tenant", "acme"}}, "tenants/demo/echoes/e1"},
      {{{"waymark-tenant", "-"}}, "tenants/demo/echoes/e1"},
      {{{"waymark-tenant", "-"}, {"waymark-role", "service"}}, "tenants/unknown/echoes/e1"},
      {{{"waymark-tenant", "-"}, {"waymark-role", "service"}}, "tenants/-/echoes/e1"},
      {{{"waymark-tenant", "demo"}, {"waymark-role", "service"}}, "tenants/acme/echoes/e1"},
  };
  const grpc::Status expected = GetWith(server, denied[0]);
  EXPECT_EQ(expected.error_code(), grpc::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(rpc::FromGrpcStatus(expected)), "TENANT_DENIED");
  for (const Metadata& metadata : denied) {
    const grpc::Status status = GetWith(server, metadata);
    EXPECT_EQ(status.error_code(), expected.error_code()) << metadata.name;
    EXPECT_EQ(status.error_message(), expected.error_message());
    EXPECT_EQ(status.error_details(), expected.error_details());
  }
  EXPECT_EQ(server.service->handled, 0);
}

TEST(CallTest, ServiceRoleNamesAnyKnownTenantAndAllWhereTheMethodAllowsIt) {
  EchoServer server;
  for (const std::string tenant : {"demo", "acme", "-"}) {
    ListEchoesRequest request;
    request.set_parent("tenants/" + tenant);
    const auto echo = rpc::ClientCall(*server.stub, &EchoService::StubInterface::ListEchoes,
                                      request, {.tenant = "-"});
    ASSERT_TRUE(echo.ok()) << echo.status();
    EXPECT_EQ(echo->text(), tenant);
  }
  EXPECT_TRUE(GetEcho(server, "hi", {.tenant = "-"}).ok());
}

TEST(CallTest, AnUpdateIsAuthorizedByItsResourcesName) {
  EchoServer server;
  UpdateEchoRequest request;
  request.mutable_echo()->set_name("tenants/acme/echoes/e1");
  const auto update = [&](const std::string& tenant) {
    return rpc::ClientCall(*server.stub, &EchoService::StubInterface::UpdateEcho, request,
                           {.tenant = tenant})
        .status()
        .code();
  };
  EXPECT_EQ(update("acme"), absl::StatusCode::kOk);
  EXPECT_EQ(update("demo"), absl::StatusCode::kPermissionDenied);
}

TEST(CallTest, AShedCallSaysWhenToTryAgain) {
  EchoServer server(kOneCall);
  std::thread first([&] { EXPECT_TRUE(GetEcho(server, "block").ok()); });
  server.service->blocked.WaitForNotification();
  grpc::ClientContext context;
  rpc::SetUpContext(context, {.tenant = "demo"});
  GetEchoRequest request;
  request.set_name("tenants/demo/echoes/e1");
  Echo response;
  const absl::Status status =
      rpc::FromGrpcStatus(server.stub->GetEcho(&context, request, &response));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  const auto details = GetErrorDetails(status);
  ASSERT_TRUE(details);
  EXPECT_EQ(details->reason, "OVERLOADED");
  ASSERT_TRUE(details->retry_after.has_value());
  EXPECT_GE(*details->retry_after, RetryPacer::kShortest);
  EXPECT_LE(*details->retry_after, RetryPacer::kLongest);
  const auto& trailers = context.GetServerTrailingMetadata();
  ASSERT_EQ(trailers.count("grpc-retry-pushback-ms"), 1);
  EXPECT_EQ(trailers.find("grpc-retry-pushback-ms")->second,
            absl::StrCat(absl::ToInt64Milliseconds(*details->retry_after)));
  server.service->release.Notify();
  first.join();
  EXPECT_TRUE(GetEcho(server, "hi").ok());
}

TEST(CallTest, AHandlerSeesThatTheDeadlineHasPassed) {
  EchoServer server;
  const auto echo = GetEcho(server, "wait", {.tenant = "demo", .timeout = absl::Milliseconds(100)});
  EXPECT_EQ(echo.status().code(), absl::StatusCode::kDeadlineExceeded);
  server.service->cancelled.WaitForNotification();
}

TEST(CallTest, TheParentsDeadlineTenantCallerAndTraceTravel) {
  EchoServer server;
  rpc::CallContext parent;
  parent.tenant = "demo";
  parent.caller = "ann";
  parent.deadline = absl::Now() + absl::Seconds(5);
  parent.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(GetEcho(server, "context", {.parent = &parent})->text(), "demo ann user 1");
  const std::string trace = GetEcho(server, "trace", {.parent = &parent})->text();
  EXPECT_THAT(trace, StartsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
  EXPECT_NE(trace, parent.traceparent);
  parent.deadline = absl::Now() - absl::Seconds(1);
  EXPECT_EQ(GetEcho(server, "hi", {.parent = &parent}).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(CallTest, ATenantThatMetadataCannotCarryIsDeniedNotFatal) {
  EchoServer server;
  EXPECT_EQ(GetEcho(server, "hi", {.tenant = "de\nmo"}).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(CallTest, InternalErrorsAreLoggedUnderAnIdAndNotTold) {
  for (const char* text : {"internal", "no reason"}) {
    EchoServer server;
    ::testing::internal::CaptureStderr();
    const absl::Status status = GetEcho(server, text).status();
    server.host.reset();
    const std::string log = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
    const auto details = GetErrorDetails(status);
    ASSERT_TRUE(details);
    EXPECT_EQ(details->reason, "INTERNAL");
    ASSERT_THAT(details->metadata, SizeIs(1));
    EXPECT_THAT(std::string(status.message()), HasSubstr(details->metadata[0].second));
    EXPECT_THAT(log, HasSubstr(details->metadata[0].second));
    EXPECT_THAT(log, HasSubstr("secret"));
  }
}

TEST(CallTest, OneLogLinePerCallWithoutContent) {
  EchoServer server;
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(GetEcho(server, "confidential").ok());
  ASSERT_FALSE(GetEcho(server, "not found").ok());
  server.host.reset();
  const auto lines = CallLines(::testing::internal::GetCapturedStderr());
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines, Each(Not(HasSubstr("confidential"))));
  EXPECT_THAT(lines[0], HasSubstr("\"service\":\"waymark.rpctest.EchoService\",\"method\":"
                                  "\"GetEcho\",\"tenant\":\"demo\",\"code\":\"OK\",\"ms\":"));
  EXPECT_THAT(lines[0], HasSubstr("\"request_bytes\":38"));
  EXPECT_THAT(lines[1], HasSubstr("\"code\":\"NOT_FOUND\""));
  EXPECT_THAT(lines[1], HasSubstr("\"reason\":\"SOURCE_NOT_FOUND\""));
}

TEST(CallTest, CountsCallsByMethodAndCode) {
  EchoServer server;
  ASSERT_TRUE(GetEcho(server, "hi").ok());
  ASSERT_TRUE(GetEcho(server, "hi").ok());
  ASSERT_FALSE(GetEcho(server, "invalid").ok());
  server.host.reset();
  const std::string text = server.metrics.Render();
  const std::string labels = "method=\"GetEcho\",service=\"waymark.rpctest.EchoService\"}";
  EXPECT_THAT(text, HasSubstr("waymark_rpc_requests_total{code=\"OK\"," + labels + " 2\n"));
  EXPECT_THAT(text,
              HasSubstr("waymark_rpc_requests_total{code=\"INVALID_ARGUMENT\"," + labels + " 1\n"));
  EXPECT_THAT(text, HasSubstr("waymark_rpc_duration_seconds_count{" + labels + " 3\n"));
  EXPECT_THAT(text, HasSubstr("waymark_rpc_in_flight{" + labels + " 0\n"));
}

GetEchoRequest RequestFor(const std::string& tenant, const std::string& text) {
  GetEchoRequest request;
  request.set_name("tenants/" + tenant + "/echoes/e1");
  request.set_text(text);
  return request;
}

// What TakeEcho answers `caller` when it sends `bytes`.
absl::StatusOr<Echo> Take(EchoServer& server, const std::string& caller, const std::string& bytes) {
  grpc::ClientContext context;
  rpc::SetUpContext(context, {.tenant = caller});
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  absl::Notification done;
  grpc::GenericStub stub(rpc::MakeChannel(server.host->address()));
  stub.UnaryCall(&context, "/waymark.rpctest.EchoService/TakeEcho", {}, &request, &response,
                 [&](const grpc::Status& ended) {
                   status = ended;
                   done.Notify();
                 });
  done.WaitForNotification();
  if (!status.ok()) return rpc::FromGrpcStatus(status);
  Echo echo;
  EXPECT_TRUE(grpc::SerializationTraits<Echo>::Deserialize(&response, &echo).ok());
  return echo;
}

absl::StatusOr<Echo> Take(EchoServer& server, const std::string& caller,
                          const GetEchoRequest& request) {
  return Take(server, caller, request.SerializeAsString());
}

constexpr char kMalformed[] = "these are no fields";

TEST(UnparsedUnaryTest, AnswersWithWhatTheHandlerReturns) {
  EchoServer server;
  const auto echo = Take(server, "demo", RequestFor("demo", "hello"));
  ASSERT_TRUE(echo.ok()) << echo.status();
  EXPECT_EQ(echo->text(), "hello");
  const std::string large(100'000, 'x');
  EXPECT_EQ(Take(server, "demo", RequestFor("demo", large))->text(), large);
}

TEST(UnparsedUnaryTest, ChecksCallerThenAdmissionThenBytesThenTenantThenFields) {
  EchoServer server(kOneCall);
  std::thread first([&] { EXPECT_TRUE(GetEcho(server, "block").ok()); });
  server.service->blocked.WaitForNotification();
  const auto code = [&](const std::string& caller, const auto& request) {
    return Take(server, caller, request).status().code();
  };
  const GetEchoRequest foreign = RequestFor("acme", "invalid");
  EXPECT_EQ(code("unknown", std::string(kMalformed)), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(code("demo", std::string(kMalformed)), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code("demo", foreign), absl::StatusCode::kResourceExhausted);
  server.service->release.Notify();
  first.join();
  EXPECT_EQ(code("demo", std::string(kMalformed)), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("demo", foreign), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(code("demo", RequestFor("demo", "invalid")), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(server.service->handled, 1);
}

TEST(UnparsedUnaryTest, MalformedBytesAreExplainedCountedAndLogged) {
  EchoServer server;
  ::testing::internal::CaptureStderr();
  const absl::Status status = Take(server, "demo", kMalformed).status();
  server.host.reset();
  const auto lines = CallLines(::testing::internal::GetCapturedStderr());
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_THAT(std::string(status.message()), HasSubstr("waymark.rpctest.GetEchoRequest"));
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], HasSubstr("\"method\":\"TakeEcho\""));
  EXPECT_THAT(lines[0], HasSubstr("\"code\":\"INVALID_ARGUMENT\""));
  EXPECT_THAT(
      server.metrics.Render(),
      HasSubstr("waymark_rpc_requests_total{code=\"INVALID_ARGUMENT\",method=\"TakeEcho\""));
}

// Sends `texts` as batches, each for a tenant, and answers how the stream ended.
absl::StatusOr<Echo> Stream(EchoServer& server,
                            const std::vector<std::pair<std::string, std::string>>& batches) {
  grpc::ClientContext context;
  rpc::SetUpContext(context, {.tenant = "demo"});
  Echo response;
  auto writer = server.stub->StreamEchoes(&context, &response);
  for (const auto& [tenant, text] : batches) {
    ListEchoesRequest request;
    request.set_parent("tenants/" + tenant);
    request.set_text(text);
    if (!writer->Write(request)) break;
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (!status.ok()) return rpc::FromGrpcStatus(status);
  return response;
}

TEST(ClientStreamTest, HandlesEachMessageAndAnswersOnce) {
  EchoServer server;
  const auto echo = Stream(server, {{"demo", "a"}, {"demo", "b"}, {"demo", "c"}});
  ASSERT_TRUE(echo.ok()) << echo.status();
  EXPECT_EQ(echo->text(), "abc");
}

TEST(ClientStreamTest, AuthorizesAndValidatesEachMessage) {
  EchoServer server;
  EXPECT_EQ(Stream(server, {{"demo", "a"}, {"acme", "b"}}).status().code(),
            absl::StatusCode::kPermissionDenied);
  const absl::Status invalid = Stream(server, {{"demo", "a"}, {"demo", "invalid"}}).status();
  EXPECT_EQ(invalid.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(invalid), "INVALID_FIELD");
  EXPECT_EQ(server.service->streams_finished, 0);
}

TEST(ClientStreamTest, ABrokenStreamIsNotFinished) {
  EchoServer server;
  grpc::ClientContext context;
  rpc::SetUpContext(context, {.tenant = "demo"});
  Echo response;
  auto writer = server.stub->StreamEchoes(&context, &response);
  ListEchoesRequest request;
  request.set_parent("tenants/demo");
  request.set_text("block");
  ASSERT_TRUE(writer->Write(request));
  server.service->blocked.WaitForNotification();
  context.TryCancel();
  EXPECT_EQ(writer->Finish().error_code(), grpc::CANCELLED);
  server.host.reset();
  EXPECT_EQ(server.service->streams_finished, 0);
}

}  // namespace
}  // namespace waymark::rpctest
