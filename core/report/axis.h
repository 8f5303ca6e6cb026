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

/// The range as it is, for an axis ends where its data end, with round ticks (1, 2 or 5 times a power of ten) in
/// it. An empty or reversed range becomes one above its lower end.
Axis round_axis(const std::string& title, double low, double high, int ticks = 5);

/// The smallest axis from 0, or below where there are negative values, that holds all finite ones.
Axis axis_of(const std::string& title,
             const std::vector<double>& values,
             bool from_zero,
             int ticks = 5);

/// Degrees from -180 to 180, a tick every 45.
Axis circle_axis(const std::string& title);

/// What stands beside a plot of that height: ticks and title of its upright axis.
double room_beside(const Axis& y, double height);
/// What stands below a plot of that width: ticks and title of its lying axis.
double room_below(const Axis& x, double width);

/// The rectangle of a plot inside a drawing: draws frame, grid and ticks, and says where a pair of
/// numbers lies. Of ticks whose labels would run into one another every other stays without.
class PlotArea {
 public:
  PlotArea(Point corner, double width, double height, Axis x, Axis y);

  void draw_axes(Svg& svg) const;
  Point at(double x, double y) const;

  Point corner() const { return corner_; }
  double width() const { return width_; }
  double height() const { return height_; }
  double bottom() const { return corner_.y + height_; }

 private:
  Point corner_;
  double width_, height_;
  Axis x_, y_;
};

}  // namespace monodr
