#pragma once

#include <vector>

#include "libs/filter/filter.h"
#include "libs/filter/record.h"
#include "libs/filter/schema.h"
#include "libs/filter/sql.h"
#include "services/feedback/siphash.h"
#include "waymark/feedback/v1/stored_signal.pb.h"

namespace waymark::feedback {

/// The fields that a filter of signals may name: see ListSignalsRequest.filter.
const filter::Schema& SignalSchema();

/// What the index's columns source, kind, customer, account and event_time tell of those fields;
/// `key` is the journal's.
std::vector<filter::SqlColumn> SignalColumns(const HashKey& key);

/// The field "customer", for Filter::RequiredEqual.
int CustomerField();
/// The field "event_time", for Filter::RequiredRange.
int EventTimeField();

/// A stored signal as a filter sees it. Not thread-safe.
class SignalRecord : public filter::Record {
 public:
  /// `stored` must outlive it.
  explicit SignalRecord(const v1::StoredSignal* stored) : stored_(*stored) {}

  filter::Value Get(int field, absl::string_view member) const override;

 private:
  filter::Value Attribute(absl::string_view key) const;
  filter::Value Answer(absl::string_view question) const;
  filter::Value AnswerValue(const v1::Answer& answer) const;

  const v1::StoredSignal& stored_;
  /// What a value points to that the signal does not hold as such.
  mutable std::string scratch_;
};

}  // namespace waymark::feedback
