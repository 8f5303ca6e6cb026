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
constexpr int kSectors = 24;
constexpr double kSectorDegrees = 360.0 / kSectors;
const TextStyle kTitle{Anchor::start, 11, true};
const TextStyle kPanelTitle{Anchor::middle, 9};

size_t lines_of(size_t panels) {
  return (panels + kAcross - 1) / kAcross;
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
void draw_dial(Svg& svg, Point centre, double radius, double largest) {
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
  for (const double share : {0.25, 1.0}) {
    const double ring = radius * std::sqrt(share);
    svg.polyline(arc(centre, ring, 0, 360), grid);
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

std::string draw(const AngleFigure& figure) {
  constexpr double height = 160, radius = 54;
  const double largest = largest_share(figure);
  Svg svg(kAcross * kPanel + 6, 26 + height * static_cast<double>(lines_of(figure.panels.size())));
  svg.text({8, 15}, fitted_text(figure.title, svg.width() - 16, 12.2), kTitle);
  for (size_t i = 0; i < figure.panels.size(); ++i) {
    const AnglePanel& panel = figure.panels[i];
    const Point centre{5 + kPanel * (static_cast<double>(i % kAcross) + 0.5),
                       26 + height * static_cast<double>(i / kAcross) + 84};
    draw_dial(svg, centre, radius, largest);
    int count = 0;
    const auto shares = sector_shares(panel.degrees, count);
    for (int s = 0; s < kSectors; ++s) {
      if (shares[static_cast<size_t>(s)] == 0) continue;
      const double r = radius * std::sqrt(shares[static_cast<size_t>(s)] / largest);
      std::vector<Point> sector =
          arc(centre, r, kSectorDegrees * (s - 0.5), kSectorDegrees * (s + 0.5));
      sector.push_back(centre);
      svg.polygon(sector, "#0072B2", 0.75, {"#ffffff", 0.6, ""});
    }
    svg.text(
        {centre.x, centre.y - radius - 17}, fitted_text(panel.label, kPanel - 6, 9), kPanelTitle);
    svg.text({centre.x - radius, centre.y + radius + 4},
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
