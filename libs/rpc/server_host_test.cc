#include "libs/rpc/server_host.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "libs/rpc/testdata/echo_server.h"

namespace waymark::rpctest {
namespace {

using ::grpc::health::v1::Health;
using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::grpc::reflection::v1::ServerReflection;
using ::grpc::reflection::v1::ServerReflectionRequest;
using ::grpc::reflection::v1::ServerReflectionResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::shared_ptr<grpc::Channel> PlainChannel(const EchoServer& server) {
  return grpc::CreateChannel(server.host->address(), grpc::InsecureChannelCredentials());
}

TEST(ServerHostTest, NamesAnAddressThatIsTaken) {
  EchoServer server;
  rpc::ServerOptions options;
  options.listen = server.host->address();
  const absl::Status status = rpc::ServerHost::Start(options, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(options.listen));
}

TEST(ServerHostTest, RefusesCompressedMessages) {
  EchoServer server;
  grpc::ClientContext context;
  rpc::SetUpContext(context, {.tenant = "demo"});
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  GetEchoRequest request;
  request.set_name("tenants/demo/echoes/e1");
  request.set_text(std::string(1 << 20, 'x'));
  Echo response;
  EXPECT_EQ(server.stub->GetEcho(&context, request, &response).error_code(), grpc::UNIMPLEMENTED);
  EXPECT_EQ(server.service->handled, 0);
}

TEST(ServerHostTest, TakesABatchAtItsLimitAndNothingMuchLarger) {
  EchoServer server;
  EXPECT_TRUE(GetEcho(server, std::string(4 << 20, 'x')).ok());
  EXPECT_EQ(GetEcho(server, std::string(5 << 20, 'x')).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(server.service->handled, 1);
}

HealthCheckResponse::ServingStatus Check(Health::Stub& stub, const std::string& service,
                                         grpc::Status* status) {
  grpc::ClientContext context;
  HealthCheckRequest request;
  request.set_service(service);
  HealthCheckResponse response;
  *status = stub.Check(&context, request, &response);
  return response.status();
}

TEST(HealthTest, KnowsEachServiceAndTheWhole) {
  EchoServer server;
  auto stub = Health::NewStub(PlainChannel(server));
  grpc::Status status;
  EXPECT_EQ(Check(*stub, "", &status), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check(*stub, "waymark.rpctest.EchoService", &status), HealthCheckResponse::SERVING);
  EXPECT_TRUE(status.ok());
  Check(*stub, "no.such.Service", &status);
  EXPECT_EQ(status.error_code(), grpc::NOT_FOUND);
}

TEST(HealthTest, TellsWatchersOfTheEndAndDoesNotWaitForThem) {
  EchoServer server;
  auto stub = Health::NewStub(PlainChannel(server));
  grpc::ClientContext context;
  auto reader = stub->Watch(&context, HealthCheckRequest());
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  const absl::Time start = absl::Now();
  std::thread drain([&] { server.host->Drain(absl::Milliseconds(50), absl::Minutes(5)); });
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::UNAVAILABLE);
  drain.join();
  EXPECT_LT(absl::Now() - start, absl::Minutes(1));
}

TEST(HealthTest, AnUnknownServiceCanBeWatched) {
  EchoServer server;
  auto stub = Health::NewStub(PlainChannel(server));
  grpc::ClientContext context;
  HealthCheckRequest request;
  request.set_service("no.such.Service");
  auto reader = stub->Watch(&context, request);
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  context.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::CANCELLED);
}

// A client that asks one question after the other on one stream.
class ReflectionClient {
 public:
  explicit ReflectionClient(const EchoServer& server)
      : stub_(ServerReflection::NewStub(PlainChannel(server))),
        stream_(stub_->ServerReflectionInfo(&context_)) {}

  ServerReflectionResponse Ask(const ServerReflectionRequest& request) {
    ServerReflectionResponse response;
    EXPECT_TRUE(stream_->Write(request));
    EXPECT_TRUE(stream_->Read(&response));
    return response;
  }

