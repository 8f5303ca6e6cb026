// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "report/svg.h"

namespace monodr {

struct Tick {
  double value = 0;
  std::string label;
};

/// A range of numbers with its ticks.
struct Axis {
  std::string title;
  double low = 0, high = 1;
  std::vector<Tick> ticks;
};

/// Round ticks (1, 2 or 5 times a power of ten); the range grows to the outer ticks. An empty or
/// reversed range becomes one around its lower end.
Axis round_axis(const std::string& title, double low, double high, int ticks = 5);

/// The smallest axis from 0, or below where there are negative values, that holds all finite ones.
Axis axis_of(const std::string& title,
             const std::vector<double>& values,
             bool from_zero,
             int ticks = 5);

/// Degrees from -180 to 180, a tick every 45.
Axis circle_axis(const std::string& title);

/// The rectangle of a plot inside a drawing: draws frame, grid and ticks, and says where a pair of
/// numbers lies.
class PlotArea {
 public:
  PlotArea(Point corner, double width, double height, Axis x, Axis y);

  void draw_axes(Svg& svg) const;
  Point at(double x, double y) const;

  Point corner() const { return corner_; }
  double width() const { return width_; }
  double height() const { return height_; }

 private:
  Point corner_;
  double width_, height_;
  Axis x_, y_;
};

}  // namespace monodr
