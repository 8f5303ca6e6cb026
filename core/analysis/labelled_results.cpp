// SPDX-License-Identifier: Apache-2.0
#include "analysis/labelled_results.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/kitti_label.h"
#include "data/synthetic_set.h"
#include "evaluation/errors.h"
#include "report/experiment_figures.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Where the labels of a configuration lie (see dataset_root in cell/prepare.h).
std::string label_folder(const json& config, const std::string& cache) {
  const json& dataset = config.at("dataset");
  fs::path root = dataset.value("root", std::string());
  if (dataset.value("source", std::string()) == "synthetic") {
    SynthesisOptions options;
    options.objects = dataset.at("objects").get<int>();
    options.seed = dataset.at("scene_seed").get<std::uint64_t>();
    root = synthetic_folder(cache, options);
  }
  return (root / "training" / "label_2").string();
}

/// Labels by frame, each file read once for all cells.
class LabelFiles {
 public:
  const FrameAnnotations& frame(const std::string& folder, const std::string& name) {
    const auto found = frames_.find({folder, name});
    if (found != frames_.end()) return found->second;
    FrameAnnotations frame = read_kitti_frame(folder, name, KittiFileKind::labels);
    return frames_.emplace(std::pair{folder, name}, std::move(frame)).first->second;
  }

 private:
  std::map<std::pair<std::string, std::string>, FrameAnnotations> frames_;
};

LabelledCell with_labels(const Database& database,
                         const StoredCell& cell,
                         const std::string& cache,
                         LabelFiles& files) {
  LabelledCell labelled{cell, {}, detections_of(database, cell)};
  const std::string folder = label_folder(json::parse(cell.config), cache);
  for (const FrameAnnotations& frame : labelled.detections)
    labelled.labels.push_back(files.frame(folder, frame.frame));
  return labelled;
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<double> precision_samples(const LabelledCell& cell, const MetricColumn& metric) {
  const PrecisionCurve curve = prepared_for(metric, pair_frames(cell.labels, cell.detections))
                                   .curve(overlap_kind(metric), difficulty_of(metric), metric.iou);
  return {curve.precision.begin(), curve.precision.end()};
}

}  // namespace

bool has_precision_curve(const MetricColumn& metric) {
  return metric.metric == "ap_2d" || metric.metric == "ap_bev" || metric.metric == "ap_3d";
}

OverlapKind overlap_kind(const MetricColumn& metric) {
  if (metric.metric == "ap_2d") return OverlapKind::image;
  if (metric.metric == "ap_bev") return OverlapKind::ground;
  if (metric.metric == "ap_3d") return OverlapKind::volume;
  throw UserError(fmt::format(
      "precision over recall is drawn for ap_2d, ap_bev and ap_3d, not for '{}'; for example "
      "--metric car/bev/moderate/0.7/AP40",
      metric.path()));
}

Difficulty difficulty_of(const MetricColumn& metric) {
  for (const Difficulty difficulty : difficulties)
    if (to_string(difficulty) == metric.difficulty) return difficulty;
  return Difficulty::moderate;
}

ClassFrames prepared_for(const MetricColumn& metric, const std::vector<FramePair>& frames) {
  const EvaluatedClass only{lower_case(metric.category), {metric.iou, metric.iou, metric.iou}};
  return std::move(prepare_frames(frames, {only}).front());
}

std::vector<LabelledCell> labelled_cells(const Database& database,
                                         const std::string& experiment,
                                         const std::string& cache_folder,
                                         std::vector<std::string>& missing) {
  LabelFiles files;
  std::vector<LabelledCell> cells;
  for (const StoredCell& cell : current_cells(database, experiment)) {
    if (cell.state != "done") continue;
    std::string reason;
    try {
      cells.push_back(with_labels(database, cell, cache_folder, files));
    } catch (const UserError& error) {
      reason = error.what();
    } catch (const json::exception&) {
      reason = "the configuration of cell " + cell.short_hash() + " names no data set";
    }
    if (!reason.empty() && std::find(missing.begin(), missing.end(), reason) == missing.end())
      missing.push_back(reason);
  }
  return cells;
}

CurveFigure precision_recall_figure(const std::vector<LabelledCell>& cells,
                                    const MetricColumn& metric) {
  overlap_kind(metric);
  std::vector<std::string> labels;
  std::map<std::string, std::vector<std::vector<double>>> curves;
  for (const LabelledCell& cell : cells) {
    const std::string label = cell.cell.row_label();
    if (curves.count(label) == 0) labels.push_back(label);
    curves[label].push_back(precision_samples(cell, metric));
  }
  std::vector<double> recall;
  for (int i = 0; i < recall_samples; ++i) recall.push_back(i / (recall_samples - 1.0));
  CurveFigure figure;
  figure.title = fmt::format("Precision over recall: {} {}, {}, IoU {}",
                             metric.category,
                             metric.metric.substr(3),
                             metric.difficulty,
                             metric.iou);
  figure.x_title = "recall";
  figure.y_title = "precision";
  figure.unit_square = true;
  for (const std::string& label : labels)
    figure.curves.push_back(mean_curve(label, recall, curves.at(label), figure.curves.size()));
  for (Curve& curve : figure.curves) {  // a precision is never outside 0..1, whatever its deviation
    for (double& low : curve.low) low = std::max(low, 0.0);
    for (double& high : curve.high) high = std::min(high, 1.0);
  }
  return figure;
}

ScatterFigure depth_figure(const std::vector<LabelledCell>& cells) {
  ScatterFigure figure{
      "Predicted over true depth, matched labels", "labelled z [m]", "predicted z [m]", {}};
  std::map<std::string, size_t> panel_of;
  for (const LabelledCell& cell : cells) {
    const std::string label = cell.cell.row_label();
    if (panel_of.emplace(label, figure.panels.size()).second)
      figure.panels.push_back({label, {}, {}});
    ScatterPanel& panel = figure.panels[panel_of.at(label)];
    size_t frame = 0;
    for (const LabelOutcome& outcome : measure_pose_errors(cell.labels, cell.detections, "car")) {
      if (!outcome.matched()) continue;
      while (cell.labels[frame].frame != outcome.frame) ++frame;
      const auto& label_box = cell.labels[frame].objects[static_cast<size_t>(outcome.label)].box3d;
      const auto& box =
          cell.detections[frame].objects[static_cast<size_t>(outcome.detection)].box3d;
      panel.truth.push_back(label_box.location.z());
      panel.prediction.push_back(box.location.z());
    }
  }
  return figure;
}

}  // namespace monodr
