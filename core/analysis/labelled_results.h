// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evaluation/precision.h"
#include "report/figures.h"
#include "results/metric_column.h"
#include "results/stored_cells.h"

namespace monodr {

/// A finished cell beside the labels it was measured against, frame for frame.
struct LabelledCell {
  StoredCell cell;
  CategoryModel category;  ///< of the cell's configuration; cars, where one of before names none
  std::vector<FrameAnnotations> labels, detections;
};

/// Whether the metric is ap_2d, ap_bev or ap_3d.
bool has_precision_curve(const MetricColumn& metric);
/// UserError for what has no precision curve.
OverlapKind overlap_kind(const MetricColumn& metric);
Difficulty difficulty_of(const MetricColumn& metric);
/// For a cell's class and the metric's overlap.
ClassFrames prepared_for(const CategoryModel& category,
                         const MetricColumn& metric,
                         const std::vector<FramePair>& frames);

/// The database keeps no labels: they are read again from where the cells' configurations say.
/// Cells whose labels are not there any more are left out; `missing` then says why (each reason
/// once).
std::vector<LabelledCell> labelled_cells(const Database& database,
                                         const std::string& experiment,
                                         const std::string& cache_folder,
                                         std::vector<std::string>& missing);

/// KITTI's precision over recall for an AP metric (ap_2d, ap_bev, ap_3d), mean and deviation over
/// seeds. UserError for any other metric.
CurveFigure precision_recall_figure(const std::vector<LabelledCell>& cells,
                                    const MetricColumn& metric);

/// Predicted over labelled z of all matched labels.
ScatterFigure depth_figure(const std::vector<LabelledCell>& cells);

}  // namespace monodr
