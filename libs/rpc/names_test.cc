#include "libs/rpc/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/rpc/testdata/echo_service.pb.h"

namespace waymark::rpc {
namespace {

using ::testing::ElementsAre;

TEST(NamesTest, ParsesTheIdsOfAName) {
  const auto ids = ParseName("tenants/*/maps/*", "tenants/demo/maps/m1");
  ASSERT_TRUE(ids.ok()) << ids.status();
  EXPECT_THAT(*ids, ElementsAre("demo", "m1"));
}

TEST(NamesTest, RefusesWhatDoesNotFollowThePattern) {
  for (const char* name : {"", "tenants/demo", "tenants/demo/maps", "tenants/demo/maps/",
                           "tenants/demo/cases/m1", "tenants/demo/maps/m1/steps/s",
                           "/tenants/demo/maps/m1", "tenants/demo/maps/a b", "tenants//maps/m1"}) {
    EXPECT_EQ(ParseName("tenants/*/maps/*", name).status().code(),
              absl::StatusCode::kInvalidArgument)
        << name;
  }
}

TEST(NamesTest, FindsTheTenant) {
  EXPECT_EQ(TenantOf("tenants/demo"), "demo");
  EXPECT_EQ(TenantOf("tenants/demo/maps/m1"), "demo");
  EXPECT_EQ(TenantOf("tenants/"), "");
  EXPECT_EQ(TenantOf("maps/tenants/demo"), "");
}

TEST(NamesTest, FindsTheResourceOfARequest) {
  rpctest::ListEchoesRequest list;
  list.set_parent("tenants/a");
  EXPECT_EQ(ResourceOf(list), "tenants/a");
  rpctest::GetEchoRequest get;
  get.set_name("tenants/b/echoes/e");
  EXPECT_EQ(ResourceOf(get), "tenants/b/echoes/e");
  rpctest::UpdateEchoRequest update;
  EXPECT_EQ(ResourceOf(update), "");
  update.mutable_echo()->set_name("tenants/c/echoes/e");
  EXPECT_EQ(ResourceOf(update), "tenants/c/echoes/e");
}

}  // namespace
}  // namespace waymark::rpc
