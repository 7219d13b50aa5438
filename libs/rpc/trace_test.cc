#include "libs/rpc/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waymark::rpc {
namespace {

using ::testing::MatchesRegex;

constexpr char kForm[] = "00-[0-9a-f]+-[0-9a-f]+-[0-9a-f][0-9a-f]";

TEST(TraceTest, StaysInTheParentsTraceWithItsFlags) {
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
  const std::string span = NewSpan(parent);
  EXPECT_EQ(TraceId(span), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(span.substr(52), "-00");
  EXPECT_NE(span, parent);
  EXPECT_EQ(span.size(), 55);
}

TEST(TraceTest, StartsATraceWhenTheParentIsNotValid) {
  for (const char* parent : {"", "junk", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                             "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                             "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x"}) {
    const std::string span = NewSpan(parent);
    EXPECT_THAT(span, MatchesRegex(kForm));
    EXPECT_EQ(span.size(), 55);
    EXPECT_NE(TraceId(span), "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_NE(TraceId(span), TraceId(NewSpan(parent)));
  }
}

}  // namespace
}  // namespace waymark::rpc
