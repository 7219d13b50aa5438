#pragma once

#include <string>
#include <vector>

#include "libs/render/map_frame.h"
#include "libs/render/svg.h"

namespace waymark::render {

/// A text of a card, wrapped to the card's width.
struct Paragraph {
  enum class Shape { kPlain, kBullet, kChip };

  std::string text;
  TextStyle style;
  int max_lines = 3;
  Shape shape = Shape::kPlain;
};

/// What a step has in a lane; without paragraphs there is no card.
struct Card {
  std::vector<Paragraph> paragraphs;
  /// CSS classes of the card's rectangle.
  std::string css_class = "card";
};

/// A row of cards, one place a column.
struct Lane {
  std::string name;
  std::string note;
  std::vector<Card> cards;
};

/// The lanes of texts above and below the experience curve. Lanes without any card are left out.
std::vector<Lane> LanesAboveCurve(const MapFrame& frame);
std::vector<Lane> LanesBelowCurve(const JourneyMapPicture& picture, const MapFrame& frame);

/// Draws the lane with its upper edge at `top`; returns its lower edge.
double DrawLane(SvgWriter& out, const Lane& lane, const MapFrame& frame, double top);

}  // namespace waymark::render
