#include "libs/rpc/field_mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/rpc/testdata/echo_service.pb.h"

namespace waymark::rpc {
namespace {

using ::google::protobuf::FieldMask;
using ::testing::HasSubstr;

constexpr absl::string_view kOutputOnly[] = {"name", "etag"};

FieldMask MaskOf(std::initializer_list<const char*> paths) {
  FieldMask mask;
  for (const char* path : paths) mask.add_paths(path);
  return mask;
}

rpctest::Echo MakeEcho(const char* name, const char* text, const char* etag) {
  rpctest::Echo echo;
  echo.set_name(name);
  echo.set_text(text);
  echo.set_etag(etag);
  return echo;
}

TEST(UpdateMaskTest, NamesEveryPathThatIsNoField) {
  Violations violations;
  CheckUpdateMask(MaskOf({"text", "txt", "text.length", "*"}), rpctest::Echo(), violations);
  const std::string message(violations.ToStatus().message());
  EXPECT_THAT(message, HasSubstr("2 fields are wrong"));
  EXPECT_THAT(message, HasSubstr("update_mask 'txt' must name a field of Echo"));
  EXPECT_THAT(message, HasSubstr("'text.length'"));

  Violations none;
  CheckUpdateMask(MaskOf({"echo.text"}), rpctest::UpdateEchoRequest(), none);
  EXPECT_TRUE(none.empty());
}

TEST(UpdateMaskTest, ReplacesWhatItNamesAndNothingElse) {
  rpctest::ListEchoesRequest stored;
  stored.set_text("warm");
  stored.set_page_size(7);
  rpctest::ListEchoesRequest given;
  given.set_page_size(9);
  ApplyUpdateMask(given, MaskOf({"page_size"}), {}, stored);
  EXPECT_EQ(stored.page_size(), 9);
  EXPECT_EQ(stored.text(), "warm");
  ApplyUpdateMask(given, MaskOf({"text"}), {}, stored);
  EXPECT_EQ(stored.text(), "") << "a named field that is not given is emptied";
}

TEST(UpdateMaskTest, EmptyAndStarMeanAllButTheOutputOnlyFields) {
  for (const FieldMask& mask : {FieldMask(), MaskOf({"*"}), MaskOf({"name", "text", "etag"})}) {
    rpctest::Echo stored = MakeEcho("n1", "old", "e1");
    ApplyUpdateMask(MakeEcho("n2", "new", "e2"), mask, kOutputOnly, stored);
    EXPECT_EQ(stored.text(), "new");
    EXPECT_EQ(stored.name(), "n1");
    EXPECT_EQ(stored.etag(), "e1");
  }
}

TEST(UpdateMaskTest, ReachesIntoMessagesButNotIntoOutputOnlyOnes) {
  rpctest::UpdateEchoRequest stored;
  *stored.mutable_echo() = MakeEcho("n1", "old", "e1");
  rpctest::UpdateEchoRequest given;
  *given.mutable_echo() = MakeEcho("n2", "new", "e2");
  constexpr absl::string_view kEcho[] = {"echo"};
  ApplyUpdateMask(given, MaskOf({"echo.text"}), kEcho, stored);
  EXPECT_EQ(stored.echo().text(), "old");
  ApplyUpdateMask(given, MaskOf({"echo.text"}), {}, stored);
  EXPECT_EQ(stored.echo().text(), "new");
  EXPECT_EQ(stored.echo().name(), "n1");
  ApplyUpdateMask(rpctest::UpdateEchoRequest(), FieldMask(), {}, stored);
  EXPECT_FALSE(stored.has_echo());
}

}  // namespace
}  // namespace waymark::rpc
