// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "data/boxes2d.h"
#include "data/dataset.h"
#include "data/kitti_folder.h"
#include "data/observations.h"

namespace monodr {

/// An object as its 2-D source lists it.
struct Candidate {
  int number = 0;  ///< running number in the file, from 0, all lines counted
  ObjectBox2d object;
};

/// What the files of one frame say, before anything is worked out for single objects.
struct Frame {
  FrameEvidence evidence;
  DepthMap depth;                   ///< may be empty
  Plane<std::uint16_t> ids;         ///< instance_2; empty where masks come from GrabCut
  std::vector<Instance> instances;  ///< of `ids`
  bool boxes_are_labels = false;
  std::vector<Candidate> candidates;  ///< of all classes, since they may hide one another
};

/// Reads image, calibration, 2-D boxes, depth and instance masks as the options choose them.
/// Opens label_2 through read_boxes2d only. UserError for what is missing or broken.
Frame read_frame(const KittiFolder& folder, const std::string& id, const DatasetOptions& options);

/// Only the image and the camera.
FrameEvidence read_frame_evidence(const KittiFolder& folder, const std::string& id);

}  // namespace monodr
