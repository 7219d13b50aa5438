#include "services/cli/client.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/fake_server.h"

namespace waymark::cli {
namespace {

using testing::HasSubstr;

std::string ErrorOf(absl::string_view text) {
  const auto addresses = ParseAddresses(text);
  return addresses.ok() ? "no error" : std::string(addresses.status().message());
}

TEST(ParseAddresses, ReadsOneForAll) {
  const auto addresses = ParseAddresses("host:7070");
  ASSERT_TRUE(addresses.ok());
  EXPECT_EQ(addresses->feedback, "host:7070");
  EXPECT_EQ(addresses->action, "host:7070");
}

TEST(ParseAddresses, ReadsOneForEach) {
  const auto addresses = ParseAddresses("journey=b:2,feedback=a:1,scoring=[::1]:3,action=d:4");
  ASSERT_TRUE(addresses.ok());
  EXPECT_EQ(addresses->feedback, "a:1");
  EXPECT_EQ(addresses->journey, "b:2");
  EXPECT_EQ(addresses->scoring, "[::1]:3");
}

TEST(ParseAddresses, SaysWhatIsWrong) {
  EXPECT_THAT(ErrorOf("host"), HasSubstr("'host' is no HOST:PORT"));
  EXPECT_THAT(ErrorOf(":80"), HasSubstr("HOST:PORT"));
  EXPECT_THAT(ErrorOf("host:70700"), HasSubstr("HOST:PORT"));
  EXPECT_THAT(ErrorOf("feedback=a:1"), HasSubstr("is missing"));
  EXPECT_THAT(ErrorOf("feedbak=a:1"), HasSubstr("'feedbak' is no service"));
}

TEST(Client, SaysWhereItLookedAndHowToStartAServer) {
  std::string address;
  {
    FakeServer gone;
    address = gone.address;
  }
  Client client(*ParseAddresses(address), "demo", absl::Seconds(10));
  const auto answer = client.Call(&feedback::v1::FeedbackService::StubInterface::Ingest, {});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(answer.status().message()),
              AllOf(HasSubstr(address), HasSubstr("waymark-standalone"), HasSubstr("--server")));
}

TEST(Client, KeepsWhatTheServerSays) {
  FakeServer server;
  Client client = server.NewClient();
  journey::v1::GetTouchpointRequest request;
  request.set_name("tenants/demo/touchpoints/x");
  const auto answer =
      client.Call(&journey::v1::JourneyService::StubInterface::GetTouchpoint, request);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(answer.status().message(), "no such touchpoint");
}

}  // namespace
}  // namespace waymark::cli
