#include "libs/rpc/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace waymark::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ViolationsTest, NoneIsOk) { EXPECT_TRUE(Violations().ToStatus().ok()); }

TEST(ViolationsTest, TellsEveryFieldItsValueAndWhatToDo) {
  Violations violations;
  violations.Add("page_size", "-1", "must be 0 or more");
  violations.CheckName("name", "maps/m1", "tenants/*/maps/*");
  violations.CheckName("parent", "tenants/demo", "tenants/*");
  violations.CheckSet("map.title", "");
  const absl::Status status = violations.ToStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "3 fields are wrong: page_size '-1' must be 0 or more; name 'maps/m1' must be like "
            "tenants/*/maps/*; map.title must be set");
  const auto details = GetErrorDetails(status);
  ASSERT_TRUE(details);
  EXPECT_EQ(details->reason, "INVALID_FIELD");
  EXPECT_THAT(details->metadata, SizeIs(3));
}

TEST(ViolationsTest, ShortensLongValuesBetweenCharacters) {
  Violations violations;
  violations.Add("text", absl::StrCat(std::string(79, 'x'), "ü and more"), "is too long");
  EXPECT_THAT(std::string(violations.ToStatus().message()),
              HasSubstr("'" + std::string(79, 'x') + "...' is too long"));
}

}  // namespace
}  // namespace waymark::rpc
