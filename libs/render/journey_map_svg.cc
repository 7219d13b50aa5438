#include "libs/render/journey_map_svg.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/render/experience_curve.h"
#include "libs/render/map_frame.h"
#include "libs/render/map_lanes.h"
#include "libs/render/svg.h"

namespace waymark::render {
namespace {

using namespace map_style;  // NOLINT: the names of this library's own styles.

constexpr double kGap = 8;

void CleanAll(std::vector<std::string>& texts) {
  for (std::string& text : texts) text = CleanText(text);
  std::erase(texts, "");
}

void CleanStep(StepPicture& step) {
  for (std::string* text : {&step.name, &step.touchpoint, &step.channel, &step.goal, &step.doing,
                            &step.reason, &step.staff_note}) {
    *text = CleanText(*text);
  }
  CleanAll(step.quotes);
  CleanAll(step.opportunities);
  if (step.baseline_delta && !std::isfinite(*step.baseline_delta)) step.baseline_delta.reset();
  if (!step.score || step.score->suppressed) return;
  StepScore& score = *step.score;
  if (!std::isfinite(score.value) || !std::isfinite(score.lower) || !std::isfinite(score.upper)) {
    step.score.reset();
    return;
  }
  score.value = std::clamp(score.value, 0.0, 100.0);
  score.lower = std::clamp(score.lower, 0.0, score.value);
  score.upper = std::clamp(score.upper, score.value, 100.0);
}

JourneyMapPicture Cleaned(JourneyMapPicture picture) {
  MapLegend& legend = picture.legend;
  for (std::string* text :
       {&picture.title, &picture.persona, &picture.purpose, &picture.owner, &picture.review_date,
        &picture.baseline_label, &picture.as_of, &picture.definition, &legend.interval,
        &legend.above, &legend.below, &legend.pain_point, &legend.suppressed}) {
    *text = CleanText(*text);
  }
  if (picture.title.empty()) picture.title = "Journey map";
  if (picture.baseline && !std::isfinite(*picture.baseline)) picture.baseline.reset();
  if (picture.baseline) picture.baseline = std::clamp(*picture.baseline, 0.0, 100.0);
  for (StagePicture& stage : picture.stages) {
    stage.name = CleanText(stage.name);
    for (StepPicture& step : stage.steps) CleanStep(step);
  }
  return picture;
}

std::string Join(const std::string& a, absl::string_view separator, const std::string& b) {
  return a.empty() || b.empty() ? absl::StrCat(a, b) : absl::StrCat(a, separator, b);
}

std::string Subtitle(const JourneyMapPicture& picture) {
  const std::string persona =
      picture.persona.empty() ? "" : absl::StrCat("Persona: ", picture.persona);
  return Join(persona, " · ", picture.purpose);
}

std::string Describe(const JourneyMapPicture& picture) {
  std::string text = Subtitle(picture);
  if (!text.empty()) text += ".";
  if (picture.baseline) {
    text = Join(text, " ", absl::StrCat("Baseline ", FormatNumber(*picture.baseline, 1), "."));
  }
  for (const StagePicture& stage : picture.stages) {
    text = Join(text, " ", absl::StrCat("Stage ", stage.name, ":"));
    for (const StepPicture& step : stage.steps) {
      absl::StrAppend(&text, " ", DescribeScore(picture, step));
    }
  }
  return text;
}

class MapPainter {
 public:
  MapPainter(const JourneyMapPicture& picture, const RenderOptions& options)
      : picture_(picture), frame_(MakeMapFrame(picture, options)) {}

  std::string Paint(const std::string& id) {
    DrawHeader();
    if (frame_.columns.empty()) {
      y_ = out_.Lines({MapFrame::kMargin, y_ + kGap}, kSubtitle, {"This map has no stages yet."});
    } else {
      DrawStages();
      DrawStepNames();
      for (const Lane& lane : LanesAboveCurve(frame_)) Draw(lane);
      if (HasScores()) y_ = DrawExperienceCurve(out_, picture_, frame_, y_ + kGap);
      for (const Lane& lane : LanesBelowCurve(picture_, frame_)) Draw(lane);
      if (HasScores()) DrawLegend();
    }
    DrawFooter();
    return SvgDocument(
        {id, frame_.width, y_ + MapFrame::kMargin, picture_.title, Describe(picture_), Rules()},
        kAll, out_);
  }

