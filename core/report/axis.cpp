// SPDX-License-Identifier: Apache-2.0
#include "report/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/figure_layout.h"

namespace monodr {
namespace {

const Stroke kGrid{"#d9d9d9", 0.6, ""};
const Stroke kFrame{"#444444", 0.8, ""};
constexpr double kTickSize = 9, kTitleSize = 10;

/// The round number next to range / ticks from above.
double round_step(double range, int ticks) {
  const double raw = range / ticks;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= raw * 0.999) return factor * power;
  return 10 * power;
}

}  // namespace

Axis round_axis(const std::string& title, double low, double high, int ticks) {
  if (!std::isfinite(low) || !std::isfinite(high)) low = 0, high = 1;
  if (!(high > low)) high = low + (low == 0 ? 1 : std::abs(low));
  const double step = round_step(high - low, ticks);
  const auto first = static_cast<long>(std::ceil(low / step - 1e-6));
  const auto last = static_cast<long>(std::floor(high / step + 1e-6));
  Axis axis{title, low, high, {}};
  for (long i = first; i <= last; ++i)
    axis.ticks.push_back(
        {static_cast<double>(i) * step, fmt::format("{:.6g}", static_cast<double>(i) * step)});
  return axis;
}

Axis axis_of(const std::string& title,
             const std::vector<double>& values,
             bool from_zero,
             int ticks) {
  double low = INFINITY, high = -INFINITY;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (from_zero) low = std::min(low, 0.0), high = std::max(high, 0.0);
  return round_axis(title, low, high, ticks);
}

Axis circle_axis(const std::string& title) {
  Axis axis{title, -180, 180, {}};
  for (int degrees = -180; degrees <= 180; degrees += 45)
    axis.ticks.push_back({static_cast<double>(degrees), fmt::format("{}", degrees)});
  return axis;
}

double room_beside(const Axis& y, double height) {
  double room = 5;
  for (const Tick& tick : y.ticks) room = std::max(room, 8 + text_width(tick.label, kTickSize));
  if (y.title.empty()) return room;
  return room + text_line * static_cast<double>(wrapped_text(y.title, height).size()) + 4;
}

double room_below(const Axis& x, double width) {
  if (x.title.empty()) return 16;
  return 18 + text_line * static_cast<double>(wrapped_text(x.title, width).size());
}

PlotArea::PlotArea(Point corner, double width, double height, Axis x, Axis y)
    : corner_(corner), width_(width), height_(height), x_(std::move(x)), y_(std::move(y)) {}

Point PlotArea::at(double x, double y) const {
  return {corner_.x + width_ * (x - x_.low) / (x_.high - x_.low),
          corner_.y + height_ * (1 - (y - y_.low) / (y_.high - y_.low))};
}

void PlotArea::draw_axes(Svg& svg) const {
  double taken = -INFINITY;
  for (const Tick& tick : x_.ticks) {
    const Point foot = at(tick.value, y_.low);
    svg.line(foot, {foot.x, corner_.y}, kGrid);
    const double half = text_width(tick.label, kTickSize) / 2;
    if (foot.x - half < taken) continue;
    svg.text({foot.x, foot.y + 12}, tick.label, {Anchor::middle, kTickSize});
    taken = foot.x + half + 4;
  }
  for (const Tick& tick : y_.ticks) {
    const Point foot = at(x_.low, tick.value);
    svg.line(foot, {corner_.x + width_, foot.y}, kGrid);
    svg.text({foot.x - 5, foot.y + 3}, tick.label, {Anchor::end, kTickSize});
  }
  const Point origin = at(x_.low, y_.low);
  svg.line(origin, {origin.x + width_, origin.y}, kFrame);
  svg.line(origin, {origin.x, corner_.y}, kFrame);
  if (!x_.title.empty())
    draw_lines(svg,
               {corner_.x + width_ / 2, bottom() + 26},
               wrapped_text(x_.title, width_, kTitleSize),
               {Anchor::middle, kTitleSize});
  if (!y_.title.empty())
    draw_lines(svg,
               {corner_.x - room_beside(y_, height_) + 10, corner_.y + height_ / 2},
               wrapped_text(y_.title, height_, kTitleSize),
               {Anchor::middle, kTitleSize, false, true});
}

}  // namespace monodr
