// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

/// Pixels of the drawing (96 to the inch), x to the right, y down.
struct Point {
  double x = 0, y = 0;
};

struct Stroke {
  std::string colour = "#000000";
  double width = 1;
  std::string dashes;  ///< "6 3": drawn, left out, in pixels; "" = solid
};

enum class Anchor { start, middle, end };

struct TextStyle {
  Anchor anchor = Anchor::start;
  double size = 10;
  bool bold = false;
  bool upward = false;  ///< turned to read from below
  std::string colour = "#000000";
};

/// How the i-th of several series is drawn: told apart by colour (Okabe and Ito's, safe for the
/// colour-blind), and in grey print by dashes and markers.
struct SeriesStyle {
  std::string colour, dashes;
  int marker = 0;
};
SeriesStyle series_style(size_t index);

/// An SVG 1.1 drawing, written down as it is drawn. Points that are not finite are left out. Text
/// may hold anything; it becomes outlines (report/typeface.h), named in aria-label.
class Svg {
 public:
  Svg(double width, double height) : width_(width), height_(height) {}

  void line(Point from, Point to, const Stroke& stroke);
  /// Broken where a point is not finite.
  void polyline(const std::vector<Point>& points, const Stroke& stroke);
  void polygon(const std::vector<Point>& points,
               const std::string& fill,
               double opacity,
               const Stroke& outline = {"none", 0, ""});
  void rectangle(Point corner, double width, double height, const std::string& fill);
  /// Disc, square, triangle, diamond, cross, plus: by `kind` modulo 6.
  void marker(Point at, int kind, const std::string& colour, double radius = 2.5);
  void text(Point at, const std::string& text, const TextStyle& style = {});

  /// A PNG file's bytes, stretched to the rectangle.
  void picture(Point corner, double width, double height, const std::string& png);
  /// Another drawing, as `finish` gave it, with its corner there.
  void drawing(Point corner, const std::string& svg);

  double width() const { return width_; }
  double height() const { return height_; }
  /// Where it is known only after the drawing.
  void set_height(double height) { height_ = height; }

  /// The whole file; `title` is read out by screen readers.
  std::string finish(const std::string& title) const;

 private:
  double width_, height_;
  std::string body_;
};

}  // namespace monodr