 private:
  void Draw(const Lane& lane) { y_ = DrawLane(out_, lane, frame_, y_ + kGap); }

  bool HasScores() const {
    return std::any_of(frame_.columns.begin(), frame_.columns.end(), [](const MapColumn& column) {
      return column.step != nullptr && column.step->score.has_value();
    });
  }

  struct Fact {
    std::string name;
    std::string value;
    TextStyle style = kFact;
  };

  std::vector<Fact> Facts() const {
    std::vector<Fact> facts = {{"KIND", picture_.kind == MapKind::kAsIs ? "AS-IS" : "TO-BE"}};
    if (picture_.revision > 0) facts.push_back({"REVISION", FormatCount(picture_.revision)});
    if (!picture_.owner.empty()) facts.push_back({"OWNER", picture_.owner});
    if (!picture_.review_date.empty()) facts.push_back({"REVIEW BY", picture_.review_date});
    if (!HasScores()) return facts;
    int64_t steps = 0, pains = 0;
    for (const MapColumn& column : frame_.columns) {
      steps += column.step != nullptr;
      pains += column.step != nullptr && column.step->pain_point;
    }
    facts.push_back({"PAIN POINTS",
                     absl::StrCat(pains, " of ", steps, steps == 1 ? " step" : " steps"),
                     pains > 0 ? kPainFact : kFact});
    return facts;
  }

  // Title and subtitle at the left, the facts as a block at the right.
  void DrawHeader() {
    constexpr double kWidestFact = 150, kFactGap = 28;
    const std::vector<Fact> facts = Facts();
    double x = frame_.width - MapFrame::kMargin;
    for (auto fact = facts.rbegin(); fact != facts.rend(); ++fact) {
      const WrappedText value = WrapText(fact->value, fact->style.font, kWidestFact, 1);
      x -= std::max(TextWidth(fact->name, kFactName.font),
                    TextWidth(value.lines.front(), fact->style.font));
      out_.Text({x, y_ + 14}, kFactName, fact->name);
      out_.Text({x, y_ + 34}, fact->style, value.lines.front());
      x -= kFactGap;
    }
    const double room = x - MapFrame::kMargin;
    out_.Open("g", {{"class", "heading"}});
    const WrappedText title = WrapText(picture_.title, kTitle.font, room, 2);
    const WrappedText subtitle = WrapText(Subtitle(picture_), kSubtitle.font, room, 2);
    if (title.cut || subtitle.cut) out_.Tooltip(Join(picture_.title, "\n", Subtitle(picture_)));
    const double below_title = out_.Lines({MapFrame::kMargin, y_}, kTitle, title.lines);
    y_ = std::max(out_.Lines({MapFrame::kMargin, below_title}, kSubtitle, subtitle.lines), y_ + 40);
    out_.Close("g");
    y_ += 2 * kGap;
  }

  void DrawStages() {
    constexpr double kHeight = 44, kTip = 14;
    for (size_t first = 0; first < frame_.columns.size();) {
      size_t end = first;
      const size_t stage = frame_.columns[first].stage;
      while (end < frame_.columns.size() && frame_.columns[end].stage == stage) ++end;
      const Box box = {frame_.ColumnX(first) + (first == 0 ? 3 : 0), y_,
                       frame_.ColumnX(end) - frame_.ColumnX(first) - (first == 0 ? 6 : 3), kHeight};
      DrawStage(picture_.stages[stage].name, stage, box, kTip);
      first = end;
    }
    y_ += kHeight;
  }

