#include "libs/render/experience_curve.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/render/curve.h"

namespace waymark::render {
namespace {

using namespace map_style;  // NOLINT: the names of this library's own styles.

constexpr double kPlotHeight = 220;
// Room above and below the plot for a point's labels.
constexpr double kLabelRoom = 58;
constexpr double kDeltaHeight = 30;

bool IsShown(PointKind kind) { return kind >= PointKind::kPain; }

class CurveLane {
 public:
  CurveLane(SvgWriter& out, const JourneyMapPicture& picture, const MapFrame& frame, double top)
      : out_(out),
        picture_(picture),
        frame_(frame),
        top_(top),
        scale_(ChooseScale()),
        curve_(MakeCurve()) {}

  double Draw() {
    DrawBackground();
    DrawAxis();
    DrawBaseline();
    DrawLine();
    for (size_t i = 0; i < frame_.columns.size(); ++i) {
      if (frame_.columns[i].step != nullptr) DrawStep(i, *frame_.columns[i].step);
    }
    return bottom();
  }

 private:
  struct Scale {
    double low = 0;
    double high = 100;
  };

  double plot_top() const { return top_ + kLabelRoom; }
  double plot_bottom() const { return plot_top() + kPlotHeight; }
  double bottom() const { return plot_bottom() + kLabelRoom + kDeltaHeight; }

  double Y(double score) const {
    return plot_bottom() - kPlotHeight * (score - scale_.low) / (scale_.high - scale_.low);
  }

  // Round tens around all that is drawn, at least 40 points apart.
  Scale ChooseScale() const {
    constexpr double kSpan = 40;
    double low = picture_.baseline.value_or(100), high = picture_.baseline.value_or(0);
    for (const MapColumn& column : frame_.columns) {
      if (column.step == nullptr || !IsShown(KindOf(picture_, *column.step))) continue;
      low = std::min({low, column.step->score->value, column.step->score->lower});
      high = std::max({high, column.step->score->value, column.step->score->upper});
    }
    if (low > high) return {};
    const double missing = std::max(0.0, kSpan - (high - low)) / 2;
    return {std::max(0.0, std::floor((low - missing) / 10) * 10),
            std::min(100.0, std::ceil((high + missing) / 10) * 10)};
  }

  MonotoneCurve MakeCurve() const {
    std::vector<Point> points;
    for (size_t i = 0; i < frame_.columns.size(); ++i) {
      const StepPicture* step = frame_.columns[i].step;
      if (step == nullptr || !IsShown(KindOf(picture_, *step))) continue;
      points.push_back({frame_.CenterX(i), Y(step->score->value)});
    }
    return MonotoneCurve(std::move(points));
  }

  void DrawBackground() {
    out_.Rectangle({frame_.left(), top_, frame_.right() - frame_.left(), bottom() - top_}, 8,
                   "lane");
    for (size_t i = 0; i < frame_.columns.size(); ++i) {
      const StepPicture* step = frame_.columns[i].step;
      if (step == nullptr || KindOf(picture_, *step) != PointKind::kPain) continue;
      out_.Rectangle({frame_.ColumnX(i) + MapFrame::kCardGap / 2, top_,
                      frame_.column_width - MapFrame::kCardGap, bottom() - top_},
                     8, "pain-column");
    }
  }

  void DrawAxis() {
    const double x = MapFrame::kMargin;
    out_.Text({x, top_ + 16}, kLane, "Experience");
    out_.Text({x, top_ + 31}, kLaneNote, "score, 1 to 100");
    out_.Text({x, bottom() - 11}, kLaneNote, "vs. baseline");
    const double step = scale_.high - scale_.low > 60 ? 20 : 10;
    const int ticks = static_cast<int>((scale_.high - scale_.low) / step);
    for (int i = 0; i <= ticks; ++i) {
      const double tick = scale_.low + i * step;
      out_.Line({frame_.left(), Y(tick)}, {frame_.right(), Y(tick)}, "grid");
      if (picture_.baseline && std::abs(Y(*picture_.baseline) - Y(tick)) < 20) continue;
      out_.Text({frame_.left() - 8, Y(tick) + 4}, kTick, SvgNumber(tick), "end");
    }
  }

  void DrawBaseline() {
    if (!picture_.baseline) return;
    const double y = Y(*picture_.baseline);
    out_.Line({frame_.left(), y}, {frame_.right(), y}, "baseline");
    const std::string value = absl::StrCat("Baseline ", FormatNumber(*picture_.baseline, 1));
    out_.Text({frame_.left() - 8, y - 1}, kStrong, value, "end");
    const WrappedText label =
        WrapText(picture_.baseline_label, kLaneNote.font, MapFrame::kLabelWidth - 8, 1);
    out_.Lines({frame_.left() - 8, y + 3}, kLaneNote, label.lines, "end");
  }

  void DrawLine() {
    const std::vector<Point>& points = curve_.points();
    for (size_t i = 0; i + 1 < points.size(); ++i) {
      const bool adjacent = points[i + 1].x - points[i].x < 1.5 * frame_.column_width;
      out_.Path(curve_.Piece(i), adjacent ? "curve" : "curve gap");
    }
  }

  void DrawStep(size_t column, const StepPicture& step) {
    const PointKind kind = KindOf(picture_, step);
    out_.Open("g", {{"class", "step-score"}});
    out_.Tooltip(DescribeScore(picture_, step));
    if (kind == PointKind::kSuppressed) {
      DrawSuppressed(column);
    } else if (IsShown(kind)) {
      DrawScore(column, *step.score, kind);
    }
    DrawDelta(column, step, kind);
    out_.Close("g");
  }

