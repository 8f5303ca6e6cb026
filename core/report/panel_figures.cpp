// SPDX-License-Identifier: Apache-2.0
// Figures with a panel for each arm: heading errors, predicted over true depth.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/axis.h"
#include "report/figures.h"

namespace monodr {
namespace {

constexpr double kPanel = 167;
constexpr size_t kAcross = 2;
constexpr int kSectors = 12;
const TextStyle kTitle{Anchor::start, 11, true};
const TextStyle kPanelTitle{Anchor::middle, 9};

size_t lines_of(size_t panels) {
  return (panels + kAcross - 1) / kAcross;
}

/// Shares of the errors in each 15 degrees.
std::array<double, kSectors> sector_shares(const std::vector<double>& degrees, int& count) {
  std::array<double, kSectors> shares{};
  count = 0;
  for (const double angle : degrees) {
    if (!std::isfinite(angle)) continue;
    const int sector = static_cast<int>(angle * kSectors / 180);
    ++shares[static_cast<size_t>(std::clamp(sector, 0, kSectors - 1))];
    ++count;
  }
  for (double& share : shares) share /= std::max(count, 1);
  return shares;
}

Point on_circle(Point centre, double radius, double degrees) {
  const double angle = degrees * std::acos(-1.0) / 180;
  return {centre.x + radius * std::cos(angle), centre.y - radius * std::sin(angle)};
}

std::vector<Point> arc(Point centre, double radius, double from, double to) {
  std::vector<Point> points;
  const int steps = std::max(2, static_cast<int>((to - from) / 3));
  for (int i = 0; i <= steps; ++i)
    points.push_back(on_circle(centre, radius, from + (to - from) * i / steps));
  return points;
}

/// Rings at a quarter and all of the sectors' largest share allowed, spokes every 30 degrees.
void draw_dial(Svg& svg, Point centre, double radius, double largest) {
  const Stroke grid{"#d9d9d9", 0.6, ""};
  for (const double share : {0.25, 1.0}) {
    const double ring = radius * std::sqrt(share);
    svg.polyline(arc(centre, ring, 0, 180), grid);
    svg.text({centre.x + ring, centre.y + 21},
             fmt::format("{:.0f}%", 100 * share * largest),
             {Anchor::middle, 8, false, false, "#666666"});
  }
  for (int angle = 0; angle <= 180; angle += 30) {
    svg.line(centre, on_circle(centre, radius, angle), grid);
    const Point at = on_circle(centre, radius + 9, angle);
    svg.text(
        {at.x, at.y + (angle % 180 == 0 ? 10 : 3)}, fmt::format("{}°", angle), {Anchor::middle, 8});
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

std::string draw(const AngleFigure& figure) {
  constexpr double height = 122, radius = 58;
  const double largest = largest_share(figure);
  Svg svg(kAcross * kPanel + 6, 26 + height * static_cast<double>(lines_of(figure.panels.size())));
  svg.text({8, 15}, fitted_text(figure.title, svg.width() - 16, 12.2), kTitle);
  for (size_t i = 0; i < figure.panels.size(); ++i) {
    const AnglePanel& panel = figure.panels[i];
    const Point centre{5 + kPanel * (static_cast<double>(i % kAcross) + 0.5),
                       24 + height * static_cast<double>(i / kAcross) + 90};
    draw_dial(svg, centre, radius, largest);
    int count = 0;
    const auto shares = sector_shares(panel.degrees, count);
    for (int s = 0; s < kSectors; ++s) {
      if (shares[static_cast<size_t>(s)] == 0) continue;
      const double r = radius * std::sqrt(shares[static_cast<size_t>(s)] / largest);
      std::vector<Point> sector = arc(centre, r, 180.0 * s / kSectors, 180.0 * (s + 1) / kSectors);
      sector.push_back(centre);
      svg.polygon(sector, "#0072B2", 0.75, {"#ffffff", 0.6, ""});
    }
    svg.text(
        {centre.x, centre.y - radius - 18}, fitted_text(panel.label, kPanel - 6, 9), kPanelTitle);
    svg.text({centre.x - radius / 2, centre.y + 21},
             fmt::format("n = {}", count),
             {Anchor::middle, 8, false, false, "#666666"});
  }
  return svg.finish(figure.title);
}

std::string draw(const ScatterFigure& figure) {
  constexpr double height = 174, side = 106;
  std::vector<double> all;
  for (const ScatterPanel& panel : figure.panels) {
    all.insert(all.end(), panel.truth.begin(), panel.truth.end());
    all.insert(all.end(), panel.prediction.begin(), panel.prediction.end());
  }
  const Axis shared = axis_of("", all, true);
  Svg svg(kAcross * kPanel + 6, 26 + height * static_cast<double>(lines_of(figure.panels.size())));
  svg.text({8, 15}, fitted_text(figure.title, svg.width() - 16, 12.2), kTitle);
  for (size_t i = 0; i < figure.panels.size(); ++i) {
    const ScatterPanel& panel = figure.panels[i];
    Axis x = shared, y = shared;
    x.title = figure.truth_title;
    y.title = figure.prediction_title;
    const PlotArea area({50 + kPanel * static_cast<double>(i % kAcross),
                         44 + height * static_cast<double>(i / kAcross)},
                        side,
                        side,
                        x,
                        y);
    area.draw_axes(svg);
    svg.line(
        area.at(shared.low, shared.low), area.at(shared.high, shared.high), {"#444444", 1, "4 3"});
    for (size_t k = 0; k < panel.truth.size(); ++k)
      svg.marker(area.at(panel.truth[k], panel.prediction[k]), 0, "#0072B2", 1.7);
    svg.text({area.corner().x + side / 2, area.corner().y - 6},
             fitted_text(panel.label, kPanel - 10, 9),
             kPanelTitle);
  }
  return svg.finish(figure.title);
}

}  // namespace monodr
