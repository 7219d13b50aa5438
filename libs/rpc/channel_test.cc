#include "libs/rpc/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/base/error.h"
#include "libs/rpc/testdata/echo_server.h"

namespace waymark::rpctest {
namespace {

TEST(ChannelTest, ErrorsKeepTheirDetailsAcrossTheWire) {
  EchoServer server;
  const absl::Status status = GetEcho(server, "not found").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no source 'x'; see sources");
  EXPECT_EQ(GetErrorDetails(status)->reason, "SOURCE_NOT_FOUND");
}

TEST(ChannelTest, NobodyThereIsUnavailable) {
  auto stub = EchoService::NewStub(rpc::MakeChannel("127.0.0.1:1"));
  EXPECT_EQ(rpc::ClientCall(*stub, &EchoService::StubInterface::GetEcho, {}, {.tenant = "demo"})
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST(ChannelTest, InProcessCallsPassTheSameShell) {
  EchoServer server;
  rpc::InProcessServer in_process(server.service->services());
  auto stub = EchoService::NewStub(in_process.channel());
  GetEchoRequest request;
  request.set_name("tenants/demo/echoes/e1");
  request.set_text("inside");
  const auto call = [&](const std::string& tenant) {
    return rpc::ClientCall(*stub, &EchoService::StubInterface::GetEcho, request,
                           {.tenant = tenant});
  };
  const auto echo = call("demo");
  ASSERT_TRUE(echo.ok()) << echo.status();
  EXPECT_EQ(echo->text(), "inside");
  EXPECT_EQ(call("acme").status().code(), absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace waymark::rpctest
