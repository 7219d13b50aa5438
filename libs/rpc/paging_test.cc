#include "libs/rpc/paging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "libs/base/error.h"
#include "libs/rpc/testdata/echo_service.pb.h"

namespace waymark::rpc {
namespace {

rpctest::ListEchoesRequest Request() {
  rpctest::ListEchoesRequest request;
  request.set_parent("tenants/demo");
  request.set_text("warm");
  request.set_page_size(10);
  return request;
}

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{}).reason;
}

TEST(PageTokenTest, CarriesThePositionToTheNextRequest) {
  const std::string position("row\0key/ü", 10);
  rpctest::ListEchoesRequest request = Request();
  request.set_page_token(EncodePageToken(request, position));
  EXPECT_EQ(*DecodePageToken(request), position);
  // The token of a later page is bound to the same request.
  request.set_page_token(EncodePageToken(request, "next"));
  request.set_page_size(500);
  EXPECT_EQ(*DecodePageToken(request), "next");
  EXPECT_EQ(*DecodePageToken(Request()), "");
}

TEST(PageTokenTest, DoesNotFitAnotherRequest) {
  rpctest::ListEchoesRequest request = Request();
  const std::string token = EncodePageToken(request, "key");
  request.set_page_token(token);
  request.set_text("cold");
  EXPECT_EQ(ReasonOf(DecodePageToken(request).status()), "PAGE_TOKEN_MISMATCH");
  request = Request();
  request.set_parent("tenants/acme");
  request.set_page_token(token);
  EXPECT_EQ(ReasonOf(DecodePageToken(request).status()), "PAGE_TOKEN_MISMATCH");
}

TEST(PageTokenTest, RefusesEveryTokenThatWasTamperedWith) {
  const std::string token = EncodePageToken(Request(), "2024-01-01/abc");
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bad = token;
    switch (random() % 4) {
      case 0:
        bad[random() % bad.size()] = static_cast<char>('!' + random() % 90);
        break;
      case 1:
        bad.resize(random() % bad.size());
        break;
      case 2:
        bad.insert(random() % bad.size(), 1, static_cast<char>('A' + random() % 26));
        break;
      default:
        std::swap(bad[random() % bad.size()], bad[random() % bad.size()]);
    }
    if (bad == token || bad.empty()) continue;
    rpctest::ListEchoesRequest request = Request();
    request.set_page_token(bad);
    ASSERT_EQ(DecodePageToken(request).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST(PageSizeTest, HasADefaultAndALimit) {
  EXPECT_EQ(PageSize(0, 100, 1000), 100);
  EXPECT_EQ(PageSize(-5, 100, 1000), 100);
  EXPECT_EQ(PageSize(7, 100, 1000), 7);
  EXPECT_EQ(PageSize(5000, 100, 1000), 1000);
}

TEST(EtagTest, FollowsEveryFieldButItself) {
  rpctest::Echo echo;
  echo.set_text("a");
  const std::string etag = MakeEtag(echo);
  echo.set_etag(etag);
  EXPECT_EQ(MakeEtag(echo), etag);
  echo.set_text("b");
  EXPECT_NE(MakeEtag(echo), etag);
  EXPECT_TRUE(CheckEtag("x", "", etag).ok());
  EXPECT_TRUE(CheckEtag("x", etag, etag).ok());
  const absl::Status changed = CheckEtag("x", etag, MakeEtag(echo));
  EXPECT_EQ(changed.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(changed), "ETAG_MISMATCH");
}

}  // namespace
}  // namespace waymark::rpc
