#pragma once

#include <string>

#include "waymark/action/v1/action_service.pb.h"
#include "waymark/journey/v1/journey_map.pb.h"
#include "waymark/scoring/v1/score_report.pb.h"
#include "waymark/scoring/v1/scoring_service.pb.h"

namespace waymark::cli {

/// What is laid over the map that `report` is about: scores, pain points with reasons, quotes, and
/// on each step the actions on it, then the priorities that nobody works on. `as_of` is for the
/// footer.
journey::v1::MapOverlay MakeOverlay(const scoring::v1::ScoreReport& report,
                                    const scoring::v1::ListPrioritiesResponse& priorities,
                                    const action::v1::ListActionsResponse& actions,
                                    const std::string& as_of);

}  // namespace waymark::cli