  // A chevron whose notch takes the tip of the one before.
  void DrawStage(const std::string& name, size_t stage, const Box& box, double tip) {
    const double notch = stage == 0 ? 0 : tip;
    const double reach = stage + 1 == picture_.stages.size() ? 0 : tip;
    const double room = box.width - notch - 2 * MapFrame::kCardPadding;
    const WrappedText wrapped = WrapText(name, kStage.font, room, 2);
    const std::string shape =
        absl::StrCat("M", SvgNumber(box.x), " ", SvgNumber(box.y), "H", SvgNumber(box.right()), "l",
                     SvgNumber(reach), " ", SvgNumber(box.height / 2), "l", SvgNumber(-reach), " ",
                     SvgNumber(box.height / 2), "H", SvgNumber(box.x), "l", SvgNumber(notch), " ",
                     SvgNumber(-box.height / 2), "z");
    out_.Open("g", {{"class", "stage"}});
    if (wrapped.cut) out_.Tooltip(name);
    out_.Path(shape, stage % 2 == 0 ? "chevron" : "chevron second");
    const double text_height = kStage.line_height() * static_cast<double>(wrapped.lines.size());
    out_.Lines({box.center().x + notch / 2, box.center().y - text_height / 2 + 1}, kStage,
               wrapped.lines, "middle");
    out_.Close("g");
  }

  void DrawStepNames() {
    constexpr int kMaxLines = 3;
    constexpr double kNumberHeight = 16;
    size_t most_lines = 1;
    std::vector<WrappedText> names;
    for (const MapColumn& column : frame_.columns) {
      const std::string name = column.step != nullptr ? column.step->name : "";
      names.push_back(WrapText(name, kStep.font, frame_.text_width(), kMaxLines));
      most_lines = std::max(most_lines, names.back().lines.size());
    }
    const double height = kNumberHeight + kStep.line_height() * static_cast<double>(most_lines) +
                          2 * MapFrame::kCardPadding;
    y_ += kGap;
    int number = 0;
    for (size_t i = 0; i < names.size(); ++i) {
      const StepPicture* step = frame_.columns[i].step;
      if (step == nullptr) continue;
      out_.Open("g", {{"class", "step"}});
      if (names[i].cut) out_.Tooltip(step->name);
      const double x = frame_.ColumnX(i) + MapFrame::kCardGap / 2;
      out_.Rectangle({x, y_, frame_.column_width - MapFrame::kCardGap, height}, 6,
                     step->pain_point ? "card pain" : "card head");
      const Point top = {x + MapFrame::kCardPadding, y_ + MapFrame::kCardPadding};
      out_.Text({top.x, top.y + 9}, step->pain_point ? kPainNote : kStepNumber,
                absl::StrCat("STEP ", ++number, step->pain_point ? " · PAIN" : ""));
      out_.Lines({top.x, top.y + kNumberHeight}, kStep, names[i].lines);
      out_.Close("g");
    }
    y_ += height;
  }

  struct LegendEntry {
    enum class Sign { kPoint, kInterval, kBaseline };
    Sign sign;
    PointKind kind = PointKind::kNone;
    std::string text;
  };

  // Only the signs that occur on this map.
  std::vector<LegendEntry> LegendEntries() const {
    using Sign = LegendEntry::Sign;
    const auto occurs = [&](PointKind kind) {
      return std::any_of(frame_.columns.begin(), frame_.columns.end(),
                         [&](const MapColumn& column) {
                           return column.step != nullptr && KindOf(picture_, *column.step) == kind;
                         });
    };
    const MapLegend& legend = picture_.legend;
    std::vector<LegendEntry> entries;
    for (const auto& [kind, text] :
         {std::pair(PointKind::kPain, legend.pain_point),
          std::pair(PointKind::kBelow, legend.below), std::pair(PointKind::kAbove, legend.above),
          std::pair(PointKind::kSuppressed, absl::StrCat("Not shown, ", legend.suppressed))}) {
      if (occurs(kind)) entries.push_back({Sign::kPoint, kind, text});
    }
    entries.push_back({Sign::kInterval, PointKind::kNone, legend.interval});
    if (picture_.baseline) {
      entries.push_back({Sign::kBaseline, PointKind::kNone,
                         Join(absl::StrCat("Baseline ", FormatNumber(*picture_.baseline, 1)), ": ",
                              picture_.baseline_label)});
    }
    return entries;
  }

