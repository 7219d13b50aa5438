#include "libs/rpc/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "waymark/common/v1/error_details.pb.h"

namespace waymark::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

absl::Status Rich() {
  ErrorDetails details;
  details.reason = "OVERLOADED";
  details.metadata = {{"limit", "64"}};
  details.retry_after = absl::Milliseconds(1500);
  return MakeError(absl::StatusCode::kResourceExhausted, "full", details);
}

TEST(StatusTest, DetailsSurviveTheWire) {
  const absl::Status back = FromGrpcStatus(ToGrpcStatus(Rich()));
  EXPECT_EQ(back.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(back.message(), "full");
  const auto details = GetErrorDetails(back);
  ASSERT_TRUE(details);
  EXPECT_EQ(details->reason, "OVERLOADED");
  EXPECT_EQ(details->metadata, GetErrorDetails(Rich())->metadata);
  EXPECT_EQ(details->retry_after, absl::Milliseconds(1500));
}

TEST(StatusTest, TheWireFormIsGooglesRpcStatus) {
  common::v1::Status wire;
  ASSERT_TRUE(wire.ParseFromString(ToGrpcStatus(Rich()).error_details()));
  EXPECT_EQ(wire.code(), 8);
  ASSERT_EQ(wire.details_size(), 2);
  EXPECT_EQ(wire.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
  common::v1::ErrorInfo info;
  ASSERT_TRUE(info.ParseFromString(wire.details(0).value()));
  EXPECT_EQ(info.domain(), "waymark");
  EXPECT_EQ(wire.details(1).type_url(), "type.googleapis.com/google.rpc.RetryInfo");
}

TEST(StatusTest, LongOnesAreCutToWhatClientsAccept) {
  ErrorDetails details;
  details.reason = "INVALID_FIELD";
  for (int i = 0; i < 100; ++i) details.metadata.emplace_back(absl::StrCat("field", i), "is wrong");
  std::string message = "x";
  for (int i = 0; i < 10'000; ++i) message += "\u00e9";
  const grpc::Status status =
      ToGrpcStatus(MakeError(absl::StatusCode::kInvalidArgument, message, details));
  EXPECT_LT(3 * status.error_message().size() + status.error_details().size() * 4 / 3, 8000u);
  EXPECT_THAT(status.error_message(), ::testing::EndsWith("\u00e9..."));
  const auto kept = GetErrorDetails(FromGrpcStatus(status));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->reason, "INVALID_FIELD");
  EXPECT_FALSE(kept->metadata.empty());
}

TEST(StatusTest, DamagedDetailsLeaveCodeAndMessage) {
  const absl::Status status =
      FromGrpcStatus(grpc::Status(grpc::NOT_FOUND, "gone", "\xff\xff not a proto"));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "gone");
  EXPECT_FALSE(GetErrorDetails(status));
}

TEST(ForClientTest, KnownReasonsPassUnchanged) {
  bool hidden = true;
  EXPECT_EQ(ForClient(Rich(), "i1", &hidden), Rich());
  EXPECT_FALSE(hidden);
}

TEST(ForClientTest, GeneralErrorsGetAGeneralReason) {
  bool hidden = true;
  const auto reason = [&](const absl::Status& status) {
    return GetErrorDetails(ForClient(status, "i1", &hidden))->reason;
  };
  EXPECT_EQ(reason(absl::InvalidArgumentError("bad")), "INVALID_FIELD");
  EXPECT_EQ(reason(absl::DeadlineExceededError("SELECT secret")), "DEADLINE_EXCEEDED");
  EXPECT_EQ(reason(absl::CancelledError("x")), "CANCELLED");
  EXPECT_EQ(reason(absl::UnavailableError("10.1.2.3:5432")), "PEER_UNAVAILABLE");
  EXPECT_FALSE(hidden);
}

TEST(ForClientTest, HidesWhatIsOursToMend) {
  const absl::Status ours[] = {
      absl::InternalError("secret"),
      absl::UnknownError("secret"),
      absl::DataLossError("secret"),
      absl::AlreadyExistsError("secret"),
      MakeError(absl::StatusCode::kNotFound, "NO_SUCH_REASON", "secret"),
      MakeError(absl::StatusCode::kInternal, "SOURCE_NOT_FOUND", "secret")};
  for (const absl::Status& status : ours) {
    bool hidden = false;
    const absl::Status told = ForClient(status, "incident-7", &hidden);
    EXPECT_TRUE(hidden) << status;
    EXPECT_EQ(told.code(), absl::StatusCode::kInternal);
    EXPECT_THAT(std::string(told.message()), Not(HasSubstr("secret")));
    EXPECT_THAT(std::string(told.message()), HasSubstr("incident-7"));
    EXPECT_EQ(GetErrorDetails(told)->reason, "INTERNAL");
  }
}

}  // namespace
}  // namespace waymark::rpc
