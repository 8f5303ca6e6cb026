// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "geometry/annotation.h"
#include "geometry/heading_mode.h"
#include "metrics/metric_definitions.h"

namespace monodr {

/// One number of a cell in long form. Empty or zero fields do not apply. metric_value() makes one.
struct MetricValue {
  std::string name;          ///< "ap_bev", "heading_error_median", "seconds_per_object", ...
  std::string category;      ///< "car", ...
  std::string difficulty;    ///< "easy", "moderate", "hard"
  double iou = 0;            ///< minimum overlap of the metric
  int recall_positions = 0;  ///< 11 or 40
  double value = 0;
  std::string unit;  ///< of the metric's definition
};

/// A metric without class and difficulty, in the unit of its definition. CheckFailure for a name
/// that is not defined.
MetricValue metric_value(const std::string& name, double value);

/// How one labelled object fared. A label that no detection was matched to is kept as a miss, so
/// that skipping hard objects never flatters a table.
struct ObjectResult : ObjectMeasurements {
  std::string frame;
  int label = 0;           ///< running number of the label in its file
  std::string difficulty;  ///< easiest KITTI difficulty that includes the label
  bool matched = false;
  int detection = -1;   ///< running number of its detection in the frame, -1 = none; not kept
  std::string failure;  ///< why there is no detection, where known
};

/// One of the headings that a fit could not tell apart for good.
struct DetectedMode : HeadingMode {
  std::string frame;
  int detection = 0;  ///< running number of the detection in the frame
};

/// What a network says of a detection's heading over the whole circle, wherever the fit ended.
struct DetectedDistribution {
  std::string frame;
  int detection = 0;                  ///< running number of the detection in the frame
  std::vector<double> probabilities;  ///< bin i is the allocentric heading (i + 1/2) 2 pi / bins
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
  std::vector<DetectedMode> modes;  ///< by frame and detection, the reported one first
  std::vector<DetectedDistribution> distributions;  ///< by frame and detection, of those that have
  std::vector<SeriesPoint> series;
  std::map<std::string, std::string> provenance;  ///< host, versions, git commit, threads, ...
  double seconds = 0;                             ///< wall time of the cell
  double peak_memory_mb = 0;
};

std::string to_json(const CellResult& result);
CellResult cell_result_from_json(const std::string& text);

}  // namespace monodr
