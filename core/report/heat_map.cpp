// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/axis.h"
#include "report/figure_layout.h"
#include "report/figures.h"

namespace monodr {
namespace {

constexpr int kSteps = 32;  // of the bar of colours
constexpr double kBarHeight = 9;

/// From near white to dark blue: lightness falls all the way, so grey keeps the order.
std::string colour_of(double share) {
  const auto mix = [&](int light, int dark) { return light + std::lround(share * (dark - light)); };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(239, 8), mix(243, 48), mix(255, 107));
}

struct Range {
  double low = INFINITY, high = -INFINITY;

  double share(double value) const { return high > low ? (value - low) / (high - low) : 0; }
};

Range range_of(const std::vector<std::vector<double>>& values) {
  Range range;
  for (const auto& row : values)
    for (const double value : row)
      if (std::isfinite(value))
        range.low = std::min(range.low, value), range.high = std::max(range.high, value);
  return range;
}

/// The colours of all values from the lowest to the highest of the map; returns its lower edge.
double draw_colour_bar(
    Svg& svg, Point corner, double width, const Range& range, const HeatMapFigure& figure) {
  if (!(range.high >= range.low)) return corner.y;
  const double step = width / kSteps;
  for (int i = 0; i < kSteps; ++i)
    svg.rectangle({corner.x + step * i, corner.y},
                  step + 0.3,
                  kBarHeight,
                  colour_of(range.high > range.low ? i / (kSteps - 1.0) : 0));
  const auto number = [&](double value) { return fmt::format("{:.{}f}", value, figure.decimals); };
  const double foot = corner.y + kBarHeight + 10;
  svg.text({corner.x, foot}, number(range.low), {Anchor::start, 9});
  svg.text({corner.x + width, foot}, number(range.high), {Anchor::end, 9});
  const auto title = wrapped_text(
      figure.value_title, width - text_width(number(range.low) + number(range.high), 9) - 12, 9);
  draw_lines(svg, {corner.x + width / 2, foot}, title, {Anchor::middle, 9}, 10);
  return foot + 10 * static_cast<double>(title.size());
}

}  // namespace

std::string draw(const HeatMapFigure& figure, const FigureStyle& style) {
  double label_width = std::max(40.0, text_width(figure.row_title));
  for (const std::string& label : figure.rows)
    label_width = std::max(label_width, text_width(label));
  label_width = std::min(label_width, 0.42 * style.width);
  const double left = label_width + 14;
  const double width = (style.width - left - 8) / std::max<double>(1, figure.columns.size());
  const Range range = range_of(figure.values);

  Svg svg(style.width, 0);
  double y = draw_title(svg, figure.title, style) + 4;
  const auto column_title = wrapped_text(figure.column_title, style.width - left - 8);
  draw_lines(svg, {(left + style.width - 8) / 2, y + 4}, column_title, {Anchor::middle});
  y += text_line * static_cast<double>(column_title.size());
  std::vector<std::vector<std::string>> heads;
  size_t lines = 1;
  for (const std::string& column : figure.columns) {
    heads.push_back(wrapped_text(column, width - 3));
    lines = std::max(lines, heads.back().size());
  }
  const auto row_title = wrapped_text(figure.row_title, label_width);
  lines = std::max(lines, row_title.size());
  const auto first_line = [&](size_t own) {
    return y + 4 + text_line * static_cast<double>(lines - own);
  };
  draw_lines(svg, {left - 6, first_line(row_title.size())}, row_title, {Anchor::end});
  for (size_t c = 0; c < heads.size(); ++c)
    draw_lines(svg,
               {left + width * (static_cast<double>(c) + 0.5), first_line(heads[c].size())},
               heads[c],
               {Anchor::middle});
  y += text_line * static_cast<double>(lines) - 2;

  for (size_t r = 0; r < figure.rows.size(); ++r) {
    const auto label = wrapped_text(figure.rows[r], label_width);
    const double height = std::max(std::clamp(width * 0.6, 20.0, 44.0),
                                   6 + text_line * static_cast<double>(label.size()));
    const double middle = y + height / 2 + 3.5;
    draw_lines(
        svg, {left - 6, middle - text_line * (label.size() - 1.0) / 2}, label, {Anchor::end});
    for (size_t c = 0; c < figure.columns.size(); ++c) {
      const double value = figure.values.at(r).at(c);
      const bool known = std::isfinite(value);
      const double share = known ? range.share(value) : 0,
                   x = left + width * static_cast<double>(c);
      svg.rectangle({x, y}, width - 1, height - 1, known ? colour_of(share) : "#ffffff");
      svg.text({x + width / 2, middle},
               known ? fmt::format("{:.{}f}", value, figure.decimals) : "-",
               {Anchor::middle, 10, false, false, share > 0.5 ? "#ffffff" : "#000000"});
    }
    y += height;
  }
  svg.set_height(draw_colour_bar(svg, {left, y + 6}, style.width - left - 9, range, figure) + 4);
  return svg.finish(figure.title);
}

}  // namespace monodr