  void DrawLegend() {
    out_.Open("g", {{"class", "legend"}});
    constexpr double kSignWidth = 34, kEntryGap = 26, kRowHeight = 26;
    const double end = frame_.width - MapFrame::kMargin;
    y_ += 3 * kGap;
    out_.Text({MapFrame::kMargin, y_ + 4}, kLane, "Legend");
    double x = frame_.left();
    for (const LegendEntry& entry : LegendEntries()) {
      const double room = end - frame_.left() - kSignWidth;
      const WrappedText text = WrapText(entry.text, kBody.font, room, 1);
      if (text.lines.empty()) continue;
      const double width = kSignWidth + TextWidth(text.lines.front(), kBody.font);
      if (x > frame_.left() && x + width > end) {
        x = frame_.left();
        y_ += kRowHeight;
      }
      DrawSign(entry, {x + 13, y_});
      out_.Text({x + kSignWidth, y_ + 4}, kBody, text.lines.front());
      x += width + kEntryGap;
    }
    out_.Close("g");
    y_ += kRowHeight / 2;
  }

  void DrawSign(const LegendEntry& entry, Point at) {
    switch (entry.sign) {
      case LegendEntry::Sign::kPoint:
        DrawPoint(out_, at, entry.kind);
        break;
      case LegendEntry::Sign::kInterval:
        out_.Line({at.x, at.y - 9}, {at.x, at.y + 9}, "whisker");
        out_.Line({at.x - 5, at.y - 9}, {at.x + 5, at.y - 9}, "whisker");
        out_.Line({at.x - 5, at.y + 9}, {at.x + 5, at.y + 9}, "whisker");
        break;
      case LegendEntry::Sign::kBaseline:
        out_.Line({at.x - 13, at.y}, {at.x + 13, at.y}, "baseline");
        break;
    }
  }

  void DrawFooter() {
    const double width = frame_.width - 2 * MapFrame::kMargin;
    y_ += 2 * kGap;
    out_.Line({MapFrame::kMargin, y_}, {frame_.width - MapFrame::kMargin, y_}, "rule");
    y_ += kGap;
    const std::string as_of = picture_.as_of.empty() ? "" : absl::StrCat("As of ", picture_.as_of);
    const WrappedText text =
        WrapText(Join(as_of, ". ", picture_.definition), kFooter.font, width, 4);
    y_ = out_.Lines({MapFrame::kMargin, y_}, kFooter, text.lines);
  }

  static std::vector<std::string> Rules() {
    return {".lane{fill:#f8fafc}",
            ".card{fill:#fff;stroke:#e2e8f0}",
            ".card.head{fill:#fff;stroke:#cbd5e1}",
            ".card.pain{fill:#fdecea;stroke:#e9a49e}",
            ".card.voice{fill:#fffdf5;stroke:#eee3c2}",
            ".card.opportunity{fill:#eef6ff;stroke:#c3dbf5}",
            ".chip{fill:#e8edf3}",
            ".bullet{fill:#2f6db5}",
            ".chevron{fill:#1f3f66}",
            ".chevron.second{fill:#33608f}",
            ".pain-column{fill:#fdecea}",
            ".grid{stroke:#e2e8f0}",
            ".baseline{stroke:#475569;stroke-width:1.5;stroke-dasharray:7 5}",
            ".curve{fill:none;stroke:#33608f;stroke-width:3;stroke-linecap:round}",
            ".curve.gap{stroke-width:2;stroke-dasharray:2 6}",
            ".whisker{stroke:#64748b;stroke-width:1.5}",
            ".whisker.pain{stroke:#c62828}",
            ".point{stroke:#fff;stroke-width:2}",
            ".point.above{fill:#2e7d4f}",
            ".point.below{fill:#64748b}",
            ".point.pain{fill:#c62828}",
            ".point.suppressed{fill:#fff;stroke:#64748b;stroke-dasharray:3 2}",
            ".value,.value-pain,.count,.pain-note{paint-order:stroke;stroke:#fff;stroke-width:3px;"
            "stroke-linejoin:round;stroke-opacity:.85}",
            ".rule{stroke:#e2e8f0}"};
  }

  const JourneyMapPicture& picture_;
  const MapFrame frame_;
  SvgWriter out_;
  double y_ = MapFrame::kMargin;
};

}  // namespace

std::string RenderJourneyMapSvg(const JourneyMapPicture& picture, const RenderOptions& options) {
  const JourneyMapPicture cleaned = Cleaned(picture);
  return MapPainter(cleaned, options).Paint(SafeId(options.id_prefix, "waymark-map"));
}

}  // namespace waymark::render
