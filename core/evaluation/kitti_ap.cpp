// SPDX-License-Identifier: Apache-2.0
#include "evaluation/kitti_ap.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "evaluation/frames.h"
#include "evaluation/precision.h"

namespace monodr {
namespace {

constexpr double alpha_not_given = -10, location_not_given = -1000;

/// By overlap kind; throws UserError for what is not "strict", "loose" or a number.
std::array<double, 3> minimum_overlaps(const std::string& name, const CategoryModel& category) {
  if (name == "strict") return category.overlap_strict;
  if (name == "loose") return category.overlap_loose;
  double value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
  if (error != std::errc() || end != name.data() + name.size() || !(value >= 0 && value < 1))
    throw UserError(
        fmt::format("minimum overlap '{}' is not 'strict', 'loose' or a number from 0 "
                    "to below 1, such as 0.5{}",
                    name,
                    did_you_mean(name, {"strict", "loose"})));
  return {value, value, value};
}

/// Which metrics a class's detections allow.
struct Coverage {
  bool detected = false;
  std::array<bool, 3> has_box{};  ///< by overlap kind

  bool allows(OverlapKind kind) const { return !detected || has_box[static_cast<size_t>(kind)]; }
};

Coverage coverage_of(const std::vector<FramePair>& frames, const CategoryModel& category) {
  Coverage coverage;
  for (const FramePair& frame : frames)
    for (const Annotation& object : *frame.detections) {
      if (!category.includes(object.category)) continue;
      const Box3d& box = object.box3d;
      const bool footprint = box.location.x() != location_not_given &&
                             box.location.z() != location_not_given && box.width > 0 &&
                             box.length > 0;
      coverage.detected = true;
      coverage.has_box[0] |= kitti_pixels(object.box2d).left >= 0;
      coverage.has_box[1] |= footprint;
      coverage.has_box[2] |= footprint && box.location.y() != location_not_given && box.height > 0;
    }
  return coverage;
}

bool all_have_alpha(const std::vector<FramePair>& frames) {
  return std::all_of(frames.begin(), frames.end(), [](const FramePair& frame) {
    return std::none_of(frame.detections->begin(),
                        frame.detections->end(),
                        [](const Annotation& object) { return object.alpha == alpha_not_given; });
  });
}

/// One curve to compute, and then the curve.
struct CurveTask {
  size_t category = 0;
  OverlapKind kind = OverlapKind::image;
  double iou = 0;
  Difficulty difficulty = Difficulty::easy;
  PrecisionCurve curve;
};

/// Curves of one class, ordered by overlap kind, minimum overlap, difficulty.
std::vector<CurveTask> plan_curves(size_t category,
                                   const KittiApOptions& options,
                                   const Coverage& coverage) {
  std::vector<CurveTask> tasks;
  for (OverlapKind kind : overlap_kinds) {
    if (!coverage.allows(kind)) continue;
    std::vector<double> minima;
    for (const std::string& name : options.overlaps)
      minima.push_back(
          minimum_overlaps(name, options.categories[category])[static_cast<size_t>(kind)]);
    std::sort(minima.begin(), minima.end());
    minima.erase(std::unique(minima.begin(), minima.end()), minima.end());
    for (double iou : minima)
      for (Difficulty difficulty : difficulties)
        tasks.push_back({category, kind, iou, difficulty, {}});
  }
  return tasks;
}

std::array<double, 3> least_overlaps(const KittiApOptions& options, const CategoryModel& category) {
  std::array<double, 3> least{1, 1, 1};
  for (const std::string& name : options.overlaps) {
    const std::array<double, 3> minima = minimum_overlaps(name, category);
    for (size_t kind = 0; kind < 3; ++kind) least[kind] = std::min(least[kind], minima[kind]);
  }
  return least;
}

std::vector<ApRow> rows_of(const std::vector<CurveTask>& tasks,
                           const KittiApOptions& options,
                           bool with_orientation) {
  std::vector<ApRow> rows;
  for (size_t category = 0; category < options.categories.size(); ++category)
    for (int metric = 0; metric < 4; ++metric) {
      const bool orientation = metric == 1;
      const OverlapKind kind = overlap_kinds[metric == 0 ? 0 : metric - 1];
      if (orientation && !with_orientation) continue;
      for (size_t first = 0; first < tasks.size(); first += difficulties.size()) {
        if (tasks[first].category != category || tasks[first].kind != kind) continue;
        for (int positions : {11, 40})
          for (size_t i = first; i < first + difficulties.size(); ++i) {
            const PrecisionCurve& curve = tasks[i].curve;
            rows.push_back(
                {lower_case(options.categories[category].name),
                 orientation ? "aos" : precision_name(kind),
                 tasks[i].difficulty,
                 tasks[i].iou,
                 positions,
                 average_precision(orientation ? curve.similarity : curve.precision, positions),
                 curve.labels});
          }
      }
    }
  return rows;
}

}  // namespace

void check_options(const KittiApOptions& options) {
  for (const std::string& name : options.overlaps) minimum_overlaps(name, {});
}

std::vector<ApRow> kitti_average_precision(const std::vector<FrameAnnotations>& labels,
                                           const std::vector<FrameAnnotations>& detections,
                                           const KittiApOptions& options) {
  check_options(options);
  const std::vector<FramePair> frames = pair_frames(labels, detections);
  std::vector<EvaluatedClass> classes;
  std::vector<CurveTask> tasks;
  for (size_t category = 0; category < options.categories.size(); ++category) {
    const CategoryModel& model = options.categories[category];
    classes.push_back({model, least_overlaps(options, model)});
    for (CurveTask& task : plan_curves(category, options, coverage_of(frames, model)))
      tasks.push_back(task);
  }
  const std::vector<ClassFrames> prepared =
      prepare_frames(frames, classes, options.height_rule, options.threads);
  parallel_for(tasks.size(), options.threads, [&](size_t i) {
    CurveTask& task = tasks[i];
    task.curve = prepared[task.category].curve(task.kind, task.difficulty, task.iou);
  });
  return rows_of(tasks, options, all_have_alpha(frames));
}

}  // namespace monodr
