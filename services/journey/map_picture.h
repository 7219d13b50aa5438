#pragma once

#include "libs/render/journey_map_svg.h"
#include "services/journey/models.h"
#include "waymark/journey/v1/journey_map.pb.h"

namespace waymark::journey {

/// What is drawn of a journey map with `overlay` over it; names that people gave come before ids.
/// The overlay must have passed Check.
render::JourneyMapPicture MakePicture(const MapWithParts& parts, const v1::MapOverlay& overlay);

}  // namespace waymark::journey
