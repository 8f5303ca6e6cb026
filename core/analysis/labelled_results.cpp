// SPDX-License-Identifier: Apache-2.0
#include "analysis/labelled_results.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "data/kitti_label.h"
#include "data/manifest.h"
#include "data/synthetic_set.h"
#include "evaluation/errors.h"
#include "experiment/category_file.h"
#include "report/experiment_figures.h"
#include "settings/sections.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// The labels of a frame in KITTI's layout; nothing where it has none, as in KITTI's test set.
std::optional<FrameAnnotations> labels_of(const DatasetSettings& dataset,
                                          const std::string& cache,
                                          const std::string& frame) {
  fs::path root = dataset.root;
  if (dataset.is_synthetic()) {
    SynthesisOptions options;
    options.objects = dataset.objects;
    options.seed = dataset.scene_seed;
    root = synthetic_folder(cache, options);
  }
  const fs::path folder = root / "training" / "label_2";
  if (fs::is_directory(root / "training") && !fs::exists(folder / (frame + ".txt"))) return {};
  return read_kitti_frame(folder.string(), frame, KittiFileKind::labels);
}

CategoryModel category_of(const json& config) {
  return config.contains("category") ? cell_settings(config).category
                                     : load_category(DatasetSettings{}.category);
}

/// Labels by frame, each file read once for all cells.
class LabelFiles {
 public:
  const std::optional<FrameAnnotations>& frame(const DatasetSettings& dataset,
                                               const std::string& cache,
                                               const std::string& name) {
    const auto key = std::tuple{dataset.root, dataset.objects, dataset.scene_seed, name};
    const auto found = frames_.find(key);
    if (found != frames_.end()) return found->second;
    return frames_
        .emplace(key,
                 dataset.source == DataSource::manifest ? of_manifest(dataset.root, name)
                                                        : labels_of(dataset, cache, name))
        .first->second;
  }

 private:
  std::optional<FrameAnnotations> of_manifest(const std::string& path, const std::string& name) {
    const auto [manifest, is_new] = manifests_.try_emplace(path);
    if (is_new)
      for (const ManifestFrame& frame : read_manifest(path))
        manifest->second[frame.id] = frame.labels;
    const auto file = manifest->second.find(name);
    if (file == manifest->second.end())
      throw UserError(fmt::format("'{}' names no frame '{}' any more", path, name));
    if (file->second.empty()) return {};
    return FrameAnnotations{
        name, parse_kitti_objects(read_file(file->second), KittiFileKind::labels, file->second)};
  }

  std::map<std::string, std::map<std::string, std::string>>
      manifests_;  ///< frame -> file of labels
  std::map<std::tuple<std::string, int, std::uint64_t, std::string>,
           std::optional<FrameAnnotations>>
      frames_;
};

LabelledCell with_labels(const Database& database,
                         const StoredCell& cell,
                         const std::string& cache,
                         LabelFiles& files) {
  const json config = json::parse(cell.config);
  LabelledCell labelled{cell, category_of(config), {}, {}};
  const DatasetSettings dataset = cell_settings(config).dataset;
  for (FrameAnnotations& detections : detections_of(database, cell.id)) {
    const std::optional<FrameAnnotations>& labels = files.frame(dataset, cache, detections.frame);
    if (!labels) continue;  // nothing there is right or wrong
    labelled.labels.push_back(*labels);
    labelled.detections.push_back(std::move(detections));
  }
  return labelled;
}

/// By what an average precision compares; nothing for other metrics.
std::optional<OverlapKind> kind_of(const MetricColumn& metric) {
  const MetricDefinition* definition = find_metric(metric.metric);
  for (const OverlapKind kind : overlap_kinds)
    if (definition != nullptr && definition->short_name == precision_name(kind)) return kind;
  return std::nullopt;
}

std::vector<double> precision_samples(const LabelledCell& cell, const MetricColumn& metric) {
  const PrecisionCurve curve =
      prepared_for(cell.category, metric, pair_frames(cell.labels, cell.detections))
          .curve(overlap_kind(metric), difficulty_of(metric), metric.iou);
  return {curve.precision.begin(), curve.precision.end()};
}

}  // namespace

bool has_precision_curve(const MetricColumn& metric) {
  return kind_of(metric).has_value();
}

OverlapKind overlap_kind(const MetricColumn& metric) {
  if (const auto kind = kind_of(metric)) return *kind;
  std::vector<std::string> drawn;
  for (const OverlapKind kind : overlap_kinds)
    drawn.push_back(find_metric_by_any_name(precision_name(kind))->name);
  throw UserError(
      fmt::format("precision over recall is drawn for {}, not for '{}'; for example --metric "
                  "car/bev/moderate/0.7/AP40",
                  join(drawn, ", "),
                  metric.path()));
}

Difficulty difficulty_of(const MetricColumn& metric) {
  for (const Difficulty difficulty : difficulties)
    if (to_string(difficulty) == metric.difficulty) return difficulty;
  return Difficulty::moderate;
}

ClassFrames prepared_for(const CategoryModel& category,
                         const MetricColumn& metric,
                         const std::vector<FramePair>& frames) {
  const EvaluatedClass only{category, {metric.iou, metric.iou, metric.iou}};
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
  const OverlapKind kind = overlap_kind(metric);
  figure.title = fmt::format("Precision over recall {}: {}, {}, minimum overlap {}",
                             kind == OverlapKind::image    ? "in the image"
                             : kind == OverlapKind::ground ? "from above"
                                                           : "in 3-D",
                             metric.category,
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
    for (const LabelOutcome& outcome :
         measure_pose_errors(cell.labels, cell.detections, cell.category)) {
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
