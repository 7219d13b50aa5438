#include "libs/render/curve.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace waymark::render {

MonotoneCurve::MonotoneCurve(std::vector<Point> points)
    : points_(std::move(points)), tangents_(points_.size(), 0.0) {
  if (points_.size() < 2) return;
  std::vector<double> slopes(points_.size() - 1);
  for (size_t i = 0; i < slopes.size(); ++i) {
    slopes[i] = (points_[i + 1].y - points_[i].y) / (points_[i + 1].x - points_[i].x);
  }
  tangents_.front() = slopes.front();
  tangents_.back() = slopes.back();
  for (size_t i = 1; i < slopes.size(); ++i) {
    tangents_[i] = slopes[i - 1] * slopes[i] <= 0 ? 0 : (slopes[i - 1] + slopes[i]) / 2;
  }
  for (size_t i = 0; i < slopes.size(); ++i) {
    if (slopes[i] == 0) {
      tangents_[i] = tangents_[i + 1] = 0;
      continue;
    }
    const double length = std::hypot(tangents_[i] / slopes[i], tangents_[i + 1] / slopes[i]);
    if (length > 3) {
      tangents_[i] *= 3 / length;
      tangents_[i + 1] *= 3 / length;
    }
  }
}

double MonotoneCurve::At(double x) const {
  if (x <= points_.front().x) return points_.front().y;
  if (x >= points_.back().x) return points_.back().y;
  const auto after = std::upper_bound(points_.begin(), points_.end(), x,
                                      [](double value, const Point& p) { return value < p.x; });
  const size_t i = after - points_.begin() - 1;
  const Point a = points_[i], b = points_[i + 1];
  const double h = b.x - a.x, t = (x - a.x) / h, s = 1 - t;
  return a.y * s * s * (1 + 2 * t) + b.y * t * t * (1 + 2 * s) +
         h * (tangents_[i] * t * s * s - tangents_[i + 1] * t * t * s);
}

std::string MonotoneCurve::Segment(size_t i) const {
  const Point a = points_[i], b = points_[i + 1];
  const double third = (b.x - a.x) / 3;
  return absl::StrCat("C", SvgNumber(a.x + third), " ", SvgNumber(a.y + tangents_[i] * third), " ",
                      SvgNumber(b.x - third), " ", SvgNumber(b.y - tangents_[i + 1] * third), " ",
                      SvgNumber(b.x), " ", SvgNumber(b.y));
}

std::string MonotoneCurve::Piece(size_t i) const {
  return absl::StrCat("M", SvgNumber(points_[i].x), " ", SvgNumber(points_[i].y), Segment(i));
}

std::string MonotoneCurve::Path() const {
  std::string path = absl::StrCat("M", SvgNumber(points_[0].x), " ", SvgNumber(points_[0].y));
  for (size_t i = 0; i + 1 < points_.size(); ++i) path += Segment(i);
  return path;
}

}  // namespace waymark::render
