#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "libs/render/svg.h"

namespace waymark::render {

/// A smooth curve through points of strictly growing x that never overshoots them: piecewise cubic
/// Hermite, tangents limited to keep it monotone between points (Fritsch and Carlson, SIAM J.
/// Numer. Anal. 17, 1980). Immutable.
class MonotoneCurve {
 public:
  explicit MonotoneCurve(std::vector<Point> points);

  /// The height at `x`; before the first and after the last point the curve is level. There must be
  /// at least one point.
  double At(double x) const;

  /// SVG path data of the piece between points `i` and `i + 1`.
  std::string Piece(size_t i) const;

  /// SVG path data of the whole curve.
  std::string Path() const;

  const std::vector<Point>& points() const { return points_; }

 private:
  std::string Segment(size_t i) const;

  std::vector<Point> points_;
  std::vector<double> tangents_;
};

}  // namespace waymark::render
