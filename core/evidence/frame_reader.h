// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/boxes2d.h"
#include "data/frame_moment.h"
#include "data/kitti_folder.h"
#include "evidence/dataset.h"
#include "evidence/mask_source.h"
#include "evidence/observations.h"

namespace monodr {

/// An object as its 2-D source lists it.
struct DetectedObject {
  int number = 0;     ///< running number in the file, from 0, all lines counted
  int instance = -1;  ///< position in the frame's instances of the one that shows it, -1 = none
  ObjectBox2d object;
  std::string track = {};  ///< the object's name in all frames of its sequence, "" = not known
};

/// An object of whose box the picture shows nothing, and what is said of it.
struct LeftOut {
  DetectedObject detected;
  std::string reason;  ///< with file and line
};

/// What the files of one frame say, before anything is worked out for single objects.
struct Frame {
  FrameEvidence evidence;
  std::optional<FrameMoment> moment;  ///< where DatasetSettings::reads_sequences
  DepthMap depth;                     ///< may be empty
  bool boxes_are_labels = false;
  std::vector<DetectedObject> objects;  ///< of all classes, since they may hide one another
  std::vector<LeftOut> left_out;        ///< these are not among the objects
  /// What is odd about a file and cost nothing, with its name.
  std::vector<std::string> notes;
  /// What a file of masks shows, hiders without a label too; nothing where the masks have to be cut
  /// from the image.
  std::optional<std::vector<Instance>> instances;
  /// Pixels that several masks of a network claim: unknown for each of them. Empty = there are none.
  BinaryMask contested;
  /// Of all that cut masks depend on but the boxes; "" where none are cut or none are kept.
  std::string digest;
};

/// The objects of a file of boxes that score enough, without DontCare regions and without doubles of a detector.
std::vector<DetectedObject> read_objects(const std::string& path,
                                         BoxFile kind,
                                         double minimum_score);

/// Takes off the objects whose 2-D box (from `file`) lies beyond the picture: with less than a pixel in it
/// or less than a fiftieth of its area, as boxes of another resolution do. Nothing can be cut out there.
void leave_out_beyond_picture(Frame& frame, const std::string& file);

/// Sets DetectedObject::instance: of labels the file of masks may say which is which; boxes of detectors are
/// matched by overlap. So are labels where less than half of the masks that name a label lie in its box: ids
/// of tracks, or of another order, are not the lines of the label file, and a note says so.
void assign_instances(Frame& frame);

/// Where the request says "network": the objects with their boxes, or the masks of those that are there, from
/// DatasetRequest::networks. The frame's depth must be there, since it tells which of two masks is nearer.
void take_network_objects(Frame& frame, const DatasetRequest& request);

/// SHA-256 of all that masks cut from the picture depend on but the boxes.
std::string digest_of(const Frame& frame);

/// Reads image, calibration, 2-D boxes, depth and masks as the options choose them. An instance
/// that says which label it shows belongs to that label; all others go to the box they overlap
/// most. Opens label_2 through read_boxes2d only. UserError for what is missing or broken.
Frame read_frame(const KittiFolder& folder,
                 const MaskSource& masks,
                 const std::string& id,
                 const DatasetRequest& options);

/// Only the image and the camera.
FrameEvidence read_frame_evidence(const KittiFolder& folder, const std::string& id);

}  // namespace monodr
