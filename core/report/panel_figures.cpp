// SPDX-License-Identifier: Apache-2.0
// Figures with a panel for each arm: heading errors, predicted over true depth.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/axis.h"
#include "report/figure_layout.h"
#include "report/figures.h"

namespace monodr {
namespace {

constexpr double kLeastPanel = 145;
constexpr int kSectors = 24;
constexpr double kRings[] = {0.25, 1.0};  ///< of the largest share
constexpr double kSectorDegrees = 360.0 / kSectors;
const TextStyle kPanelTitle{Anchor::middle, 9};
constexpr double kPanelTitleLine = 11;
const TextStyle kSmall{Anchor::start, 8, false, false, "#555555"};

/// Panels side by side, as many as find place, each under its name.
struct Panels {
  size_t across = 1;
  double width = 0, height = 0;
  double top = 0;         ///< of the first row
  double name_lines = 1;  ///< the most of any name
  std::vector<std::vector<std::string>> names;
  std::string common;

  Panels(const std::vector<std::string>& labels, double figure_width, double below, double title) {
    across = std::max<size_t>(1, static_cast<size_t>(figure_width / kLeastPanel));
    width = (figure_width - 6) / static_cast<double>(across);
    const ToldApart told = told_apart(labels);
    common = told.common;
    for (const std::string& label : told.labels) {
      names.push_back(wrapped_text(label, width - 6, kPanelTitle.size));
      name_lines = std::max(name_lines, static_cast<double>(names.back().size()));
    }
    height = below + kPanelTitleLine * name_lines;
    top = title;
  }
  double left(size_t i) const { return 3 + width * static_cast<double>(i % across); }
  /// Below the name.
  double upper(size_t i) const {
    return top + height * static_cast<double>(i / across) + kPanelTitleLine * name_lines;
  }
  double bottom() const {
    return top + height * static_cast<double>((names.size() + across - 1) / across);
  }
  void draw_name(Svg& svg, size_t i, double middle) const {
    const double lines = static_cast<double>(names[i].size());
    draw_lines(svg,
               {middle, upper(i) - kPanelTitleLine * (lines - 1)},
               names[i],
               kPanelTitle,
               kPanelTitleLine);
  }
};

template <typename Panel>
std::vector<std::string> labels_of(const std::vector<Panel>& panels) {
  std::vector<std::string> labels;
  for (const Panel& panel : panels) labels.push_back(panel.label);
  return labels;
}

/// Shares of the errors around each multiple of 15 degrees, from 0 clockwise.
std::array<double, kSectors> sector_shares(const std::vector<double>& degrees, int& count) {
  std::array<double, kSectors> shares{};
  count = 0;
  for (const double angle : degrees) {
    if (!std::isfinite(angle)) continue;
    const long sector = std::lround(angle / kSectorDegrees) % kSectors;
    ++shares[static_cast<size_t>((sector + kSectors) % kSectors)];
    ++count;
  }
  for (double& share : shares) share /= std::max(count, 1);
  return shares;
}

/// 0 at the top, clockwise.
Point on_circle(Point centre, double radius, double degrees) {
  const double angle = degrees * std::acos(-1.0) / 180;
  return {centre.x + radius * std::sin(angle), centre.y - radius * std::cos(angle)};
}

std::vector<Point> arc(Point centre, double radius, double from, double to) {
  std::vector<Point> points;
  const int steps = std::max(2, static_cast<int>((to - from) / 3));
  for (int i = 0; i <= steps; ++i)
    points.push_back(on_circle(centre, radius, from + (to - from) * i / steps));
  return points;
}

/// Rings at a quarter and all of the sectors' largest share allowed, spokes every 45 degrees.
void draw_dial(Svg& svg, Point centre, double radius) {
  const Stroke grid{"#d9d9d9", 0.6, ""};
  for (int angle = -135; angle <= 180; angle += 45) {
    svg.line(centre, on_circle(centre, radius, angle), grid);
    if (angle % 90 != 0) continue;
    const Point at = on_circle(centre, radius + 5, angle);
    const Anchor anchor = angle % 180 == 0 ? Anchor::middle
                          : angle > 0      ? Anchor::start
                                           : Anchor::end;
    const double drop = angle == 0 ? 0 : angle == 180 ? 7 : 3;
    svg.text({at.x, at.y + drop}, fmt::format("{}°", angle), {anchor, 8});
  }
  for (const double share : kRings)
    svg.polyline(arc(centre, radius * std::sqrt(share), 0, 360), grid);
}

/// Over the sectors, which would hide them.
void draw_rings_shares(Svg& svg, Point centre, double radius, double largest) {
  for (const double share : kRings) {
    const double ring = radius * std::sqrt(share);
    const Point at = on_circle(centre, ring + 2, 135);
    svg.text({at.x, at.y + 6},
             fmt::format("{:.0f}%", 100 * share * largest),
             {Anchor::start, 8, false, false, "#666666"});
  }
}

double largest_share(const AngleFigure& figure) {
  double largest = 0.1;
  for (const AnglePanel& panel : figure.panels) {
    int count = 0;
    for (const double share : sector_shares(panel.degrees, count))
      largest = std::max(largest, share);
  }
  return std::ceil(largest * 10 - 1e-9) / 10;
}

}  // namespace

std::string draw(const AngleFigure& figure, const FigureStyle& style) {
  constexpr double below = 146, radius = 50;
  const double largest = largest_share(figure);
  Svg svg(style.width, 0);
  const Panels panels(
      labels_of(figure.panels), style.width, below, draw_title(svg, figure.title, style));
  for (size_t i = 0; i < figure.panels.size(); ++i) {
    const Point centre{panels.left(i) + panels.width / 2, panels.upper(i) + 18 + radius};
    draw_dial(svg, centre, radius);
    int count = 0;
    const auto shares = sector_shares(figure.panels[i].degrees, count);
    for (int s = 0; s < kSectors; ++s) {
      if (shares[static_cast<size_t>(s)] == 0) continue;
      const double r = radius * std::sqrt(shares[static_cast<size_t>(s)] / largest);
      std::vector<Point> sector =
          arc(centre, r, kSectorDegrees * (s - 0.5), kSectorDegrees * (s + 0.5));
      sector.push_back(centre);
      svg.polygon(sector, "#0072B2", 0.75, {"#ffffff", 0.6, ""});
    }
    draw_rings_shares(svg, centre, radius, largest);
    panels.draw_name(svg, i, centre.x);
    TextStyle small = kSmall;
    small.anchor = Anchor::end;
    svg.text(
        {centre.x - radius * 0.75, centre.y + radius + 4}, fmt::format("n = {}", count), small);
  }
  const double y = draw_note(svg, {8, panels.bottom()}, style.width - 16, panels.common);
  svg.set_height(draw_note(svg,
                           {8, y},
                           style.width - 16,
                           "Rings: share of the n matched labels in a sector of 15°.") +
                 4);
  return svg.finish(figure.title);
}

std::string draw(const ScatterFigure& figure, const FigureStyle& style) {
  std::vector<double> all;
  for (const ScatterPanel& panel : figure.panels) {
    all.insert(all.end(), panel.truth.begin(), panel.truth.end());
    all.insert(all.end(), panel.prediction.begin(), panel.prediction.end());
  }
  Axis x = axis_of(figure.truth_title, all, true), y = x;
  y.title = figure.prediction_title;
  Svg svg(style.width, 0);
  const double top = draw_title(svg, figure.title, style);
  const double columns = std::max(1.0, std::floor(style.width / kLeastPanel));
  const double beside = room_beside(y, 100), side = (style.width - 6) / columns - beside - 12;
  const Panels panels(labels_of(figure.panels), style.width, side + room_below(x, side) + 14, top);
  for (size_t i = 0; i < figure.panels.size(); ++i) {
    const ScatterPanel& panel = figure.panels[i];
    const PlotArea area({panels.left(i) + beside, panels.upper(i) + 6}, side, side, x, y);
    area.draw_axes(svg);
    svg.line(area.at(x.low, x.low), area.at(x.high, x.high), {"#444444", 1, "4 3"});
    for (size_t k = 0; k < panel.truth.size(); ++k)
      svg.marker(area.at(panel.truth[k], panel.prediction[k]), 0, "#0072B2", 1.7);
    panels.draw_name(svg, i, area.corner().x + side / 2);
  }
  const double below = draw_note(svg, {8, panels.bottom()}, style.width - 16, panels.common);
  svg.set_height(draw_note(svg, {8, below}, style.width - 16, "Dashed: where both agree.") + 4);
  return svg.finish(figure.title);
}

}  // namespace monodr
