#include "libs/columns/test_log.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

namespace waymark::columns {

EventKey KeyOf(uint64_t number) {
  return {number * 0x9e3779b97f4a7c15, number * 0xbf58476d1ce4e5b9 + 1};
}

bool AppendTo(EventStore* store, uint64_t number, const LogEvent& event) {
  const std::vector<std::pair<absl::string_view, absl::string_view>> attributes(
      event.attributes.begin(), event.attributes.end());
  return store->Append({.key = KeyOf(number),
                        .revision = event.revision,
                        .customer = event.customer,
                        .session = event.session,
                        .activity = event.activity,
                        .touchpoint = event.touchpoint,
                        .channel = event.channel,
                        .source = event.source,
                        .time_micros = event.micros,
                        .sequence = event.sequence,
                        .position = number,
                        .attributes = attributes});
}

std::unique_ptr<EventStore> StoreOf(const Log& log) {
  auto store = std::make_unique<EventStore>();
  for (size_t i = 0; i < log.size(); ++i) AppendTo(store.get(), i, log[i]);
  return store;
}

View ViewOf(const Log& log, const Query& query) { return View(StoreOf(log)->GetSnapshot(), query); }

Log RandomLog(std::mt19937_64* random, int events, int customers, int activities, int channels) {
  const auto below = [&](int n) { return static_cast<int64_t>((*random)() % n); };
  Log log;
  for (int i = 0; i < events; ++i) {
    log.push_back({.customer = absl::StrCat("c", below(customers)),
                   .activity = absl::StrCat("a", below(activities)),
                   .micros = below(50) * kSecond,
                   .sequence = i,
                   .channel = absl::StrCat("ch", below(channels))});
  }
  return log;
}

std::vector<Log> NaiveCases(Log log) {
  std::stable_sort(log.begin(), log.end(), [](const LogEvent& a, const LogEvent& b) {
    return std::tie(a.micros, a.sequence) < std::tie(b.micros, b.sequence);
  });
  std::map<std::string, Log> by_customer;
  for (const LogEvent& event : log) by_customer[event.customer].push_back(event);
  std::vector<Log> cases;
  for (auto& [customer, events] : by_customer) cases.push_back(std::move(events));
  return cases;
}

std::string DataFile(absl::string_view name) {
  const char* folder = std::getenv("WAYMARK_TEST_DATA");
  const std::string path = absl::StrCat(folder != nullptr ? folder : "../shared/data", "/", name);
  return std::filesystem::exists(path) ? path : "";
}

Log ReadLog(const std::string& path, absl::string_view customer, absl::string_view activity,
            absl::string_view time, absl::string_view time_format, absl::string_view session) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::map<std::string, size_t> column;
  for (absl::string_view name : absl::StrSplit(line, ',')) {
    column.emplace(std::string(name), column.size());
  }
  const auto at = [&](const std::vector<std::string>& fields, absl::string_view name) {
    return name.empty() ? "" : fields.at(column.at(std::string(name)));
  };
  Log log;
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = absl::StrSplit(line, ',');
    absl::Time when;
    std::string error;
    if (!absl::ParseTime(time_format, at(fields, time), &when, &error)) std::abort();
    log.push_back({.customer = at(fields, customer),
                   .activity = at(fields, activity),
                   .micros = absl::ToUnixMicros(when),
                   .sequence = static_cast<int64_t>(log.size()),
                   .session = at(fields, session)});
  }
  return log;
}

}  // namespace waymark::columns
