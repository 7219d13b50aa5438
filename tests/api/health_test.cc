#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/api/server.h"

namespace waymark::api_test {
namespace {

using ::grpc::health::v1::Health;
using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;

class HealthTest : public ApiTest {
 protected:
  grpc::Status Check(const std::string& service, HealthCheckResponse* response) {
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(service);
    return Health::NewStub(server_->channel())->Check(&context, request, response);
  }

  // The first status that a watch of `service` tells.
  HealthCheckResponse::ServingStatus Watch(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(service);
    const auto stub = Health::NewStub(server_->channel());
    const auto stream = stub->Watch(&context, request);
    HealthCheckResponse response;
    EXPECT_TRUE(stream->Read(&response));
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::CANCELLED);
    return response.status();
  }
};

TEST_F(HealthTest, EveryServiceIsServing) {
  std::vector<std::string> services = server_->schema().services();
  services.push_back("");
  for (const std::string& service : services) {
    HealthCheckResponse response;
    EXPECT_THAT(Check(service, &response), IsOk()) << service;
    EXPECT_EQ(response.status(), HealthCheckResponse::SERVING) << service;
    EXPECT_EQ(Watch(service), HealthCheckResponse::SERVING) << service;
  }
}

TEST_F(HealthTest, AnUnknownServiceIsNotFoundButMayBeWatched) {
  HealthCheckResponse response;
  EXPECT_EQ(Check("waymark.Nothing", &response).error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(Watch("waymark.Nothing"), HealthCheckResponse::SERVICE_UNKNOWN);
}

}  // namespace
}  // namespace waymark::api_test
