#pragma once

#include <string>
#include <vector>

#include "waymark/common/v1/filter.pb.h"
#include "waymark/journey/v1/journey_map.pb.h"
#include "waymark/journey/v1/persona.pb.h"
#include "waymark/journey/v1/touchpoint.pb.h"

namespace waymark::journey {

/// One thing that is wrong.
struct Problem {
  /// Path of the field, as in a field mask with indexes.
  std::string field;
  std::string value;
  /// Completes "field: value ...", e.g. "must be 1-128 characters".
  std::string what_to_do;
};
using Problems = std::vector<Problem>;

// Each returns everything that is wrong with its argument; nothing when it is valid. Whether what a
// resource refers to exists is not looked at.

Problems Check(const v1::Touchpoint& touchpoint);
Problems Check(const v1::Persona& persona);
Problems Check(const v1::JourneyMap& map);

/// `overlay` may name steps of `map` only, each once, with scores of 0 to 100.
Problems Check(const v1::MapOverlay& overlay, const v1::JourneyMap& map);

Problems Check(const common::v1::SignalFilter& filter);

}  // namespace waymark::journey
