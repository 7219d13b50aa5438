#include "libs/rpc/tenants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace waymark::rpc {
namespace {

using ::testing::HasSubstr;

class TenantsTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& text) {
    const std::string path = ::testing::TempDir() + "/tenants_test";
    std::ofstream(path) << text;
    return path;
  }
};

TEST_F(TenantsTest, WithoutAFileThereIsDemo) {
  const auto tenants = TenantRegistry::Load("");
  ASSERT_TRUE(tenants.ok()) << tenants.status();
  EXPECT_TRUE((*tenants)->Contains("demo"));
  EXPECT_FALSE((*tenants)->Contains("acme"));
  EXPECT_FALSE((*tenants)->Contains(""));
}

TEST_F(TenantsTest, ReadsOneIdALineWithComments) {
  const auto tenants = TenantRegistry::Load(Write("# ours\n acme  # the first\n\nzenith\n"));
  ASSERT_TRUE(tenants.ok()) << tenants.status();
  EXPECT_TRUE((*tenants)->Contains("acme"));
  EXPECT_TRUE((*tenants)->Contains("zenith"));
  EXPECT_FALSE((*tenants)->Contains("demo"));
}

TEST_F(TenantsTest, NamesTheLineThatIsWrong) {
  const absl::Status status = TenantRegistry::Load(Write("acme\na b\n")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(":2: 'a b'"));
  EXPECT_EQ(TenantRegistry::Load(Write("-\n")).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TenantRegistry::Load(Write("# none\n")).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TenantRegistry::Load("/no/such/file").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(TenantsTest, AFaultyReloadChangesNothing) {
  const auto tenants = TenantRegistry::Load(Write("acme\n"));
  Write("a b\n");
  EXPECT_FALSE((*tenants)->Reload().ok());
  EXPECT_TRUE((*tenants)->Contains("acme"));
  Write("zenith\n");
  EXPECT_TRUE((*tenants)->Reload().ok());
  EXPECT_FALSE((*tenants)->Contains("acme"));
  EXPECT_TRUE((*tenants)->Contains("zenith"));
}

}  // namespace
}  // namespace waymark::rpc
