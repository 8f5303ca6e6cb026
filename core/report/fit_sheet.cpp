// SPDX-License-Identifier: Apache-2.0
#include "report/fit_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/axis.h"
#include "report/figure_layout.h"

namespace monodr {
namespace {

constexpr double kWidth = 1060, kMargin = 14, kGap = 10;
constexpr double kEvidence = 188, kStage = 198;
constexpr double kFigure = 340;
const TextStyle kHead{Anchor::start, 11, true};
const TextStyle kNote{Anchor::start, 10, false, false, "#444444"};

/// The pictures side by side with their texts; returns the lower edge.
double draw_row(Svg& svg, Point corner, double side, const std::vector<SheetPicture>& pictures) {
  bool has_titles = false;
  for (const SheetPicture& p : pictures) has_titles = has_titles || !p.title.empty();
  const double top = corner.y + (has_titles ? 16 : 0);
  for (size_t i = 0; i < pictures.size(); ++i) {
    const double x = corner.x + static_cast<double>(i) * (side + kGap);
    svg.text({x, top - 5}, fitted_text(pictures[i].title, side, 11), kHead);
    svg.picture({x, top}, side, side, encode_png(pictures[i].picture));
    svg.text({x, top + side + 13}, fitted_text(pictures[i].caption, side, 10), kNote);
  }
  return top + side + 20;
}

/// The boxes from above, as large as the plot allows, both axes to the same scale.
void draw_ground(Svg& svg, Point corner, double side, const std::vector<GroundBox>& boxes) {
  double left = INFINITY, right = -INFINITY, near = INFINITY, far = -INFINITY;
  for (const GroundBox& b : boxes)
    for (const Eigen::Vector3d& c : b.box.corners()) {
      left = std::min(left, c.x()), right = std::max(right, c.x());
      near = std::min(near, c.z()), far = std::max(far, c.z());
    }
  if (boxes.empty()) return;
  const double half = std::ceil(std::max({right - left, far - near, 6.0}) / 2 + 0.5);
  const double x = std::round((left + right) / 2), z = std::round((near + far) / 2);
  const auto axis = [half](const std::string& title, double centre) {
    Axis axis{title, centre - half, centre + half, {}};
    const double step = half > 12 ? 10 : half > 5 ? 5 : 2;
    for (double tick = std::ceil(axis.low / step) * step; tick <= axis.high; tick += step)
      axis.ticks.push_back({tick, fmt::format("{:.0f}", std::round(tick) + 0.0)});
    return axis;
  };
  svg.text({corner.x + 42, corner.y - 5}, "from above, line to the front", kHead);
  const PlotArea area({corner.x + 42, corner.y},
                      side,
                      side,
                      axis("x [m], to the right", x),
                      axis("z [m], away", z));
  area.draw_axes(svg);
  std::vector<std::string> names;
  for (const GroundBox& b : boxes) names.push_back(b.label);
  const Legend legend = legend_of(names, {corner.x + 4, area.bottom() + 41}, side + 40);
  for (size_t i = 0; i < boxes.size(); ++i) {
    const GroundBox& b = boxes[i];
    const auto c = b.box.corners();
    const auto at = [&](const Eigen::Vector3d& p) { return area.at(p.x(), p.z()); };
    svg.polyline({at(c[0]), at(c[1]), at(c[2]), at(c[3]), at(c[0])}, b.stroke);
    svg.line(at((c[0] + c[1] + c[2] + c[3]) / 4), at((c[0] + c[1]) / 2), b.stroke);
    const Point sample = legend.entries[i].at;
    svg.line({sample.x, sample.y - 3}, {sample.x + 26, sample.y - 3}, b.stroke);
    draw_lines(svg, {sample.x + legend_sample, sample.y}, legend.entries[i].lines, {});
  }
}

void draw_numbers(Svg& svg, Point corner, const std::vector<SheetNumber>& numbers) {
  const double columns[] = {104, 146, 188, 230};
  const char* const heads[] = {"start", "end", "label", "error"};
  for (size_t c = 0; c < 4; ++c)
    svg.text({corner.x + columns[c], corner.y - 5}, heads[c], {Anchor::end, 10, true});
  svg.line({corner.x, corner.y}, {corner.x + 232, corner.y}, {"#444444", 0.8, ""});
  double y = corner.y + 15;
  for (const SheetNumber& n : numbers) {
    svg.text({corner.x, y}, n.quantity, {Anchor::start, 10});
    const std::string* const fields[] = {&n.start, &n.fitted, &n.labelled, &n.difference};
    for (size_t c = 0; c < 4; ++c)
      svg.text({corner.x + columns[c], y}, *fields[c], {Anchor::end, 10});
    y += 15.5;
  }
  draw_note(svg,
            {corner.x, y - 6},
            232,
            "rotation_y: heading in the camera's frame (egocentric). The curves below: heading "
            "against the "
            "ray to the object (allocentric).");
}

/// Headings of all hypotheses over the steps, the leading one dark.
std::string draw_trace(const HeadingTrace& trace) {
  std::vector<double> steps{0};
  for (const auto& dot : trace.dots) steps.push_back(dot.step);
  const Axis headings = circle_axis("heading (allocentric) [deg]");
  Svg svg(kFigure, 260);
  svg.text({8, 15}, "Headings of all hypotheses", kHead);
  const PlotArea area({52, 26}, 274, 165, axis_of("step", steps, true), headings);
  area.draw_axes(svg);
  for (const bool leads : {false, true})
    for (const auto& dot : trace.dots)
      if (dot.leads == leads)
        svg.marker(
            area.at(dot.step, dot.degrees), 0, leads ? "#D55E00" : "#8fa8b8", leads ? 1.9 : 1);
  if (std::isfinite(trace.label)) {
    const Point left = area.at(0, trace.label);
    svg.line(left, {area.corner().x + area.width(), left.y}, {"#000000", 1, "3 2"});
  }
  svg.marker({60, 250}, 0, "#D55E00", 2.5);
  svg.text({66, 253}, "lowest loss");
  svg.marker({140, 250}, 0, "#8fa8b8", 2);
  svg.text({146, 253}, "others");
  if (std::isfinite(trace.label)) {
    svg.line({196, 250}, {216, 250}, {"#000000", 1, "3 2"});
    svg.text({221, 253}, "label");
  }
  return svg.finish("Headings of all hypotheses");
}

}  // namespace

std::string draw(const FitSheet& sheet) {
  Svg svg(kWidth, 0);
  svg.text(
      {kMargin, 24}, fitted_text(sheet.title, kWidth - 2 * kMargin, 15), {Anchor::start, 15, true});
  double line = 42;
  for (const std::string& text : sheet.lines) {
    const auto wrapped = wrapped_text(text, kWidth - 2 * kMargin, 11);
    draw_lines(svg, {kMargin, line}, wrapped, {Anchor::start, 11}, 15);
    line += 15 * static_cast<double>(wrapped.size());
  }
  const double top = line + 3;
  double y = draw_row(svg, {kMargin, top}, kEvidence, sheet.evidence);
  const double right = kMargin + 3 * (kEvidence + kGap);
  draw_ground(svg, {right + 4, top + 16}, kEvidence - 22, sheet.boxes);
  draw_numbers(svg, {right + 216, top + 16}, sheet.numbers);
  y = draw_row(svg, {kMargin, y + 12}, kStage, sheet.overlays);
  svg.text({kMargin, y + 10},
           "silhouette against the mask: light both, blue missing, orange too large; hatched no "
           "evidence.   Above: green the fit (front face crossed), orange the label.",
           kNote);
  y = draw_row(svg, {kMargin, y + 18}, kStage, sheet.overlaps);
  svg.drawing({kMargin - 8, y + 6}, draw_trace(sheet.headings));
  svg.drawing({kMargin + 342, y + 6}, draw(sheet.loss, {kFigure}));
  svg.drawing({kMargin + 692, y + 6}, draw(sheet.landscape, {kFigure}));
  svg.set_height(y + 330);
  return svg.finish(sheet.title);
}

}  // namespace monodr
