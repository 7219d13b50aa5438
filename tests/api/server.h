#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "libs/testing/process.h"
#include "tests/api/schema.h"
#include "tests/api/status.h"

namespace waymark::api_test {

using Metadata = std::multimap<std::string, std::string>;

/// A waymark-standalone on a fresh folder, for as long as the object lives.
class Server {
 public:
  Server();

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  const Schema& schema() const { return *schema_; }
  /// A tenant that no test has used yet.
  std::string NewTenant();
  /// The folder where it keeps everything.
  std::string data() const { return folder_.path() + "/data"; }
  /// What it has written to its log so far.
  std::string log() const { return process_->err(); }

 private:
  testing::TempFolder folder_;
  std::unique_ptr<testing::Process> process_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Schema> schema_;
  int tenants_used_ = 0;
};

/// Calls an RPC with one message each way, whatever its types; a stream of one message is the same
/// on the wire.
grpc::Status Call(const Server& server, const google::protobuf::MethodDescriptor& method,
                  const Metadata& metadata, const google::protobuf::Message& request,
                  google::protobuf::Message* response, absl::Duration timeout = absl::Seconds(30));

/// What an RPC answered; `body` is empty when it failed.
struct Reply {
  grpc::Status status;
  std::unique_ptr<google::protobuf::Message> body;
};

/// Calls a server for one tenant.
class Client {
 public:
  Client(const Server* server, std::string tenant)
      : server_(server), tenant_(std::move(tenant)), parent_("tenants/" + tenant_) {}

  const std::string& tenant() const { return tenant_; }
  /// "tenants/{tenant}"
  const std::string& parent() const { return parent_; }

  /// Calls the RPC that takes such a request; fails the test when it answers an error.
  template <typename Response>
  Response Get(const google::protobuf::Message& request) const {
    Response response;
    EXPECT_THAT(Try(request, &response), IsOk()) << request.GetDescriptor()->full_name();
    return response;
  }

  /// The same, for those that may fail.
  grpc::Status Try(const google::protobuf::Message& request, google::protobuf::Message* response,
                   absl::Duration timeout = absl::Seconds(30)) const;

  /// Calls "Service.Method" with a request in text format, in which $0 stands for parent().
  Reply Send(absl::string_view method, absl::string_view request,
             absl::Duration timeout = absl::Seconds(30)) const;

 private:
  const Server* server_;
  std::string tenant_;
  std::string parent_;
};

/// A test against a server that its suite shares, with a tenant of its own.
class ApiTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new Server(); }
  static void TearDownTestSuite() { delete server_; }

  ApiTest() : client_(server_, server_->NewTenant()) {}

  static Server* server_;
  Client client_;
};

}  // namespace waymark::api_test
