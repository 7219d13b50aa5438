#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/columns/event_store.h"
#include "libs/columns/view.h"

namespace waymark::columns {

/// An event that owns its texts, as tests write them down.
struct LogEvent {
  std::string customer;
  std::string activity;
  int64_t micros = 0;
  int64_t sequence = 0;
  std::string channel = "web";
  std::string source = "test";
  std::string session;
  std::string touchpoint;
  std::vector<std::pair<std::string, std::string>> attributes;
  uint64_t revision = 0;
};

using Log = std::vector<LogEvent>;

inline constexpr int64_t kSecond = 1'000'000;

/// A key that differs for each `number`.
EventKey KeyOf(uint64_t number);

/// Appends `event` under KeyOf(number), with `number` as its position too.
bool AppendTo(EventStore* store, uint64_t number, const LogEvent& event);

/// A store of `log`, event i under KeyOf(i).
std::unique_ptr<EventStore> StoreOf(const Log& log);

View ViewOf(const Log& log, const Query& query = {});

/// `events` events of `customers` customers, with `activities` activities, `channels` channels,
/// many equal times, and the event's number as its sequence.
Log RandomLog(std::mt19937_64* random, int events, int customers, int activities, int channels);

/// The cases of `log` as plain lists, computed the slow and obvious way: by customer, in order.
std::vector<Log> NaiveCases(Log log);

/// The path of a file of public test data, or "" when it is not on this machine.
std::string DataFile(absl::string_view name);

/// Skips the test when `path` is "".
#define WM_REQUIRE_DATA(path) \
  if ((path).empty()) GTEST_SKIP() << "no test data; set WAYMARK_TEST_DATA to its folder"

/// The events of a comma-separated file without quotes. The arguments name its columns;
/// `time_format` is absl's. The row number is the sequence.
Log ReadLog(const std::string& path, absl::string_view customer, absl::string_view activity,
            absl::string_view time, absl::string_view time_format, absl::string_view session = "");

}  // namespace waymark::columns
