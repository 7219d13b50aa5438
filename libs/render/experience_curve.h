#pragma once

#include <optional>
#include <string>

#include "libs/render/map_frame.h"
#include "libs/render/svg.h"

namespace waymark::render {

/// What a step's score is on the curve.
enum class PointKind { kNone, kSuppressed, kPain, kBelow, kAbove };
PointKind KindOf(const JourneyMapPicture& picture, const StepPicture& step);

/// Score minus baseline: as given, else computed where both are known and shown.
std::optional<double> DeltaOf(const JourneyMapPicture& picture, const StepPicture& step);

/// The step's name and score as a sentence, e.g. "Checkout scores 43.7 (41.1 to 46.3, n 688), below
/// baseline."
std::string DescribeScore(const JourneyMapPicture& picture, const StepPicture& step);

/// The sign of a point, as the curve and the legend draw it: form and colour differ by kind.
void DrawPoint(SvgWriter& out, Point at, PointKind kind);

/// Draws the lane with the experience curve: axis, baseline, line, intervals, points with value and
/// n, and the difference to the baseline below each. `top` is the lane's upper edge; returns its
/// lower edge.
double DrawExperienceCurve(SvgWriter& out, const JourneyMapPicture& picture, const MapFrame& frame,
                           double top);

}  // namespace waymark::render
