// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "report/figures.h"
#include "results/metric_column.h"
#include "results/stored_cells.h"

namespace monodr {

/// A finished cell beside the labels it was measured against, frame for frame.
struct LabelledCell {
  StoredCell cell;
  std::vector<FrameAnnotations> labels, detections;
};

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
