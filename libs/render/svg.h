#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/render/text.h"

namespace waymark::render {

struct Point {
  double x = 0;
  double y = 0;
};

struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
  Point center() const { return {x + width / 2, y + height / 2}; }
};

/// How a kind of text looks: `name` is its CSS class, so that measuring and drawing agree.
struct TextStyle {
  absl::string_view name;
  Font font;
  absl::string_view fill;
  bool italic = false;
  double line_height() const { return font.size * 1.32; }
};

/// An attribute; numbers are written with at most two decimals, texts are escaped.
struct Attribute {
  Attribute(absl::string_view name, double value);
  Attribute(absl::string_view name, absl::string_view value) : name(name), value(value) {}
  Attribute(absl::string_view name, const char* value) : name(name), value(value) {}
  Attribute(absl::string_view name, const std::string& value) : name(name), value(value) {}
  absl::string_view name;
  std::string value;
};
using Attributes = std::initializer_list<Attribute>;

/// `value` as SVG wants numbers: at most two decimals, no trailing zeros, no "-0".
std::string SvgNumber(double value);

/// Writes the elements of an SVG document one after the other. Elements that are opened must be
/// closed. All texts given must be clean (CleanText); they are escaped here.
class SvgWriter {
 public:
  void Open(absl::string_view tag, Attributes attributes);
  void Close(absl::string_view tag);
  void Element(absl::string_view tag, Attributes attributes);
  /// The tooltip of the element that is open.
  void Tooltip(absl::string_view text);
  void Rectangle(const Box& box, double radius, absl::string_view css_class);
  void Circle(Point center, double radius, absl::string_view css_class);
  void Line(Point from, Point to, absl::string_view css_class);
  void Path(absl::string_view data, absl::string_view css_class);
  /// `baseline` is the left end of the text's base line, or its middle or right end by `anchor`.
  void Text(Point baseline, const TextStyle& style, absl::string_view text,
            absl::string_view anchor = "start");
  /// Lines below each other; `top` is the upper edge of the first. Returns the lower edge of the
  /// last.
  double Lines(Point top, const TextStyle& style, const std::vector<std::string>& lines,
               absl::string_view anchor = "start");

  const std::string& content() const { return content_; }

 private:
  void Start(absl::string_view tag, Attributes attributes);
  std::string content_;
};

/// What surrounds the content of a picture.
struct SvgFrame {
  std::string id;
  double width = 0;
  double height = 0;
  /// For screen readers and search: a short title and all that the picture says, in sentences.
  std::string title;
  std::string description;
  /// CSS rules beside those of `text_styles`, one "selector{...}" each; they hold inside this
  /// document only.
  std::vector<std::string> rules;
};

/// A complete SVG document. The root element has role "img"; white background; system fonts.
std::string SvgDocument(const SvgFrame& frame, absl::Span<const TextStyle> text_styles,
                        const SvgWriter& content);

/// `id` reduced to letters, digits and '-'; `fallback` when nothing remains.
std::string SafeId(absl::string_view id, absl::string_view fallback);

}  // namespace waymark::render
