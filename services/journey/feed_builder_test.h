#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "services/journey/projection.h"
#include "waymark/feedback/v1/feedback_service.pb.h"

namespace waymark::journey {

/// An interaction as tests write it down.
struct Act {
  std::string customer;
  std::string activity;
  int64_t second = 0;
  std::string channel = "web";
  std::string source = "shop";
  std::string session = "";
  std::vector<std::pair<std::string, std::string>> attributes = {};
};

/// Grows a feed change by change; positions are numbers of eight digits.
class FeedBuilder {
 public:
  explicit FeedBuilder(std::string tenant = "demo") : tenant_(std::move(tenant)) {}

  /// Records an interaction under the next external id; the change may be altered.
  feedback::v1::Change& Record(const Act& act) {
    feedback::v1::Change& change = Add(feedback::v1::Change::KIND_RECORDED);
    feedback::v1::Signal& signal = *change.mutable_signal();
    signal.set_source(act.source);
    signal.set_external_id(absl::StrFormat("e%d", changes_.size()));
    signal.set_customer(act.customer);
    change.set_customer_hash(HashOf(act.customer));
    signal.mutable_event_time()->set_seconds(act.second);
    signal.mutable_interaction()->set_activity(act.activity);
    signal.mutable_interaction()->set_channel(act.channel);
    signal.mutable_interaction()->set_session(act.session);
    for (const auto& [key, value] : act.attributes) {
      auto& attribute = *signal.add_attributes();
      attribute.set_key(key);
      attribute.set_value(value);
    }
    return change;
  }

  /// A later change of `kind` to the signal of `before`.
  feedback::v1::Change& Follow(feedback::v1::Change before, feedback::v1::Change::Kind kind) {
    feedback::v1::Change& change = Add(kind);
    *change.mutable_signal() = before.signal();
    *change.mutable_enrichment() = before.enrichment();
    change.set_customer_hash(before.customer_hash());
    if (kind != feedback::v1::Change::KIND_REENRICHED &&
        kind != feedback::v1::Change::KIND_CORRECTED) {
      change.mutable_signal()->set_revision(before.signal().revision() + 1);
    }
    change.mutable_signal()->set_deleted(kind == feedback::v1::Change::KIND_DELETED);
    return change;
  }

  /// Links two customers, or unlinks them.
  feedback::v1::Change& Link(const std::string& one, const std::string& other, bool linked = true) {
    feedback::v1::Change& change =
        Add(linked ? feedback::v1::Change::KIND_LINKED : feedback::v1::Change::KIND_UNLINKED);
    change.mutable_customer_link()->set_customer(one);
    change.mutable_customer_link()->set_linked_customer(other);
    change.mutable_customer_link()->set_revision(++links_);
    change.set_customer_hash(HashOf(one));
    change.set_linked_customer_hash(HashOf(other));
    return change;
  }

  /// Erases a customer.
  feedback::v1::Change& Erase(const std::string& customer) {
    feedback::v1::Change& change = Add(feedback::v1::Change::KIND_ERASED);
    change.set_customer_hash(HashOf(customer));
    return change;
  }

  /// As feedback would make it.
  static uint64_t HashOf(const std::string& customer) {
    return customer.empty() ? 0 : std::hash<std::string>()(customer);
  }

  const std::vector<feedback::v1::Change>& changes() const { return changes_; }

 private:
  feedback::v1::Change& Add(feedback::v1::Change::Kind kind) {
    feedback::v1::Change& change = changes_.emplace_back();
    change.set_kind(kind);
    change.set_tenant(tenant_);
    change.set_position(absl::StrFormat("%08d", changes_.size()));
    return change;
  }

  std::string tenant_;
  std::vector<feedback::v1::Change> changes_;
  int64_t links_ = 0;
};

/// Applies `changes` in pages of `page_size`.
inline void ApplyAll(const std::vector<feedback::v1::Change>& changes, Projection* projection,
                     size_t page_size = 1000) {
  for (size_t begin = 0; begin < changes.size(); begin += page_size) {
    feedback::v1::PullFeedResponse page;
    for (size_t i = begin; i < std::min(begin + page_size, changes.size()); ++i) {
      *page.add_changes() = changes[i];
    }
    page.set_next_cursor(page.changes().rbegin()->position());
    if (!projection->Apply(page).ok()) std::abort();
  }
}

/// The path of a file of public test data, or "" when it is not on this machine.
inline std::string DataFile(const std::string& name) {
  const char* folder = std::getenv("WAYMARK_TEST_DATA");
  const std::filesystem::path path =
      std::filesystem::path(folder != nullptr ? folder : "../shared/data") / name;
  return std::filesystem::exists(path) ? path.string() : "";
}

/// The feed of a flat event log (case_id, activity, timestamp, ...) without quotes: each case is a
/// customer, the row number the sequence.
inline std::vector<feedback::v1::Change> ReadLog(const std::string& path) {
  FeedBuilder feed;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  for (int64_t row = 1; std::getline(file, line); ++row) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    absl::Time time;
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, cells.at(2), &time, &error)) std::abort();
    feedback::v1::Signal& signal =
        *feed.Record({.customer = cells[0], .activity = cells[1]}).mutable_signal();
    const int64_t micros = absl::ToUnixMicros(time);
    signal.mutable_event_time()->set_seconds(micros / 1'000'000);
    signal.mutable_event_time()->set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1000));
    signal.set_sequence(row);
  }
  return feed.changes();
}

}  // namespace waymark::journey
