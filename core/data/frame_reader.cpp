// SPDX-License-Identifier: Apache-2.0
#include "data/frame_reader.h"

#include <utility>

#include "base/error.h"

namespace monodr {
namespace {

const std::string kDontCare = "DontCare";  // a region without annotation, not an object

std::vector<Candidate> read_candidates(const KittiFolder& folder,
                                       const std::string& frame,
                                       bool from_labels,
                                       double minimum_score) {
  const std::string path = folder.path(from_labels ? "label_2" : "detections_2", frame, "txt");
  const std::vector<ObjectBox2d> boxes =
      read_boxes2d(path, from_labels ? BoxFile::labels : BoxFile::detections);
  const std::vector<bool> stays =
      from_labels ? std::vector<bool>(boxes.size(), true) : without_duplicates(boxes);
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < boxes.size(); ++i)
    if (stays[i] && !same_category(boxes[i].category, kDontCare) && boxes[i].score >= minimum_score)
      candidates.push_back({int(i), boxes[i]});
  return candidates;
}

Plane<std::uint16_t> read_instance_ids(const KittiFolder& folder,
                                       const std::string& frame,
                                       const std::string& masks,
                                       const ColourImage& image) {
  if (masks == "grabcut") return {};
  const auto path = folder.find("instance_2", frame, {"png"});
  if (!path && masks == "auto") return {};
  if (!path)
    throw UserError(
        fmt::format("dataset.masks = \"{}\", but there is no '{}'; add it, or set "
                    "dataset.masks = \"auto\"",
                    masks,
                    folder.path("instance_2", frame, "png")));
  Plane<std::uint16_t> ids = load_instance_ids(*path);
  if (ids.width != image.width || ids.height != image.height)
    throw UserError(
        fmt::format("'{}' is {}x{} pixels, its image {}x{}; masks must be of the "
                    "image's size",
                    *path,
                    ids.width,
                    ids.height,
                    image.width,
                    image.height));
  return ids;
}

struct ReadEvidence {
  FrameEvidence frame;
  KittiCalibration calibration;
};

ReadEvidence read_evidence(const KittiFolder& folder, const std::string& id) {
  ReadEvidence read;
  read.frame.frame = id;
  read.frame.image = load_colour_image(folder.image(id));
  read.calibration = read_kitti_calibration(folder.path("calib", id, "txt"));
  read.calibration.camera.width = read.frame.image.width;
  read.calibration.camera.height = read.frame.image.height;
  read.frame.camera = read.calibration.camera;
  return read;
}

}  // namespace

FrameEvidence read_frame_evidence(const KittiFolder& folder, const std::string& id) {
  return read_evidence(folder, id).frame;
}

Frame read_frame(const KittiFolder& folder, const std::string& id, const DatasetOptions& options) {
  ReadEvidence read = read_evidence(folder, id);
  Frame frame;
  frame.evidence = std::move(read.frame);
  frame.boxes_are_labels =
      options.boxes == "labels" || (options.boxes == "auto" && !folder.has("detections_2"));
  frame.candidates = read_candidates(folder, id, frame.boxes_are_labels, options.minimum_score);
  frame.depth = load_frame_depth(folder, id, options.depth, read.calibration);
  if (options.is_synthetic) {
    // Made-up depth is exact; what it lacks is put in by the faults.
    frame.depth.is_sparse = false;
    frame.depth.relative_deviation = 0;
  }
  frame.ids = read_instance_ids(folder, id, options.masks, frame.evidence.image);
  if (!frame.ids.empty()) frame.instances = list_instances(frame.ids, frame.depth);
  return frame;
}

}  // namespace monodr
