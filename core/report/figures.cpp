// SPDX-License-Identifier: Apache-2.0
#include "report/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "report/axis.h"

namespace monodr {
namespace {

constexpr double kWidth = 340;
constexpr double kCurveHeight = 175;
const TextStyle kTitle{Anchor::start, 11, true};

void append(std::vector<double>& all, const std::vector<double>& some) {
  all.insert(all.end(), some.begin(), some.end());
}

/// Places of the legend's entries below the plot, as many on a line as fit.
std::vector<Point> legend_places(const std::vector<Curve>& curves, double left, double top) {
  std::vector<Point> places;
  Point next{left, top};
  for (const Curve& curve : curves) {
    const double width = 34 + text_width(curve.label);
    if (next.x > left && next.x + width > kWidth) next = {left, next.y + 15};
    places.push_back(next);
    next.x += width + 14;
  }
  return places;
}

void draw_band(Svg& svg, const PlotArea& area, const Curve& curve, const SeriesStyle& style) {
  if (curve.low.empty()) return;
  std::vector<Point> outline;
  for (size_t i = 0; i < curve.x.size(); ++i) outline.push_back(area.at(curve.x[i], curve.low[i]));
  for (size_t i = curve.x.size(); i-- > 0;) outline.push_back(area.at(curve.x[i], curve.high[i]));
  svg.polygon(outline, style.colour, 0.15);
}

/// The line with about six markers on it, shifted from curve to curve so that they do not cover
/// each other.
void draw_curve(Svg& svg, const PlotArea& area, const Curve& curve, size_t index) {
  const SeriesStyle style = series_style(curve.style);
  std::vector<Point> points;
  for (size_t i = 0; i < curve.x.size(); ++i) points.push_back(area.at(curve.x[i], curve.y[i]));
  svg.polyline(points, {style.colour, 1.5, style.dashes});
  for (const size_t i : curve.marked) svg.marker(points.at(i), style.marker, style.colour, 3.5);
  if (!curve.marked.empty()) return;
  const size_t stride = std::max<size_t>(1, points.size() / 6);
  for (size_t i = (index * stride / 4) % stride; i < points.size(); i += stride)
    svg.marker(points[i], style.marker, style.colour);
}

void draw_legend(Svg& svg, const std::vector<Curve>& curves, const std::vector<Point>& places) {
  for (size_t i = 0; i < curves.size(); ++i) {
    const SeriesStyle style = series_style(curves[i].style);
    const Point at = places[i];
    svg.line({at.x, at.y - 3}, {at.x + 26, at.y - 3}, {style.colour, 1.5, style.dashes});
    svg.marker({at.x + 13, at.y - 3}, style.marker, style.colour);
    svg.text({at.x + 32, at.y}, fitted_text(curves[i].label, kWidth - at.x - 34));
  }
}

/// Labels stand above the plot, those that would run into one another on two lines.
void draw_guides(Svg& svg, const PlotArea& area, const std::vector<Guide>& guides) {
  double taken = -INFINITY;
  for (const Guide& guide : guides) {
    if (!std::isfinite(guide.x)) continue;
    const double x = area.at(guide.x, 0).x, half = text_width(guide.label, 9) / 2;
    const bool lower = x - half < taken;
    svg.line({x, area.corner().y}, {x, area.corner().y + area.height()}, {"#444444", 0.9, "3 2"});
    svg.text({std::clamp(x, area.corner().x + half, area.corner().x + area.width() - half),
              area.corner().y + (lower ? 9 : -3)},
             guide.label,
             {Anchor::middle, 9});
    taken = x + half + 4;
  }
}

}  // namespace

std::string draw(const CurveFigure& figure) {
  std::vector<double> xs, ys;
  for (const Curve& curve : figure.curves) {
    MONODR_CHECK(curve.x.size() == curve.y.size() && curve.low.size() == curve.high.size() &&
                     (curve.low.empty() || curve.low.size() == curve.x.size()),
                 "curve '{}' has arrays of different lengths",
                 curve.label);
    append(xs, curve.x);
    append(ys, curve.y);
    append(ys, curve.low);
    append(ys, curve.high);
  }
  if (figure.unit_square) xs = ys = {0, 1};
  const double top = figure.guides.empty() ? 26 : 36;
  const PlotArea area({52, top},
                      kWidth - 66,
                      kCurveHeight,
                      figure.full_circle ? circle_axis(figure.x_title)
                                         : axis_of(figure.x_title, xs, figure.unit_square),
                      axis_of(figure.y_title, ys, true));
  const std::vector<Point> places = legend_places(figure.curves, 52, top + kCurveHeight + 46);
  Svg svg(kWidth, (places.empty() ? top + kCurveHeight + 46 : places.back().y) + 10);
  svg.text({8, 15}, fitted_text(figure.title, kWidth - 16, 12.2), kTitle);
  area.draw_axes(svg);
  for (const Curve& curve : figure.curves) draw_band(svg, area, curve, series_style(curve.style));
  for (size_t i = 0; i < figure.curves.size(); ++i) draw_curve(svg, area, figure.curves[i], i);
  draw_guides(svg, area, figure.guides);
  draw_legend(svg, figure.curves, places);
  return svg.finish(figure.title);
}

std::string draw(const BarFigure& figure) {
  constexpr double row = 24, top = 26;
  double label_width = 40, shown_width = 0;
  std::vector<double> values;
  for (const Bar& bar : figure.bars) {
    label_width = std::max(label_width, text_width(bar.label));
    shown_width = std::max(shown_width, text_width(bar.shown, 9));
    append(values, {bar.value, bar.low, bar.high});
  }
  label_width = std::min(label_width, 165.0);
  const double height = row * static_cast<double>(figure.bars.size());
  Axis y{"", 0, static_cast<double>(figure.bars.size()), {}};
  const Axis x = axis_of(figure.value_title, values, true, 3);
  const PlotArea area(
      {label_width + 16, top}, kWidth - label_width - 28 - shown_width, height, x, y);
  Svg svg(kWidth, top + height + 38);
  svg.text({8, 15}, fitted_text(figure.title, kWidth - 16, 12.2), kTitle);
  area.draw_axes(svg);
  for (size_t i = 0; i < figure.bars.size(); ++i) {
    const Bar& bar = figure.bars[i];
    const double middle = top + row * (static_cast<double>(i) + 0.5);
    svg.text({label_width + 10, middle + 3}, fitted_text(bar.label, label_width), {Anchor::end});
    if (!std::isfinite(bar.value)) continue;
    const double zero = area.at(0, 0).x, end = area.at(bar.value, 0).x;
    svg.rectangle({std::min(zero, end), middle - 7}, std::abs(end - zero), 14, "#8fbbd9");
    const double low = area.at(bar.low, 0).x, high = area.at(bar.high, 0).x;
    const Stroke whisker{"#000000", 1.2, ""};
    svg.line({low, middle}, {high, middle}, whisker);
    svg.line({low, middle - 4}, {low, middle + 4}, whisker);
    svg.line({high, middle - 4}, {high, middle + 4}, whisker);
    svg.text({kWidth - 6, middle + 3}, bar.shown, {Anchor::end, 9});
  }
  return svg.finish(figure.title);
}

std::string draw(const HeatMapFigure& figure) {
  double label_width = text_width(figure.row_title);
  for (const std::string& label : figure.rows)
    label_width = std::max(label_width, text_width(label));
  label_width = std::clamp(label_width, 40.0, 165.0);
  const double left = label_width + 16, top = 56;
  const double width = (kWidth - left - 10) / std::max<double>(1, figure.columns.size());
  const double height = std::clamp(width * 0.6, 20.0, 44.0);
  double low = INFINITY, high = -INFINITY;
  for (const auto& row : figure.values)
    for (const double value : row)
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  Svg svg(kWidth, top + height * static_cast<double>(figure.rows.size()) + 10);
  svg.text({8, 15}, fitted_text(figure.title, kWidth - 16, 12.2), kTitle);
  svg.text({left + (kWidth - left) / 2, 32}, figure.column_title, {Anchor::middle});
  svg.text({left - 6, 48}, fitted_text(figure.row_title, label_width), {Anchor::end});
  for (size_t c = 0; c < figure.columns.size(); ++c)
    svg.text({left + width * (static_cast<double>(c) + 0.5), 48},
             fitted_text(figure.columns[c], width),
             {Anchor::middle});
  for (size_t r = 0; r < figure.rows.size(); ++r) {
    const double y = top + height * static_cast<double>(r);
    svg.text(
        {left - 6, y + height / 2 + 3}, fitted_text(figure.rows[r], label_width), {Anchor::end});
    for (size_t c = 0; c < figure.columns.size(); ++c) {
      const double value = figure.values.at(r).at(c);
      const Point corner{left + width * static_cast<double>(c), y};
      const bool known = std::isfinite(value);
      const double share = known && high > low ? (value - low) / (high - low) : 0;
      // From near white to dark blue: lightness falls all the way, so grey keeps the order.
      const auto mix = [&](int light, int dark) {
        return light + std::lround(share * (dark - light));
      };
      svg.rectangle(
          corner,
          width - 1,
          height - 1,
          known ? fmt::format("#{:02x}{:02x}{:02x}", mix(239, 8), mix(243, 48), mix(255, 107))
                : "#ffffff");
      svg.text({corner.x + width / 2, y + height / 2 + 3},
               known ? fmt::format("{:.{}f}", value, figure.decimals) : "-",
               {Anchor::middle, 10, false, false, share > 0.5 ? "#ffffff" : "#000000"});
    }
  }
  return svg.finish(figure.title);
}

}  // namespace monodr
