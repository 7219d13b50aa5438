#include "libs/base/error.h"

#include <gtest/gtest.h>

namespace waymark {
namespace {

TEST(Error, CarriesReasonMetadataAndRetry) {
  ErrorDetails details;
  details.reason = "OVERLOADED";
  details.metadata = {{"limit", "64"}, {"tenant", "demo"}};
  details.retry_after = absl::Milliseconds(250);
  const absl::Status status =
      MakeError(absl::StatusCode::kResourceExhausted, "too many calls", details);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  const std::optional<ErrorDetails> back = GetErrorDetails(status);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->reason, "OVERLOADED");
  EXPECT_EQ(back->metadata, details.metadata);
  EXPECT_EQ(back->retry_after, absl::Milliseconds(250));
}

TEST(Error, PlainStatusHasNoDetails) {
  EXPECT_FALSE(GetErrorDetails(absl::NotFoundError("x")).has_value());
  EXPECT_FALSE(GetErrorDetails(MakeError(absl::StatusCode::kNotFound, "R", "m"))->retry_after);
}

TEST(Error, AnnotateKeepsCodeAndDetails) {
  const absl::Status status =
      Annotate(MakeError(absl::StatusCode::kNotFound, "MAP_NOT_FOUND", "no map"), "render");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "render: no map");
  EXPECT_EQ(GetErrorDetails(status)->reason, "MAP_NOT_FOUND");
}

}  // namespace
}  // namespace waymark
