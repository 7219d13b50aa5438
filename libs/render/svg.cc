#include "libs/render/svg.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace waymark::render {
namespace {

constexpr absl::string_view kFonts =
    "-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans','Noto Sans',"
    "'DejaVu Sans Condensed',sans-serif";

std::string StyleRule(const TextStyle& style) {
  return absl::StrCat(".", style.name, "{font-size:", SvgNumber(style.font.size),
                      "px;fill:", style.fill, style.font.bold ? ";font-weight:700" : "",
                      style.italic ? ";font-style:italic" : "", "}");
}

}  // namespace

std::string SvgNumber(double value) {
  std::string digits = absl::StrFormat("%.2f", value);
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return digits == "-0" ? "0" : digits;
}

Attribute::Attribute(absl::string_view name, double value) : name(name), value(SvgNumber(value)) {}

void SvgWriter::Start(absl::string_view tag, Attributes attributes) {
  absl::StrAppend(&content_, "<", tag);
  for (const Attribute& attribute : attributes) {
    absl::StrAppend(&content_, " ", attribute.name, "=\"", EscapeXml(attribute.value), "\"");
  }
}

void SvgWriter::Open(absl::string_view tag, Attributes attributes) {
  Start(tag, attributes);
  content_ += ">\n";
}

void SvgWriter::Close(absl::string_view tag) { absl::StrAppend(&content_, "</", tag, ">\n"); }

void SvgWriter::Element(absl::string_view tag, Attributes attributes) {
  Start(tag, attributes);
  content_ += "/>\n";
}

void SvgWriter::Tooltip(absl::string_view text) {
  absl::StrAppend(&content_, "<title>", EscapeXml(text), "</title>\n");
}

void SvgWriter::Rectangle(const Box& box, double radius, absl::string_view css_class) {
  Element("rect", {{"x", box.x},
                   {"y", box.y},
                   {"width", box.width},
                   {"height", box.height},
                   {"rx", radius},
                   {"class", css_class}});
}

void SvgWriter::Circle(Point center, double radius, absl::string_view css_class) {
  Element("circle", {{"cx", center.x}, {"cy", center.y}, {"r", radius}, {"class", css_class}});
}

void SvgWriter::Line(Point from, Point to, absl::string_view css_class) {
  Element("line",
          {{"x1", from.x}, {"y1", from.y}, {"x2", to.x}, {"y2", to.y}, {"class", css_class}});
}

void SvgWriter::Path(absl::string_view data, absl::string_view css_class) {
  Element("path", {{"d", data}, {"class", css_class}});
}

void SvgWriter::Text(Point baseline, const TextStyle& style, absl::string_view text,
                     absl::string_view anchor) {
  Start("text", {{"x", baseline.x}, {"y", baseline.y}, {"class", style.name}});
  if (anchor != "start") absl::StrAppend(&content_, " text-anchor=\"", anchor, "\"");
  absl::StrAppend(&content_, ">", EscapeXml(text), "</text>\n");
}

double SvgWriter::Lines(Point top, const TextStyle& style, const std::vector<std::string>& lines,
                        absl::string_view anchor) {
  for (const std::string& line : lines) {
    Text({top.x, top.y + style.font.size}, style, line, anchor);
    top.y += style.line_height();
  }
  return top.y;
}

std::string SvgDocument(const SvgFrame& frame, absl::Span<const TextStyle> text_styles,
                        const SvgWriter& content) {
  const std::string size =
      absl::StrCat(SvgNumber(frame.width), "\" height=\"", SvgNumber(frame.height));
  std::string css = absl::StrCat("#", frame.id, "{font-family:", kFonts,
                                 ";print-color-adjust:exact;-webkit-print-color-adjust:exact}\n");
  for (const TextStyle& style : text_styles) {
    absl::StrAppend(&css, "#", frame.id, " ", StyleRule(style), "\n");
  }
  for (const std::string& rule : frame.rules) absl::StrAppend(&css, "#", frame.id, " ", rule, "\n");
  return absl::StrCat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"", frame.id, "\" width=\"", size,
      "\" viewBox=\"0 0 ", SvgNumber(frame.width), " ", SvgNumber(frame.height),
      "\" role=\"img\" aria-labelledby=\"", frame.id, "-title ", frame.id, "-desc\">\n",
      "<title id=\"", frame.id, "-title\">", EscapeXml(frame.title), "</title>\n<desc id=\"",
      frame.id, "-desc\">", EscapeXml(frame.description), "</desc>\n<style>\n", css,
      "</style>\n<rect width=\"", size, "\" fill=\"#fff\"/>\n", content.content(), "</svg>\n");
}

std::string SafeId(absl::string_view id, absl::string_view fallback) {
  std::string safe;
  for (const char c : id) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-') safe += c;
  }
  const bool starts_well =
      !safe.empty() && absl::ascii_isalpha(static_cast<unsigned char>(safe[0]));
  return starts_well ? safe : std::string(fallback);
}

}  // namespace waymark::render
