#include "services/scoring/selection.h"

#include "absl/container/flat_hash_set.h"

namespace waymark::scoring {

RowFilter::RowFilter(const EvidenceData& data, const Selection& selection)
    : from_micros_(selection.from_micros), to_micros_(selection.to_micros) {
  if (!selection.sources.empty()) {
    sources_.assign(data.sources.size(), false);
    for (const std::string& source : selection.sources) {
      if (const Id id = data.sources.Find(source); id != kNone) sources_[id] = true;
    }
  }
  if (!selection.attributes.empty()) {
    attribute_sets_ = MatchingAttributeSets(data, selection.attributes);
  }
}

std::vector<bool> MatchingAttributeSets(
    const EvidenceData& data,
    const std::vector<std::pair<std::string, std::vector<std::string>>>& conditions) {
  std::vector<bool> matching;
  for (const auto& [key, values] : conditions) {
    absl::flat_hash_set<Id> wanted;
    for (const std::string& value : values) {
      if (const Id id = data.attribute_values.Find(value); id != kNone) wanted.insert(id);
    }
    const Id key_id = data.attribute_keys.Find(key);
    const std::vector<Id> values_of_key = data.attributes.ValuesOf(key_id);
    if (matching.empty()) matching.assign(values_of_key.size(), true);
    for (size_t set = 0; set < values_of_key.size(); ++set) {
      matching[set] = matching[set] && key_id != kNone && wanted.contains(values_of_key[set]);
    }
  }
  return matching;
}

}  // namespace waymark::scoring
