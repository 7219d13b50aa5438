#include "libs/metrics/admin_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace waymark::metrics {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// The whole answer to one HTTP request.
std::string Fetch(const std::string& address, absl::string_view method, absl::string_view path) {
  int port = 0;
  EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port)) << address;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  const std::string request = absl::StrCat(method, " ", path, " HTTP/1.0\r\nHost: x\r\n\r\n");
  EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) answer.append(buffer, n);
  close(fd);
  return answer;
}

absl::Status Ready() { return absl::OkStatus(); }

TEST(AdminServerTest, ServesMetricsOnAFreePort) {
  Registry registry;
  registry.Counter("waymark_calls_total", "Calls.").Increment(7);
  auto server = AdminServer::Start("127.0.0.1:0", &registry, Ready);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT((*server)->address(), Not(EndsWith(":0")));
  const std::string answer = Fetch((*server)->address(), "GET", "/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(answer, HasSubstr("\nwaymark_calls_total 7\n"));
}

TEST(AdminServerTest, ReadinessFollowsTheProcessAndLivenessDoesNot) {
  Registry registry;
  absl::Status ready = absl::OkStatus();
  auto server = AdminServer::Start("127.0.0.1:0", &registry, [&] { return ready; });
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT(Fetch((*server)->address(), "GET", "/readyz"), StartsWith("HTTP/1.1 200 "));
  ready = absl::UnavailableError("draining");
  const std::string answer = Fetch((*server)->address(), "GET", "/readyz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, EndsWith("\r\n\r\ndraining\n"));
  EXPECT_THAT(Fetch((*server)->address(), "GET", "/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST(AdminServerTest, RefusesOtherPathsAndMethods) {
  Registry registry;
  auto server = AdminServer::Start("127.0.0.1:0", &registry, Ready);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT(Fetch((*server)->address(), "GET", "/etc/passwd"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Fetch((*server)->address(), "POST", "/metrics"), StartsWith("HTTP/1.1 405 "));
}

TEST(AdminServerTest, NamesATakenPortAndAMalformedAddress) {
  Registry registry;
  auto first = AdminServer::Start("127.0.0.1:0", &registry, Ready);
  ASSERT_TRUE(first.ok()) << first.status();
  auto second = AdminServer::Start((*first)->address(), &registry, Ready);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr((*first)->address()));
  EXPECT_EQ(AdminServer::Start("9090", &registry, Ready).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace waymark::metrics
