#include "libs/metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waymark::metrics {
namespace {

using ::testing::HasSubstr;

TEST(RegistryTest, RendersCountersGaugesAndHistograms) {
  Registry registry;
  registry.Counter("waymark_calls_total", "Calls.", {{"code", "OK"}}).Increment(3);
  registry.Gauge("waymark_lag_seconds", "Lag.").Set(1.5);
  registry.Histogram("waymark_wait_seconds", "Wait.", {}, {0.1, 1}).Observe(0.5);
  const std::string text = registry.Render();
  EXPECT_THAT(text, HasSubstr("# HELP waymark_calls_total Calls.\n"));
  EXPECT_THAT(text, HasSubstr("waymark_calls_total{code=\"OK\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("waymark_lag_seconds 1.5\n"));
  EXPECT_THAT(text, HasSubstr("waymark_wait_seconds_bucket{le=\"0.1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("waymark_wait_seconds_bucket{le=\"1\"} 1\n"));
}

TEST(RegistryTest, TheSameNameAndLabelsAreTheSameMetric) {
  Registry registry;
  registry.Counter("waymark_calls_total", "Calls.", {{"code", "OK"}}).Increment();
  registry.Counter("waymark_calls_total", "Calls.", {{"code", "INTERNAL"}}).Increment();
  Counter ok = registry.Counter("waymark_calls_total", "Calls.", {{"code", "OK"}});
  ok.Increment();
  EXPECT_EQ(ok.Value(), 2);
}

}  // namespace
}  // namespace waymark::metrics
