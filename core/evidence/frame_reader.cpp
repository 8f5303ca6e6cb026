// SPDX-License-Identifier: Apache-2.0
#include "evidence/frame_reader.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"

namespace monodr {
namespace {

const std::string kDontCare = "DontCare";  // a region without annotation, not an object

std::vector<DetectedObject> read_objects(const KittiFolder& folder,
                                         const std::string& frame,
                                         bool from_labels,
                                         double minimum_score) {
  const std::string path = folder.path(from_labels ? "label_2" : "detections_2", frame, "txt");
  const std::vector<ObjectBox2d> boxes =
      read_boxes2d(path, from_labels ? BoxFile::labels : BoxFile::detections);
  const std::vector<bool> stays =
      from_labels ? std::vector<bool>(boxes.size(), true) : suppress_non_maxima(boxes);
  std::vector<DetectedObject> objects;
  for (size_t i = 0; i < boxes.size(); ++i)
    if (stays[i] && !same_category(boxes[i].category, kDontCare) && boxes[i].score >= minimum_score)
      objects.push_back({int(i), -1, boxes[i]});
  return objects;
}

}  // namespace

void assign_instances(Frame& frame) {
  const std::vector<Instance>& instances = *frame.instances;
  const bool numbered = std::any_of(
      instances.begin(), instances.end(), [](const Instance& found) { return found.number >= 0; });
  if (frame.boxes_are_labels && numbered) {
    for (DetectedObject& detected : frame.objects)
      for (size_t i = 0; i < instances.size(); ++i)
        if (instances[i].number == detected.number) detected.instance = int(i);
    return;
  }
  std::vector<Box2d> boxes;
  for (const DetectedObject& detected : frame.objects) boxes.push_back(detected.object.box);
  const std::vector<int> match = match_instances(boxes, instances);
  for (size_t i = 0; i < match.size(); ++i) frame.objects[i].instance = match[i];
}

namespace {

template <typename Value>
std::string_view bytes_of(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

}  // namespace

std::string digest_of(const Frame& frame) {
  const Camera& camera = frame.evidence.camera;
  const Intrinsics& k = camera.intrinsics;
  const DepthMap& depth = frame.depth;
  return sha256(fmt::format("{}x{} {} {} {} {} {} {} {} {} {}",
                            camera.width,
                            camera.height,
                            k.fx,
                            k.fy,
                            k.cx,
                            k.cy,
                            depth.is_sparse,
                            depth.relative_deviation,
                            depth.deviation_per_metre,
                            sha256(bytes_of(frame.evidence.image.rgb)),
                            sha256(bytes_of(depth.metres.values))));
}

namespace {

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

Frame read_frame(const KittiFolder& folder,
                 const MaskSource& masks,
                 const std::string& id,
                 const DatasetRequest& options) {
  ReadEvidence read = read_evidence(folder, id);
  Frame frame;
  frame.evidence = std::move(read.frame);
  frame.boxes_are_labels = options.boxes == BoxSource::labels ||
                           (options.boxes == BoxSource::automatic && !folder.has("detections_2"));
  frame.objects = read_objects(folder, id, frame.boxes_are_labels, options.minimum_score);
  frame.depth = load_frame_depth(folder, id, options.depth, read.calibration);
  if (options.is_synthetic()) {
    // Made-up depth is exact; what it lacks is put in by the faults.
    frame.depth.is_sparse = false;
    frame.depth.relative_deviation = 0;
  }
  const ColourImage& image = frame.evidence.image;
  frame.instances = masks.read(id, image.width, image.height, frame.depth, options.minimum_score);
  if (frame.instances)
    assign_instances(frame);
  else if (!options.mask_cache.empty())
    frame.digest = digest_of(frame);
  return frame;
}

}  // namespace monodr