  // On the neighbours' line, so that the place says nothing about the hidden value.
  void DrawSuppressed(size_t column) {
    const double x = frame_.CenterX(column);
    const double y = curve_.points().empty()
                         ? Y(picture_.baseline.value_or((scale_.low + scale_.high) / 2))
                         : curve_.At(x);
    DrawPoint(out_, {x, y}, PointKind::kSuppressed);
    out_.Text({x, y - 14}, kCount, picture_.legend.suppressed, "middle");
  }

  void DrawScore(size_t column, const StepScore& score, PointKind kind) {
    const double x = frame_.CenterX(column), y = Y(score.value);
    const double upper = Y(score.upper), lower = Y(score.lower);
    const std::string whisker = kind == PointKind::kPain ? "whisker pain" : "whisker";
    out_.Line({x, upper}, {x, lower}, whisker);
    out_.Line({x - 5, upper}, {x + 5, upper}, whisker);
    out_.Line({x - 5, lower}, {x + 5, lower}, whisker);
    DrawPoint(out_, {x, y}, kind);
    DrawLabel({x, y}, std::min(upper, y - 9), std::max(lower, y + 9), score, kind);
  }

  // Value and n on the side to which the curve does not turn; a pain point's longer label always
  // below. `upper` and `lower` are the ends of what the point itself covers.
  void DrawLabel(Point at, double upper, double lower, const StepScore& score, PointKind kind) {
    constexpr double kHeight = 35;
    const double reach = frame_.column_width / 3;
    const double around = (curve_.At(at.x - reach) + curve_.At(at.x + reach)) / 2;
    const bool pain = kind == PointKind::kPain;
    const bool above = !pain && at.y <= around + 0.5;
    const double top = above ? upper - kHeight : lower + 5;
    const double x = at.x + SideStep(at.x, above, above ? upper - 4 : top + 2);
    out_.Text({x, top + 14}, pain ? kPainValue : kValue, FormatNumber(score.value, 1), "middle");
    out_.Text({x, top + 28}, kCount, absl::StrCat("n ", FormatCount(score.n)), "middle");
    if (pain) out_.Text({x, top + 42}, kPainNote, "below baseline", "middle");
  }

  // How far a label whose edge towards the point is at `edge` must stand aside for a steep curve.
  double SideStep(double x, bool above, double edge) const {
    constexpr double kHalfWidth = 24, kStep = 22;
    const auto blocked = [&](double side) {
      return above ? curve_.At(x + side) < edge : curve_.At(x + side) > edge;
    };
    const bool left = blocked(-kHalfWidth), right = blocked(kHalfWidth);
    return left == right ? 0 : left ? kStep : -kStep;
  }

  void DrawDelta(size_t column, const StepPicture& step, PointKind kind) {
    const Point at = {frame_.CenterX(column), bottom() - 11};
    const std::optional<double> delta = DeltaOf(picture_, step);
    if (kind == PointKind::kNone) {
      out_.Text(at, kCount, "no score", "middle");
    } else if (delta) {
      const std::string sign = *delta > 0 ? "+" : "";
      out_.Text(at, kind == PointKind::kPain ? kPainText : kBody,
                absl::StrCat(kind == PointKind::kPain ? "▼ " : "", sign, FormatNumber(*delta, 1)),
                "middle");
    }
  }

  SvgWriter& out_;
  const JourneyMapPicture& picture_;
  const MapFrame& frame_;
  const double top_;
  const Scale scale_;
  const MonotoneCurve curve_;
};

}  // namespace

PointKind KindOf(const JourneyMapPicture& picture, const StepPicture& step) {
  if (!step.score) return PointKind::kNone;
  if (step.score->suppressed) return PointKind::kSuppressed;
  if (step.pain_point) return PointKind::kPain;
  return DeltaOf(picture, step).value_or(0) < 0 ? PointKind::kBelow : PointKind::kAbove;
}

std::optional<double> DeltaOf(const JourneyMapPicture& picture, const StepPicture& step) {
  if (!step.score || step.score->suppressed) return std::nullopt;
  if (step.baseline_delta || !picture.baseline) return step.baseline_delta;
  return step.score->value - *picture.baseline;
}

std::string DescribeScore(const JourneyMapPicture& picture, const StepPicture& step) {
  const PointKind kind = KindOf(picture, step);
  std::string text = step.name;
  if (kind == PointKind::kNone) {
    absl::StrAppend(&text, " has no score");
  } else if (kind == PointKind::kSuppressed) {
    absl::StrAppend(&text, " is not shown, ", picture.legend.suppressed);
  } else {
    absl::StrAppend(&text, " scores ", FormatNumber(step.score->value, 1), " (",
                    FormatNumber(step.score->lower, 1), " to ", FormatNumber(step.score->upper, 1),
                    ", n ", FormatCount(step.score->n), ")");
  }
  return absl::StrCat(text, step.pain_point ? ", below baseline." : ".");
}

void DrawPoint(SvgWriter& out, Point at, PointKind kind) {
  switch (kind) {
    case PointKind::kPain:
      out.Path(
          absl::StrCat("M", SvgNumber(at.x), " ", SvgNumber(at.y - 10), "l10 10l-10 10l-10 -10z"),
          "point pain");
      out.Text({at.x, at.y + 4}, kMark, "!", "middle");
      break;
    case PointKind::kSuppressed:
      out.Circle(at, 6, "point suppressed");
      break;
    case PointKind::kBelow:
      out.Circle(at, 6, "point below");
      break;
    case PointKind::kAbove:
      out.Circle(at, 6, "point above");
      break;
    case PointKind::kNone:
      break;
  }
}

double DrawExperienceCurve(SvgWriter& out, const JourneyMapPicture& picture, const MapFrame& frame,
                           double top) {
  return CurveLane(out, picture, frame, top).Draw();
}

}  // namespace waymark::render
