#pragma once

#include <cstddef>
#include <vector>

#include "libs/render/journey_map_svg.h"
#include "libs/render/svg.h"

namespace waymark::render {

/// A column of the map: a step, or the place of a stage that has none.
struct MapColumn {
  size_t stage = 0;
  const StepPicture* step = nullptr;
};

/// Where the columns stand. The lane labels take the left; the columns fill the rest evenly.
struct MapFrame {
  static constexpr double kMargin = 28;
  static constexpr double kLabelWidth = 128;
  static constexpr double kCardGap = 6;
  static constexpr double kCardPadding = 9;

  std::vector<MapColumn> columns;
  double width = 0;
  double column_width = 0;

  double left() const { return kMargin + kLabelWidth; }
  double right() const { return left() + column_width * static_cast<double>(columns.size()); }
  double ColumnX(size_t i) const { return left() + column_width * static_cast<double>(i); }
  double CenterX(size_t i) const { return ColumnX(i) + column_width / 2; }
  /// Width of the text inside a card.
  double text_width() const { return column_width - kCardGap - 2 * kCardPadding; }
};

/// `picture` must outlive the frame.
MapFrame MakeMapFrame(const JourneyMapPicture& picture, const RenderOptions& options);

namespace map_style {
inline constexpr TextStyle kTitle = {"title", {26, true}, "#0f172a"};
inline constexpr TextStyle kSubtitle = {"subtitle", {14, false}, "#475569"};
inline constexpr TextStyle kFactName = {"fact-name", {10.5, true}, "#64748b"};
inline constexpr TextStyle kFact = {"fact", {14, true}, "#0f172a"};
inline constexpr TextStyle kPainFact = {"fact-pain", {14, true}, "#b3261e"};
inline constexpr TextStyle kStage = {"stage-name", {14, true}, "#ffffff"};
inline constexpr TextStyle kStep = {"step-name", {13, true}, "#0f172a"};
inline constexpr TextStyle kStepNumber = {"step-number", {10.5, true}, "#64748b"};
inline constexpr TextStyle kLane = {"lane-name", {12, true}, "#334155"};
inline constexpr TextStyle kLaneNote = {"lane-note", {10.5, false}, "#64748b"};
inline constexpr TextStyle kBody = {"body", {11.5, false}, "#1e293b"};
inline constexpr TextStyle kStrong = {"strong", {11.5, true}, "#1e293b"};
inline constexpr TextStyle kChip = {"chip-text", {10.5, false}, "#334155"};
inline constexpr TextStyle kQuote = {"quote", {11.5, false}, "#334155", true};
inline constexpr TextStyle kPainText = {"pain-text", {11.5, true}, "#b3261e"};
inline constexpr TextStyle kPainNote = {"pain-note", {10.5, true}, "#b3261e"};
inline constexpr TextStyle kValue = {"value", {14, true}, "#0f172a"};
inline constexpr TextStyle kPainValue = {"value-pain", {14, true}, "#b3261e"};
inline constexpr TextStyle kCount = {"count", {10.5, false}, "#64748b"};
inline constexpr TextStyle kTick = {"tick", {10.5, false}, "#94a3b8"};
inline constexpr TextStyle kMark = {"mark", {10.5, true}, "#ffffff"};
inline constexpr TextStyle kFooter = {"footer", {11, false}, "#64748b"};

inline constexpr TextStyle kAll[] = {kTitle, kSubtitle,   kFactName, kFact,     kPainFact, kStage,
                                     kStep,  kStepNumber, kLane,     kLaneNote, kBody,     kStrong,
                                     kChip,  kQuote,      kPainText, kPainNote, kValue,    kCount,
                                     kTick,  kPainValue,  kMark,     kFooter};
}  // namespace map_style

}  // namespace waymark::render
