// SPDX-License-Identifier: Apache-2.0
#include "report/svg.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "report/png.h"
#include "report/typeface.h"
#include "results/escape.h"

namespace monodr {
namespace {

bool is_finite(Point p) {
  return std::isfinite(p.x) && std::isfinite(p.y);
}

/// Two decimals are a hundredth of a pixel; more only makes the file larger.
std::string number(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string point_list(const std::vector<Point>& points) {
  std::vector<std::string> parts;
  for (const Point& p : points)
    if (is_finite(p)) parts.push_back(number(p.x) + "," + number(p.y));
  return join(parts, " ");
}

std::string stroke_attributes(const Stroke& stroke) {
  std::string text =
      fmt::format("stroke=\"{}\" stroke-width=\"{}\"", stroke.colour, number(stroke.width));
  if (!stroke.dashes.empty()) text += fmt::format(" stroke-dasharray=\"{}\"", stroke.dashes);
  return text;
}

}  // namespace

SeriesStyle series_style(size_t index) {
  static const char* const colours[] = {
      "#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"};
  static const char* const dashes[] = {"", "7 3", "2 2", "9 3 2 3", "4 2", "12 4"};
  return {colours[index % std::size(colours)],
          dashes[index % std::size(dashes)],
          static_cast<int>(index % 6)};
}

void Svg::line(Point from, Point to, const Stroke& stroke) {
  if (!is_finite(from) || !is_finite(to)) return;
  body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" {}/>\n",
                       number(from.x),
                       number(from.y),
                       number(to.x),
                       number(to.y),
                       stroke_attributes(stroke));
}

void Svg::polyline(const std::vector<Point>& points, const Stroke& stroke) {
  std::vector<Point> piece;
  const auto end_piece = [&] {
    if (piece.size() > 1)
      body_ += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke-linejoin=\"round\" {}/>\n",
                           point_list(piece),
                           stroke_attributes(stroke));
    piece.clear();
  };
  for (const Point& p : points) {
    if (is_finite(p))
      piece.push_back(p);
    else
      end_piece();
  }
  end_piece();
}

void Svg::polygon(const std::vector<Point>& points,
                  const std::string& fill,
                  double opacity,
                  const Stroke& outline) {
  body_ += fmt::format("<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"{}\" {}/>\n",
                       point_list(points),
                       fill,
                       number(opacity),
                       stroke_attributes(outline));
}

void Svg::rectangle(Point corner, double width, double height, const std::string& fill) {
  if (!is_finite(corner) || !(width >= 0) || !(height >= 0)) return;
  body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>\n",
                       number(corner.x),
                       number(corner.y),
                       number(width),
                       number(height),
                       fill);
}

void Svg::marker(Point at, int kind, const std::string& colour, double radius) {
  if (!is_finite(at)) return;
  const double r = radius, x = at.x, y = at.y;
  switch (kind % 6) {
    case 0:
      body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"/>\n",
                           number(x),
                           number(y),
                           number(r),
                           colour);
      break;
    case 1:
      rectangle({x - 0.9 * r, y - 0.9 * r}, 1.8 * r, 1.8 * r, colour);
      break;
    case 2:
      polygon(
          {{x, y - 1.2 * r}, {x + 1.1 * r, y + 0.8 * r}, {x - 1.1 * r, y + 0.8 * r}}, colour, 1);
      break;
    case 3:
      polygon({{x, y - 1.3 * r}, {x + 1.3 * r, y}, {x, y + 1.3 * r}, {x - 1.3 * r, y}}, colour, 1);
      break;
    case 4:
      line({x - r, y - r}, {x + r, y + r}, {colour, 1.2, ""});
      line({x - r, y + r}, {x + r, y - r}, {colour, 1.2, ""});
      break;
    default:
      line({x - 1.2 * r, y}, {x + 1.2 * r, y}, {colour, 1.2, ""});
      line({x, y - 1.2 * r}, {x, y + 1.2 * r}, {colour, 1.2, ""});
  }
}

void Svg::text(Point at, const std::string& text, const TextStyle& style) {
  if (text.empty() || !is_finite(at)) return;
  const OutlinedText set = outlined(text, style.bold);
  const double scale = style.size / typeface_units;
  const double start = style.anchor == Anchor::start ? 0
                       : style.anchor == Anchor::end ? -set.width * scale
                                                     : -set.width * scale / 2;
  const std::string place = fmt::format("translate({} {}){}{}",
                                        number(at.x),
                                        number(at.y),
                                        style.upward ? " rotate(-90)" : "",
                                        fmt::format(" translate({})", number(start)));
  body_ += fmt::format(
      "<path aria-label=\"{}\" transform=\"{} scale({:.5g} {:.5g})\" fill=\"{}\" d=\"{}\"/>\n",
      escaped_html(text),
      place,
      scale * typeface_narrowing,
      -scale,
      style.colour,
      set.path);
  for (const OutlinedText::Foreign& foreign : set.foreign)
    body_ += fmt::format(
        "<text transform=\"{} translate({})\" font-family=\"sans-serif\" font-size=\"{}\" "
        "fill=\"{}\">{}</text>\n",
        place,
        number(foreign.x * scale),
        number(style.size),
        style.colour,
        escaped_html(foreign.character));
}

void Svg::picture(Point corner, double width, double height, const std::string& png) {
  body_ += fmt::format(
      "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" "
      "href=\"data:image/png;base64,{}\"/>\n",
      number(corner.x),
      number(corner.y),
      number(width),
      number(height),
      base64(png));
}

void Svg::drawing(Point corner, const std::string& svg) {
  MONODR_CHECK(svg.rfind("<svg ", 0) == 0, "not a drawing");
  body_ +=
      fmt::format("<svg x=\"{}\" y=\"{}\" {}", number(corner.x), number(corner.y), svg.substr(5));
}

std::string Svg::finish(const std::string& title) const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} "
      "{1}\" role=\"img\">\n<title>{2}</title>\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n{3}</svg>\n",
      number(width_),
      number(height_),
      escaped_html(title),
      body_);
}

}  // namespace monodr
