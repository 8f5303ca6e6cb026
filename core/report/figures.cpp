// SPDX-License-Identifier: Apache-2.0
// Curves and bars.
#include "report/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "report/axis.h"
#include "report/figure_layout.h"

namespace monodr {
namespace {

constexpr double kCurveHeight = 165;
constexpr double kMargin = 12;  // at the right: half of the last tick's label
constexpr double kGuideSize = 9;

void append(std::vector<double>& all, const std::vector<double>& some) {
  all.insert(all.end(), some.begin(), some.end());
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

void draw_legend(Svg& svg, const std::vector<Curve>& curves, const Legend& legend) {
  for (size_t i = 0; i < curves.size(); ++i) {
    const SeriesStyle style = series_style(curves[i].style);
    const Point at = legend.entries[i].at;
    svg.line({at.x, at.y - 3}, {at.x + 26, at.y - 3}, {style.colour, 1.5, style.dashes});
    svg.marker({at.x + 13, at.y - 3}, style.marker, style.colour);
    draw_lines(svg, {at.x + legend_sample, at.y}, legend.entries[i].lines, {});
  }
}

/// On how many lines above the plot the guides' labels stand, so that none runs into another.
std::vector<int> guide_lines(const PlotArea& area, const std::vector<Guide>& guides) {
  std::vector<double> taken;  // up to where each line is
  std::vector<int> lines;
  for (const Guide& guide : guides) {
    const double x = area.at(guide.x, 0).x, half = text_width(guide.label, kGuideSize) / 2;
    size_t line = 0;
    while (line < taken.size() && x - half < taken[line]) ++line;
    if (line == taken.size()) taken.push_back(-INFINITY);
    taken[line] = x + half + 4;
    lines.push_back(static_cast<int>(line));
  }
  return lines;
}

void draw_guides(Svg& svg, const PlotArea& area, const std::vector<Guide>& guides) {
  const std::vector<int> lines = guide_lines(area, guides);
  for (size_t i = 0; i < guides.size(); ++i) {
    if (!std::isfinite(guides[i].x)) continue;
    const double x = area.at(guides[i].x, 0).x, half = text_width(guides[i].label, kGuideSize) / 2;
    const double left = area.corner().x + half, right = area.corner().x + area.width() - half;
    svg.line({x, area.corner().y}, {x, area.bottom()}, {"#444444", 0.9, "3 2"});
    svg.text({left < right ? std::clamp(x, left, right) : x, area.corner().y - 3 - 10 * lines[i]},
             guides[i].label,
             {Anchor::middle, kGuideSize});
  }
}

/// The plot below a title that ends at `top`; guides take lines of their own.
PlotArea area_of(const CurveFigure& figure, double top, double width) {
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
  const Axis x = figure.full_circle ? circle_axis(figure.x_title)
                                    : axis_of(figure.x_title, xs, figure.unit_square);
  const Axis y = axis_of(figure.y_title, ys, true);
  const double left = room_beside(y, kCurveHeight) + 4;
  const PlotArea area({left, top}, width - left - kMargin, kCurveHeight, x, y);
  if (figure.guides.empty()) return area;
  const std::vector<int> lines = guide_lines(area, figure.guides);
  const double room = 10.0 * (*std::max_element(lines.begin(), lines.end()) + 1);
  return PlotArea({left, top + room}, width - left - kMargin, kCurveHeight, x, y);
}

}  // namespace

std::string draw(const CurveFigure& figure, const FigureStyle& style) {
  Svg svg(style.width, 0);
  const PlotArea area = area_of(figure, draw_title(svg, figure.title, style), style.width);
  area.draw_axes(svg);
  for (const Curve& curve : figure.curves) draw_band(svg, area, curve, series_style(curve.style));
  for (size_t i = 0; i < figure.curves.size(); ++i) draw_curve(svg, area, figure.curves[i], i);
  draw_guides(svg, area, figure.guides);

  std::vector<std::string> labels;
  for (const Curve& curve : figure.curves) labels.push_back(curve.label);
  const ToldApart told = told_apart(labels);
  double y = area.bottom() + 18 +
             text_line * static_cast<double>(wrapped_text(figure.x_title, area.width()).size());
  const Legend legend = legend_of(told.labels, {8, y + 12}, style.width - 16);
  draw_legend(svg, figure.curves, legend);
  y = draw_note(svg, {8, legend.bottom}, style.width - 16, told.common);
  svg.set_height(draw_note(svg, {8, y}, style.width - 16, figure.note) + 4);
  return svg.finish(figure.title);
}

std::string draw(const BarFigure& figure, const FigureStyle& style) {
  constexpr double shown_size = 9, bar_height = 14;
  std::vector<std::string> names;
  std::vector<double> values;
  double shown_width = 0, label_width = 40;
  for (const Bar& bar : figure.bars) {
    names.push_back(bar.label);
    shown_width = std::max(shown_width, text_width(bar.shown, shown_size));
    append(values, {bar.value, bar.low, bar.high});
  }
  const ToldApart told = told_apart(names);
  for (const std::string& label : told.labels)
    label_width = std::max(label_width, text_width(label));
  label_width = std::min(label_width, 0.42 * style.width);
  shown_width = std::min(shown_width, 0.3 * style.width);

  Svg svg(style.width, 0);
  const double top = draw_title(svg, figure.title, style);
  std::vector<std::vector<std::string>> labels;
  std::vector<double> rows{top};  // where each begins, and the last one ends
  for (const std::string& label : told.labels) {
    labels.push_back(wrapped_text(label, label_width));
    rows.push_back(rows.back() +
                   std::max(22.0, 10 + text_line * static_cast<double>(labels.back().size())));
  }
  const double left = label_width + 14;
  const Axis x = axis_of(figure.value_title, values, true);
  const PlotArea area({left, top},
                      style.width - left - std::max(kMargin, shown_width + 10),
                      rows.back() - top,
                      x,
                      {"", 0, 1, {}});
  area.draw_axes(svg);
  for (size_t i = 0; i < figure.bars.size(); ++i) {
    const Bar& bar = figure.bars[i];
    const double middle = (rows[i] + rows[i + 1]) / 2;
    draw_lines(svg,
               {left - 6, middle + 3.5 - text_line * (labels[i].size() - 1.0) / 2},
               labels[i],
               {Anchor::end});
    if (!std::isfinite(bar.value)) continue;
    const double zero = area.at(0, 0).x, end = area.at(bar.value, 0).x;
    svg.rectangle({std::min(zero, end), middle - bar_height / 2},
                  std::abs(end - zero),
                  bar_height,
                  "#8fbbd9");
    const double low = area.at(bar.low, 0).x, high = area.at(bar.high, 0).x;
    const Stroke whisker{"#000000", 1.2, ""};
    svg.line({low, middle}, {high, middle}, whisker);
    svg.line({low, middle - 4}, {low, middle + 4}, whisker);
    svg.line({high, middle - 4}, {high, middle + 4}, whisker);
    svg.text({style.width - 4, middle + 3},
             fitted_text(bar.shown, shown_width, shown_size),
             {Anchor::end, shown_size});
  }
  const double below = area.bottom() + room_below(x, area.width()) + 6;
  svg.set_height(draw_note(svg, {8, below}, style.width - 16, told.common) + 4);
  return svg.finish(figure.title);
}

}  // namespace monodr
