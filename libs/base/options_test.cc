#include "libs/base/options.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace waymark {
namespace {

struct Values {
  std::string listen = "127.0.0.1:7070";
  int64_t batch = 10;
  bool sync = true;
  absl::Duration drain = absl::Milliseconds(400);
};

OptionSet Declare(Values* values) {
  OptionSet options("waymark-test", "A test.");
  options.Add("listen", &values->listen, "Where to listen");
  options.Add("max-batch", &values->batch, "Signals a batch");
  options.Add("sync", &values->sync, "Flush before acknowledging");
  options.Add("drain", &values->drain, "How long to drain");
  return options;
}

TEST(OptionSet, FlagBeatsEnvironmentBeatsDefault) {
  Values values;
  setenv("WAYMARK_MAX_BATCH", "20", 1);
  setenv("WAYMARK_LISTEN", "0.0.0.0:1", 1);
  const char* argv[] = {"test", "--listen", "127.0.0.1:2", "--no-sync", "--drain", "2s"};
  OptionSet options = Declare(&values);
  EXPECT_EQ(*options.Parse(6, argv), true);
  unsetenv("WAYMARK_MAX_BATCH");
  unsetenv("WAYMARK_LISTEN");
  EXPECT_EQ(values.listen, "127.0.0.1:2");
  EXPECT_EQ(values.batch, 20);
  EXPECT_FALSE(values.sync);
  EXPECT_EQ(values.drain, absl::Seconds(2));
  EXPECT_EQ(options.PrintConfig(),
            "drain = 2s\nlisten = 127.0.0.1:2\nmax-batch = 20\nsync = false\n");
}

TEST(OptionSet, NamesWhatIsWrong) {
  Values values;
  const char* unknown[] = {"test", "--lisen", "x"};
  EXPECT_NE(Declare(&values).Parse(3, unknown).status().message().find("--lisen"),
            absl::string_view::npos);
  const char* bad[] = {"test", "--drain", "soon"};
  EXPECT_EQ(Declare(&values).Parse(3, bad).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(OptionSet, HelpAndPrintConfigEndTheProgram) {
  Values values;
  for (const char* flag : {"--help", "--print-config"}) {
    const char* argv[] = {"test", flag};
    testing::internal::CaptureStdout();
    EXPECT_EQ(*Declare(&values).Parse(2, argv), false);
    EXPECT_NE(testing::internal::GetCapturedStdout().find("max-batch"), std::string::npos);
  }
}

}  // namespace
}  // namespace waymark
