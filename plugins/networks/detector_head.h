// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "network.h"
#include "plugin/detector.h"

namespace monodr {

/// How a detector's outputs are read.
enum class HeadKind {
  yolo_maps,  ///< YOLOv5 before its last layer: a map a stride [A (5 + C + M), H, W], then, for masks, prototypes [M, h, w]
  yolo_v5,  ///< [N, 5 + C + M] centre, size (px of the input), objectness, classes, mask; then prototypes
  yolo_v8,  ///< [4 + C + M, N] centre, size, classes, mask, as Ultralytics export YOLOv8 and later; then prototypes
  mask_rcnn,  ///< boxes [N, 4] (corners), classes [N], scores [N], masks [N, (1,) h, w]: of the whole input (torchvision)
              ///< or of the box (Detectron2)
  boxes  ///< boxes [N, 4] (corners), classes [N], scores [N]; or one list [N, 6] of corners, score, class
};

struct HeadParameters {
  HeadKind kind = HeadKind::yolo_v8;
  std::vector<std::string>
      classes;  ///< by the network's number; "" and those beyond the list are dropped
  std::vector<std::string>
      together;  ///< of these classes one object is one alone: they suppress each other
  std::vector<double> anchors;  ///< px: width, height, of each anchor of each map (yolo_maps)
  double minimum_score = 0.1;
  double overlap = 0.5;           ///< above it the less sure of two boxes is dropped
  double mask_threshold = 0.5;    ///< probability from which a pixel is the object's
  bool boxes_are_shares = false;  ///< corners as shares of the input's sides and not in its pixels
};

ParameterSchema head_schema();
HeadParameters head_parameters(const Parameters& parameters);

/// Candidates from the outputs, then greedy non-maximum suppression (of the boxes in the picture; equal scores in the
/// network's order), then masks for those that are left:
///     yolo_*:    sigmoid(coefficients . prototypes) > mask_threshold, interpolated bilinearly, inside the box
///     mask_rcnn: the mask's values > mask_threshold
/// UserError that names file and output for shapes that are not the head's.
std::vector<FoundObject> read_objects_found(const std::vector<NetworkOutput>& outputs,
                                            const std::string& file,
                                            const NetworkInput& input,
                                            const HeadParameters& parameters);

}  // namespace monodr
