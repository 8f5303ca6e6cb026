// SPDX-License-Identifier: Apache-2.0
#include "worker/sheet.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "fitting/heading_distribution.h"
#include "geometry/overlap.h"
#include "geometry/rotation.h"
#include "pictures/frame_window.h"
#include "pictures/observation_pictures.h"
#include "report/fit_sheet.h"

namespace monodr {
namespace {

constexpr double kProminence = 0.05;   // of the range: what is flatter is the descents' ripple
constexpr int kWindow = 400;           // px
constexpr double kWindowMargin = 1.7;  // of the 2-D box

double degrees(double radians) {
  return radians * 180 / M_PI;
}

const Box3d* label_box(const FitTrace& trace) {
  return trace.label < 0 ? nullptr : &trace.labels[static_cast<size_t>(trace.label)].box3d;
}

std::string stage_title(const FitTrace& trace, size_t i) {
  const FitStage& stage = trace.stages[i];
  if (i == 0) return fmt::format("start: best of {}", stage.hypotheses);
  if (i + 1 == trace.stages.size()) return fmt::format("end: after {} steps", stage.step);
  return fmt::format("step {}: best of {}", stage.step, stage.hypotheses);
}

/// Degrees of the difference, signed, the short way round.
double heading_error(const Box3d& box, const Box3d& label) {
  return degrees(wrap_angle(box.rotation_y - label.rotation_y));
}

void add_stages(const FitTrace& trace, FitSheet& sheet) {
  const Observation& o = trace.observation;
  const FrameWindow window(trace.image, o.camera, crop_around(o.box, kWindowMargin, kWindow));
  const Box3d* label = label_box(trace);
  for (size_t i = 0; i < trace.stages.size(); ++i) {
    const FitStage& stage = trace.stages[i];
    const OverlayObject fitted{stage.object.mesh, stage.object.box, stage.object.score};
    const bool with_label = i == 0 || i + 1 == trace.stages.size();
    sheet.overlays.push_back({stage_title(trace, i),
                              fmt::format("loss {:.3f}; {:.0f}°, {:.1f} m away",
                                          stage.object.loss,
                                          degrees(stage.object.box.rotation_y),
                                          stage.object.box.location.z()),
                              window.draw(&fitted, with_label ? label : nullptr)});
    sheet.overlaps.push_back(
        {"",
         fmt::format("overlap with the mask {:.2f}", mask_overlap(o, stage.silhouette)),
         overlap_picture(o, stage.silhouette)});
  }
}

void add_numbers(const FitTrace& trace, FitSheet& sheet) {
  const Box3d& start = trace.stages.front().object.box;
  const Box3d& end = trace.stages.back().object.box;
  const Box3d* label = label_box(trace);
  const auto add = [&](const char* name, const auto& value, int decimals) {
    SheetNumber line{name,
                     fmt::format("{:.{}f}", value(start), decimals),
                     fmt::format("{:.{}f}", value(end), decimals),
                     "",
                     ""};
    if (label != nullptr) {
      line.labelled = fmt::format("{:.{}f}", value(*label), decimals);
      line.difference = fmt::format("{:+.{}f}", value(end) - value(*label), decimals);
    }
    sheet.numbers.push_back(line);
  };
  add(
      "rotation_y [°]", [](const Box3d& b) { return degrees(b.rotation_y); }, 1);
  if (label != nullptr)
    sheet.numbers.back().difference = fmt::format("{:+.1f}", heading_error(end, *label));
  add(
      "x [m]", [](const Box3d& b) { return b.location.x(); }, 2);
  add(
      "y [m]", [](const Box3d& b) { return b.location.y(); }, 2);
  add(
      "z [m]", [](const Box3d& b) { return b.location.z(); }, 2);
  add(
      "height [m]", [](const Box3d& b) { return b.height; }, 2);
  add(
      "width [m]", [](const Box3d& b) { return b.width; }, 2);
  add(
      "length [m]", [](const Box3d& b) { return b.length; }, 2);
  if (label == nullptr) return;
  sheet.numbers.push_back({"BEV overlap",
                           fmt::format("{:.2f}", bev_overlap(start, *label)),
                           fmt::format("{:.2f}", bev_overlap(end, *label)),
                           "",
                           ""});
  sheet.numbers.push_back({"3-D overlap",
                           fmt::format("{:.2f}", volume_overlap(start, *label)),
                           fmt::format("{:.2f}", volume_overlap(end, *label)),
                           "",
                           ""});
}

void add_boxes(const FitTrace& trace, FitSheet& sheet) {
  sheet.boxes.push_back({"start", trace.stages.front().object.box, {"#888888", 1.2, "2 2"}});
  if (label_box(trace) != nullptr)
    sheet.boxes.push_back({"label", *label_box(trace), {"#D55E00", 1.6, "6 2"}});
  sheet.boxes.push_back({"end", trace.stages.back().object.box, {"#009E73", 1.8, ""}});
}

/// Allocentric heading of the label, degrees; NaN without one.
double label_heading(const FitTrace& trace) {
  if (trace.label < 0) return NAN;
  const Box3d& box = *label_box(trace);
  const Eigen::Vector3d at = box.location + trace.observation.camera.offset;
  return degrees(wrap_angle(alpha_from_rotation_y(box.rotation_y, at.x(), at.z())));
}

/// Scaled to its own range, which the legend tells: the mask's valleys would not be seen beside
/// those of all losses.
Curve landscape_curve(const std::string& label, const HeadingLandscape& landscape, size_t style) {
  Curve curve;
  const auto [low, high] = std::minmax_element(landscape.loss.begin(), landscape.loss.end());
  const double range = std::max(1e-12, *high - *low);
  curve.label = fmt::format("{} (range {:.2g})", label, *high - *low);
  curve.style = style;
  curve.marked = local_minima(landscape.loss, kProminence);
  for (size_t i = 0; i < landscape.loss.size(); ++i) {
    curve.x.push_back(degrees(landscape.heading[i]));
    curve.y.push_back((landscape.loss[i] - *low) / range);
  }
  curve.x.push_back(180);
  curve.y.push_back(curve.y.front());
  return curve;
}

void add_curves(const FitTrace& trace, FitSheet& sheet) {
  for (const HeadingPoint& point : trace.headings)
    sheet.headings.dots.push_back(
        {static_cast<double>(point.step), degrees(point.heading), point.leads});
  sheet.headings.label = label_heading(trace);

  sheet.loss = {"Loss of the leading hypothesis",
                "step",
                "weighted loss [1]",
                {},
                false,
                false,
                {},
                kSeriesNote};
  const auto add = [&](const std::string& name, const std::vector<double>& values) {
    Curve curve;
    curve.label = name;
    curve.style = sheet.loss.curves.size();
    curve.y = values;
    for (size_t i = 0; i < values.size(); ++i) curve.x.push_back(static_cast<double>(i));
    sheet.loss.curves.push_back(curve);
  };
  add("all", trace.curve.total);
  for (size_t i = 0; i < trace.loss_names.size() && i < trace.curve.terms.size(); ++i)
    add(trace.loss_names[i], trace.curve.terms[i]);

  sheet.landscape = heading_landscape_figure(trace);
}

}  // namespace

std::vector<SheetPicture> evidence_of(const Observation& o) {
  std::vector<double> depths;
  double known = 0, mask = 0;
  for (size_t p = 0; p < o.mask.size(); ++p) {
    if (o.depth[p] > 0) depths.push_back(o.depth[p]);
    known += o.known[p];
    mask += o.mask[p];
  }
  std::sort(depths.begin(), depths.end());
  const double pixels = static_cast<double>(o.mask.size());
  std::vector<SheetPicture> pictures;
  pictures.push_back(
      {"image",
       fmt::format("{0} x {0} pixels of {1:.1f} image px", o.crop.size, 1 / o.crop.scale()),
       image_picture(o)});
  pictures.push_back({"mask",
                      fmt::format("{:.0f} % of the crop; unknown: {:.0f} %",
                                  100 * mask / pixels,
                                  100 * (1 - known / pixels)),
                      mask_picture(o)});
  if (depths.empty())
    pictures.push_back({"depth", "none", depth_picture(o, 0, 1)});
  else
    pictures.push_back(
        {"depth",
         fmt::format(
             "{:.1f} m (light) to {:.1f} m, {} px", depths.front(), depths.back(), depths.size()),
         depth_picture(o, depths.front(), depths.back())});
  return pictures;
}

CurveFigure heading_landscape_figure(const FitTrace& trace) {
  CurveFigure figure{"Loss over the heading",
                     "heading (allocentric) [deg]",
                     "loss, share of its range",
                     {},
                     false,
                     true,
                     {}};
  figure.curves.push_back(landscape_curve("all losses", trace.landscape, 0));
  if (!trace.mask_landscape.loss.empty())
    figure.curves.push_back(landscape_curve("mask only", trace.mask_landscape, 2));
  const double label = label_heading(trace),
               end = degrees(wrap_angle(trace.stages.back().object.alpha));
  if (std::isfinite(label)) figure.guides.push_back({label, "label"});
  figure.guides.push_back({end, "end"});
  std::sort(figure.guides.begin(), figure.guides.end(), [](const Guide& a, const Guide& b) {
    return a.x < b.x;
  });
  return figure;
}

std::vector<std::string> result_lines(const FitTrace& trace) {
  const FittedObject& end = trace.stages.back().object;
  std::vector<std::string> lines{
      fmt::format("frame {}, object {}: rotation_y {:.1f} deg, x {:.2f} y {:.2f} z {:.2f} m, h "
                  "{:.2f} w {:.2f} l {:.2f} m, loss {:.3f}, score {:.2f}",
                  trace.observation.frame,
                  trace.observation.object,
                  degrees(end.box.rotation_y),
                  end.box.location.x(),
                  end.box.location.y(),
                  end.box.location.z(),
                  end.box.height,
                  end.box.width,
                  end.box.length,
                  end.loss,
                  end.score)};
  if (!end.modes.empty()) {
    std::string headings =
        fmt::format("probability of the heading {:.2f}", end.modes.front().probability);
    for (size_t i = 1; i < end.modes.size(); ++i)
      headings += fmt::format(", of rotation_y {:.1f} deg {:.2f}",
                              degrees(end.modes[i].box.rotation_y),
                              end.modes[i].probability);
    lines.push_back(headings);
  }
  if (!end.heading_distribution.empty())
    lines.push_back(
        fmt::format("of what the network says of the heading {:.2f} lies within 45 deg of it",
                    heading_support(end.heading_distribution, end.alpha)));
  const Box3d* label = label_box(trace);
  if (label == nullptr)
    lines.push_back("no label");
  else
    lines.push_back(
        fmt::format("label {}: heading off by {:.1f} deg, location by {:.2f} m; overlap from above "
                    "{:.2f}, in 3-D {:.2f}",
                    trace.label,
                    heading_error(end.box, *label),
                    (end.box.location - label->location).norm(),
                    bev_overlap(end.box, *label),
                    volume_overlap(end.box, *label)));
  return lines;
}

std::string sheet_of(const FitTrace& trace, const std::string& title) {
  FitSheet sheet;
  sheet.title = title;
  sheet.lines = result_lines(trace);
  sheet.evidence = evidence_of(trace.observation);
  add_boxes(trace, sheet);
  add_numbers(trace, sheet);
  add_stages(trace, sheet);
  add_curves(trace, sheet);
  return draw(sheet);
}

}  // namespace monodr
