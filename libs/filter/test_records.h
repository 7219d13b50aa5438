#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "libs/filter/record.h"
#include "libs/filter/schema.h"

namespace waymark::filter {

/// The fields of the tests, in the order of TestSchema.
enum TestField {
  kSource,
  kCustomer,
  kReach,
  kStance,
  kFinished,
  kEventTime,
  kWait,
  kKind,
  kTags,
  kAttributes,
};

/// source, customer: text. reach: int. stance: double. finished: bool. event_time. wait: duration.
/// kind: SURVEY (1) or CHAT (2). tags: list. attributes: map.
const Schema& TestSchema();

/// A record that owns what it has: {{{kSource, ""}, "sfo"}, {{kAttributes, "segment"}, "smb"}}.
class TestRecord : public Record {
 public:
  using Owned = std::variant<int64_t, double, bool, std::string, std::vector<std::string>>;
  using Key = std::pair<int, std::string>;

  TestRecord() = default;
  explicit TestRecord(std::map<Key, Owned> values) : values_(std::move(values)) {}

  Value Get(int field, absl::string_view member) const override;

  const std::map<Key, Owned>& values() const { return values_; }

 private:
  std::map<Key, Owned> values_;
};

}  // namespace waymark::filter
