#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "services/scoring/evidence.h"

namespace waymark::scoring {

/// Which signals an analysis looks at; empty members take all.
struct Selection {
  std::vector<std::string> sources;
  /// from <= event time < to.
  int64_t from_micros = std::numeric_limits<int64_t>::min();
  int64_t to_micros = std::numeric_limits<int64_t>::max();
  /// Each key must have one of its values.
  std::vector<std::pair<std::string, std::vector<std::string>>> attributes;
};

/// `selection` made ready for one state of the evidence, so that a row is decided by look-ups.
class RowFilter {
 public:
  RowFilter(const EvidenceData& data, const Selection& selection);

  bool Takes(Id source, Id attributes, int64_t time_micros) const {
    return time_micros >= from_micros_ && time_micros < to_micros_ &&
           (sources_.empty() || sources_[source]) &&
           (attribute_sets_.empty() || attribute_sets_[attributes]);
  }

 private:
  int64_t from_micros_;
  int64_t to_micros_;
  /// By id; empty: all.
  std::vector<bool> sources_;
  std::vector<bool> attribute_sets_;
};

/// By attribute set: whether it has, for each key of `conditions`, one of its values.
std::vector<bool> MatchingAttributeSets(
    const EvidenceData& data,
    const std::vector<std::pair<std::string, std::vector<std::string>>>& conditions);

}  // namespace waymark::scoring
