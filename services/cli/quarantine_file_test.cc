#include "services/cli/quarantine_file.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

feedback::v1::QuarantinedSignal Item() {
  feedback::v1::QuarantinedSignal item;
  item.set_name("tenants/demo/quarantinedSignals/1f");
  item.add_reasons("event_time: missing; say when it happened");
  item.mutable_signal()->set_source("web");
  item.mutable_signal()->set_external_id("\"quoted\"\nü");
  item.mutable_signal()->set_revision(int64_t{1} << 60);
  item.mutable_signal()->mutable_interaction()->set_activity("visit");
  return item;
}

TEST(QuarantineFileTest, ALineReadsAsItWasWritten) {
  const auto line = QuarantineLine(Item());
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->find('\n'), std::string::npos);
  EXPECT_THAT(*line, StartsWith(R"({"name":"tenants/demo/quarantinedSignals/1f","reasons":["ev)"));
  const auto replay = ParseQuarantineLine(*line);
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_EQ(replay->name(), Item().name());
  EXPECT_EQ(replay->signal().SerializeAsString(), Item().signal().SerializeAsString());
}

TEST(QuarantineFileTest, ALineWithoutSignalIsReplayedAsItIs) {
  const auto replay = ParseQuarantineLine(R"({"name":"n"})");
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_FALSE(replay->has_signal());
}

TEST(QuarantineFileTest, SaysWhatIsWrongWithALine) {
  const auto why = [](const char* line) {
    return std::string(ParseQuarantineLine(line).status().message());
  };
  EXPECT_THAT(why("name,signal"), HasSubstr("no JSON object"));
  EXPECT_THAT(why("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(why(R"({"signal":{}})"), HasSubstr("no name"));
  EXPECT_THAT(why(R"({"name":1})"), HasSubstr("no name"));
  EXPECT_THAT(why(R"({"name":"n","signals":{}})"), HasSubstr("'signals'"));
  EXPECT_THAT(why(R"({"name":"n","signal":{"sorce":"web"}})"), HasSubstr("sorce"));
}

}  // namespace
}  // namespace waymark::cli
