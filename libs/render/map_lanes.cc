#include "libs/render/map_lanes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/render/experience_curve.h"

namespace waymark::render {
namespace {

using namespace map_style;  // NOLINT: the names of this library's own styles.

constexpr double kParagraphGap = 5;
constexpr double kLanePadding = 6;
constexpr double kBulletIndent = 11;
constexpr double kChipPadding = 7;
constexpr double kChipHeight = 18;
constexpr size_t kQuotes = 2;
constexpr size_t kOpportunities = 3;

double Indent(const Paragraph& paragraph) {
  switch (paragraph.shape) {
    case Paragraph::Shape::kBullet:
      return kBulletIndent;
    case Paragraph::Shape::kChip:
      return kChipPadding;
    case Paragraph::Shape::kPlain:
      return 0;
  }
  return 0;
}

WrappedText Wrap(const Paragraph& paragraph, const MapFrame& frame) {
  const bool chip = paragraph.shape == Paragraph::Shape::kChip;
  const double width = frame.text_width() - Indent(paragraph) * (chip ? 2 : 1);
  return WrapText(paragraph.text, paragraph.style.font, width, chip ? 1 : paragraph.max_lines);
}

double Height(const Paragraph& paragraph, const WrappedText& wrapped) {
  if (paragraph.shape == Paragraph::Shape::kChip) return kChipHeight;
  return paragraph.style.line_height() * static_cast<double>(wrapped.lines.size());
}

double CardHeight(const Card& card, const MapFrame& frame) {
  if (card.paragraphs.empty()) return 0;
  double height = 2 * MapFrame::kCardPadding - kParagraphGap;
  for (const Paragraph& paragraph : card.paragraphs) {
    height += Height(paragraph, Wrap(paragraph, frame)) + kParagraphGap;
  }
  return height;
}

void DrawParagraph(SvgWriter& out, const Paragraph& paragraph, const WrappedText& wrapped,
                   Point top) {
  const double indent = Indent(paragraph);
  if (paragraph.shape == Paragraph::Shape::kChip) {
    const double width = TextWidth(wrapped.lines.front(), paragraph.style.font) + 2 * kChipPadding;
    out.Rectangle({top.x, top.y, width, kChipHeight}, kChipHeight / 2, "chip");
    out.Text({top.x + width / 2, top.y + 13}, paragraph.style, wrapped.lines.front(), "middle");
    return;
  }
  if (paragraph.shape == Paragraph::Shape::kBullet) {
    out.Circle({top.x + 3, top.y + paragraph.style.font.size * 0.68}, 2, "bullet");
  }
  out.Lines({top.x + indent, top.y}, paragraph.style, wrapped.lines);
}

void DrawCard(SvgWriter& out, const Card& card, const MapFrame& frame, const Box& box) {
  out.Open("g", {{"class", "cell"}});
  std::string cut;
  for (const Paragraph& paragraph : card.paragraphs) {
    if (Wrap(paragraph, frame).cut) absl::StrAppend(&cut, cut.empty() ? "" : "\n", paragraph.text);
  }
  if (!cut.empty()) out.Tooltip(cut);
  out.Rectangle(box, 6, card.css_class);
  Point top = {box.x + MapFrame::kCardPadding, box.y + MapFrame::kCardPadding};
  for (const Paragraph& paragraph : card.paragraphs) {
    const WrappedText wrapped = Wrap(paragraph, frame);
    DrawParagraph(out, paragraph, wrapped, top);
    top.y += Height(paragraph, wrapped) + kParagraphGap;
  }
  out.Close("g");
}

template <typename Fill>
void AddLane(std::vector<Lane>& lanes, const MapFrame& frame, std::string name, std::string note,
             Fill fill) {
  Lane lane{std::move(name), std::move(note), std::vector<Card>(frame.columns.size())};
  bool any = false;
  for (size_t i = 0; i < frame.columns.size(); ++i) {
    if (frame.columns[i].step == nullptr) continue;
    fill(*frame.columns[i].step, lane.cards[i]);
    any = any || !lane.cards[i].paragraphs.empty();
  }
  if (any) lanes.push_back(std::move(lane));
}

void AddText(Card& card, const std::string& text, Paragraph form) {
  if (text.empty()) return;
  form.text = text;
  card.paragraphs.push_back(std::move(form));
}

void FillReason(const JourneyMapPicture& picture, const StepPicture& step, Card& card) {
  if (step.pain_point) {
    const std::optional<double> delta = DeltaOf(picture, step);
    const std::string by = delta ? FormatNumber(std::abs(*delta), 1) : "";
    card.css_class = "card pain";
    AddText(card, delta ? absl::StrCat("▼ ", by, " below baseline") : "▼ Below baseline",
            {.style = kPainText, .max_lines = 2});
  }
  AddText(card, step.reason, {.style = kBody, .max_lines = 7});
}

}  // namespace

std::vector<Lane> LanesAboveCurve(const MapFrame& frame) {
  std::vector<Lane> lanes;
  AddLane(lanes, frame, "Customer goal", "", [](const StepPicture& step, Card& card) {
    AddText(card, step.goal, {.style = kBody, .max_lines = 4});
  });
  AddLane(lanes, frame, "Customer does", "", [](const StepPicture& step, Card& card) {
    AddText(card, step.doing, {.style = kBody, .max_lines = 4});
  });
  AddLane(lanes, frame, "Touchpoint", "and channel", [](const StepPicture& step, Card& card) {
    AddText(card, step.touchpoint, {.style = kStrong, .max_lines = 2});
    AddText(card, step.channel, {.style = kChip, .shape = Paragraph::Shape::kChip});
  });
  return lanes;
}

std::vector<Lane> LanesBelowCurve(const JourneyMapPicture& picture, const MapFrame& frame) {
  std::vector<Lane> lanes;
  AddLane(lanes, frame, "Pain points", "and their reasons",
          [&](const StepPicture& step, Card& card) { FillReason(picture, step, card); });
  AddLane(lanes, frame, "Customers say", "", [](const StepPicture& step, Card& card) {
    card.css_class = "card voice";
    for (size_t i = 0; i < std::min(kQuotes, step.quotes.size()); ++i) {
      AddText(card, absl::StrCat("“", step.quotes[i], "”"), {.style = kQuote, .max_lines = 5});
    }
  });
  AddLane(lanes, frame, "Staff note", "", [](const StepPicture& step, Card& card) {
    AddText(card, step.staff_note, {.style = kBody, .max_lines = 5});
  });
  AddLane(lanes, frame, "Opportunities", "and actions", [](const StepPicture& step, Card& card) {
    card.css_class = "card opportunity";
    for (size_t i = 0; i < std::min(kOpportunities, step.opportunities.size()); ++i) {
      AddText(card, step.opportunities[i],
              {.style = kBody, .max_lines = 5, .shape = Paragraph::Shape::kBullet});
    }
  });
  return lanes;
}

double DrawLane(SvgWriter& out, const Lane& lane, const MapFrame& frame, double top) {
  constexpr double kLabelHeight = 34;
  double height = kLabelHeight;
  size_t cards = 0;
  for (const Card& card : lane.cards) {
    height = std::max(height, CardHeight(card, frame));
    cards += !card.paragraphs.empty();
  }
  // A row of cards looks even at one height; a few scattered ones look better without empty room.
  const bool even = 2 * cards > lane.cards.size();
  out.Open("g", {{"class", "lane-group"}});
  out.Rectangle({frame.left(), top, frame.right() - frame.left(), height + 2 * kLanePadding}, 8,
                "lane");
  out.Text({MapFrame::kMargin, top + 20}, kLane, lane.name);
  if (!lane.note.empty()) out.Text({MapFrame::kMargin, top + 35}, kLaneNote, lane.note);
  for (size_t i = 0; i < lane.cards.size(); ++i) {
    if (lane.cards[i].paragraphs.empty()) continue;
    DrawCard(out, lane.cards[i], frame,
             {frame.ColumnX(i) + MapFrame::kCardGap / 2, top + kLanePadding,
              frame.column_width - MapFrame::kCardGap,
              even ? height : CardHeight(lane.cards[i], frame)});
  }
  out.Close("g");
  return top + height + 2 * kLanePadding;
}

}  // namespace waymark::render