  grpc::Status Finish() {
    stream_->WritesDone();
    return stream_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<ServerReflection::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<ServerReflectionRequest, ServerReflectionResponse>>
      stream_;
};

TEST(ReflectionTest, ListsTheServices) {
  EchoServer server;
  ReflectionClient client(server);
  ServerReflectionRequest request;
  request.set_list_services("*");
  const ServerReflectionResponse response = client.Ask(request);
  std::vector<std::string> names;
  for (const auto& service : response.list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_THAT(names, ElementsAre("grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                 "waymark.rpctest.EchoService"));
  EXPECT_TRUE(client.Finish().ok());
}

TEST(ReflectionTest, AFileComesWithAllThatItImports) {
  EchoServer server;
  ReflectionClient client(server);
  ServerReflectionRequest request;
  request.set_file_containing_symbol("waymark.common.v1.RetryInfo");
  const ServerReflectionResponse response = client.Ask(request);
  google::protobuf::DescriptorPool pool;
  const auto& files = response.file_descriptor_response().file_descriptor_proto();
  // Imports come after what imports them.
  for (auto bytes = files.rbegin(); bytes != files.rend(); ++bytes) {
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(file.ParseFromString(*bytes));
    ASSERT_NE(pool.BuildFile(file), nullptr) << file.name();
  }
  const auto* message = pool.FindMessageTypeByName("waymark.common.v1.RetryInfo");
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(message->FindFieldByName("retry_delay")->message_type()->full_name(),
            "google.protobuf.Duration");
  // Asked again in the same stream: the file comes again, its imports do not.
  EXPECT_EQ(client.Ask(request).file_descriptor_response().file_descriptor_proto_size(), 1);
}

TEST(ReflectionTest, FindsFilesServicesAndMethods) {
  EchoServer server;
  ReflectionClient client(server);
  ServerReflectionRequest request;
  for (const char* symbol :
       {"waymark.rpctest.EchoService", "waymark.rpctest.EchoService.GetEcho"}) {
    request.set_file_containing_symbol(symbol);
    EXPECT_EQ(client.Ask(request).file_descriptor_response().file_descriptor_proto_size(), 1);
  }
  request.set_file_by_filename("libs/rpc/testdata/echo_service.proto");
  EXPECT_EQ(client.Ask(request).file_descriptor_response().file_descriptor_proto_size(), 1);
  request.set_all_extension_numbers_of_type("waymark.rpctest.Echo");
  EXPECT_EQ(client.Ask(request).all_extension_numbers_response().base_type_name(),
            "waymark.rpctest.Echo");
}

TEST(ReflectionTest, WhatIsUnknownIsAnErrorResponseAndTheStreamGoesOn) {
  EchoServer server;
  ReflectionClient client(server);
  ServerReflectionRequest request;
  request.set_file_containing_symbol("no.such.Symbol");
  EXPECT_EQ(client.Ask(request).error_response().error_code(), grpc::NOT_FOUND);
  request.set_file_by_filename("no/such.proto");
  EXPECT_EQ(client.Ask(request).error_response().error_code(), grpc::NOT_FOUND);
  request.mutable_file_containing_extension()->set_containing_type("waymark.rpctest.Echo");
  EXPECT_EQ(client.Ask(request).error_response().error_code(), grpc::NOT_FOUND);
  request.Clear();
  EXPECT_EQ(client.Ask(request).error_response().error_code(), grpc::INVALID_ARGUMENT);
  request.set_list_services("");
  EXPECT_EQ(client.Ask(request).list_services_response().service_size(), 3);
}

TEST(DrainTest, NoCallFailsWhileOneOfTwoServersEnds) {
  EchoServer ending;
  EchoServer staying;
  const std::string target =
      absl::StrCat("ipv4:", ending.host->address(), ",", staying.host->address());
  auto stub = EchoService::NewStub(rpc::MakeChannel(target));
  GetEchoRequest request;
  request.set_name("tenants/demo/echoes/e1");
  std::atomic<bool> stop = false;
  std::atomic<int> failed = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      while (!stop) {
        const auto echo = rpc::ClientCall(*stub, &EchoService::StubInterface::GetEcho, request,
                                          {.tenant = "demo"});
        if (!echo.ok()) {
          ++failed;
          ADD_FAILURE() << echo.status();
        }
      }
    });
  }
  // Both take part before one ends, and the other goes on after that.
  while (ending.service->handled < 100 || staying.service->handled < 100) std::this_thread::yield();
  ending.host->Drain(absl::Milliseconds(400), absl::Seconds(5));
  const int before = staying.service->handled;
  while (staying.service->handled < before + 100) std::this_thread::yield();
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace waymark::rpctest
