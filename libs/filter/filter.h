#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/filter/program.h"
#include "libs/filter/record.h"
#include "libs/filter/schema.h"

namespace waymark::filter {

/// A condition on records in the language of https://google.aip.dev/160:
///
///   source = "sfo" AND event_time >= 2017-05-01T00:00:00Z (kind = SURVEY OR kind = CHAT)
///
/// A sequence means AND, and OR binds tighter than AND. Comparators are = != < <= > >= and `:`,
/// which asks a list for an element and anything else for equality; FIELD:* asks whether there is a
/// value, MAP:KEY whether there is one of that key. A group after a comparator is spread over it:
/// kind = (SURVEY OR CHAT). Text may be quoted by " or '; in quotes \ goes before \ " ' * and in
/// \n \t \r. A '*' at an end of a text that is compared by = stands for any characters.
/// There are no functions and no comparison of fields with each other. At most 8 KiB, 256
/// comparisons, parentheses nested 32 deep.
///
/// A field that is absent makes every comparison false; `!=` is NOT `=`, so it holds then.
///
/// A plain value that refers to its schema, which must outlive it. Thread-safe.
class Filter {
 public:
  /// Holds for every record.
  Filter() = default;

  /// INVALID_ARGUMENT "column N: what is wrong and what to do", N in characters from 1.
  static absl::StatusOr<Filter> Parse(absl::string_view text, const Schema* schema);

  /// Whether it holds for every record, because nothing was asked.
  bool empty() const { return program_.nodes.empty(); }

  /// Allocates nothing.
  bool Matches(const Record& record) const;

  /// The text that every match has in the kString field `field`, when a comparison at the top says
  /// so: x of `FIELD = "x" AND …`.
  std::optional<std::string> RequiredEqual(int field) const;

  /// Between which values, both included, comparisons at the top put the kInt, kTimestamp or
  /// kDuration field `field` of every match: from x to y of `FIELD >= x AND FIELD <= y AND …`.
  struct Range {
    int64_t min = INT64_MIN;
    int64_t max = INT64_MAX;
  };
  Range RequiredRange(int field) const;

  /// A text that parses as this filter, the same for every spelling of it; to log, and to compare
  /// filters by. It may be longer than Parse takes.
  std::string ToString() const;

  const Program& program() const { return program_; }
  const Schema* schema() const { return schema_; }

  friend bool operator==(const Filter& a, const Filter& b) { return a.program_ == b.program_; }

 private:
  /// What holds at the top: the root, or what it joins by AND.
  template <typename Visit>
  void ForEachRequired(Visit visit) const;

  Filter(Program program, const Schema* schema) : program_(std::move(program)), schema_(schema) {}

  Program program_;
  const Schema* schema_ = nullptr;
};

}  // namespace waymark::filter
