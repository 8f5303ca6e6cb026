// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "geometry/annotation.h"

namespace monodr {

/// One number of a cell in long form. Empty or zero fields do not apply.
struct MetricValue {
  std::string name;          ///< "ap_bev", "heading_error_median", "seconds_per_object", ...
  std::string category;      ///< "car", ...
  std::string difficulty;    ///< "easy", "moderate", "hard"
  double iou = 0;            ///< minimum overlap of the metric
  int recall_positions = 0;  ///< 11 or 40
  double value = 0;
  std::string unit;  ///< "deg", "m", "%", "s", "1"
};

/// How one labelled object fared. A label that no detection was matched to is kept as a miss
/// (`matched` false, errors NaN), so that skipping hard objects never flatters a table.
struct ObjectResult {
  std::string frame;
  int label = 0;           ///< running number of the label in its file
  std::string difficulty;  ///< easiest KITTI difficulty that includes the label
  bool matched = false;
  std::string failure;        ///< why there is no detection, where known
  double heading_turn = 0;    ///< radians, -pi..pi: detected minus labelled rotation_y
  double heading_error = 0;   ///< its absolute value, 0..pi
  double location_error = 0;  ///< metres
  double size_error = 0;      ///< mean relative error over height, width, length
  double bev_overlap = 0, volume_overlap = 0;
  double score = 0, loss = 0;
};

struct SeriesPoint {
  std::string name;  ///< "loss.total", "loss.mask", ...
  int step = 0;
  double value = 0;
};

/// All that a cell leaves behind. A worker writes it to one file, renamed into place; the parent
/// takes it into the database in one transaction.
struct CellResult {
  std::string cell;     ///< id: SHA-256 of what the cell is
  std::string state;    ///< "done" or "failed"
  std::string message;  ///< why it failed; of a cell that is done, which objects of it
  std::vector<MetricValue> metrics;
  std::vector<ObjectResult> objects;
  std::vector<FrameAnnotations> detections;
  std::vector<SeriesPoint> series;
  std::map<std::string, std::string> provenance;  ///< host, versions, git commit, threads, ...
  double seconds = 0;                             ///< wall time of the cell
  double peak_memory_mb = 0;
};

std::string to_json(const CellResult& result);
CellResult cell_result_from_json(const std::string& text);

}  // namespace monodr
