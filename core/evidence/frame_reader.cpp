// SPDX-License-Identifier: Apache-2.0
#include "evidence/frame_reader.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "evidence/network_evidence.h"

namespace monodr {
namespace {

const std::string kDontCare = "DontCare";  // a region without annotation, not an object

}  // namespace

std::vector<DetectedObject> read_objects(const std::string& path,
                                         BoxFile kind,
                                         double minimum_score) {
  const std::vector<ObjectBox2d> boxes = read_boxes2d(path, kind);
  const std::vector<bool> stays =
      kind == BoxFile::labels ? std::vector<bool>(boxes.size(), true) : suppress_non_maxima(boxes);
  std::vector<DetectedObject> objects;
  for (size_t i = 0; i < boxes.size(); ++i)
    if (stays[i] && !same_category(boxes[i].category, kDontCare) && boxes[i].score >= minimum_score)
      objects.push_back({int(i), -1, boxes[i]});
  return objects;
}

void leave_out_beyond_picture(Frame& frame, const std::string& file) {
  constexpr double kFewestPixels = 1, kSmallestShare = 0.02;
  const Camera& image = frame.evidence.camera;
  std::vector<DetectedObject> within;
  for (DetectedObject& detected : frame.objects) {
    const Box2d& box = detected.object.box;
    const Box2d seen = box.clipped_to(image.width, image.height);
    if (seen.width() >= kFewestPixels && seen.height() >= kFewestPixels &&
        seen.area() >= kSmallestShare * box.area()) {
      within.push_back(std::move(detected));
      continue;
    }
    const std::string reason =
        box.area() > 0 ? fmt::format(
                             "lies beyond the picture of {}x{} pixels (left {:g}, top {:g}, "
                             "right {:g}, bottom {:g})",
                             image.width,
                             image.height,
                             box.left - 0.5,
                             box.top - 0.5,
                             box.right - 0.5,
                             box.bottom - 0.5)
                       : "is empty";
    const SourceLocation where{file, detected.object.line};
    frame.left_out.push_back(
        {std::move(detected), fmt::format("{}: the 2-D box {}", where.to_string(), reason)});
  }
  frame.objects = std::move(within);
}

namespace {

/// The instance that names each object's label, and how many of these lie in their labels' boxes.
struct Named {
  std::vector<int> instances;
  int named = 0, within = 0;
};

Named named_instances(const Frame& frame) {
  constexpr double kShareInBox = 0.5;
  Named result;
  for (const DetectedObject& detected : frame.objects) {
    result.instances.push_back(-1);
    for (size_t i = 0; i < frame.instances->size(); ++i) {
      const Instance& instance = (*frame.instances)[i];
      if (instance.number != detected.number) continue;
      result.instances.back() = int(i);
      const Box2d& a = instance.box;
      const Box2d& b = detected.object.box;
      const Box2d common{std::max(a.left, b.left),
                         std::max(a.top, b.top),
                         std::min(a.right, b.right),
                         std::min(a.bottom, b.bottom)};
      ++result.named;
      result.within += common.area() >= kShareInBox * a.area();
    }
  }
  return result;
}

}  // namespace

void assign_instances(Frame& frame) {
  const std::vector<Instance>& instances = *frame.instances;
  const bool numbered = std::any_of(
      instances.begin(), instances.end(), [](const Instance& found) { return found.number >= 0; });
  std::vector<Box2d> boxes;
  for (const DetectedObject& detected : frame.objects) boxes.push_back(detected.object.box);
  std::vector<int> match = match_instances(boxes, instances);
  if (frame.boxes_are_labels && numbered) {
    const Named by_number = named_instances(frame);
    const auto met = std::count_if(match.begin(), match.end(), [](int i) { return i >= 0; });
    if (2 * by_number.within >= by_number.named && (by_number.named > 0 || met == 0))
      match = by_number.instances;
    else
      frame.notes.push_back(
          "the ids of its masks are not the lines of its labels; they are matched by overlap");
  }
  for (size_t i = 0; i < match.size(); ++i) frame.objects[i].instance = match[i];
}

namespace {

/// Takes the pixels that several masks claim from each of them.
void part_masks(Frame& frame) {
  const ColourImage& image = frame.evidence.image;
  Plane<std::uint8_t> claims(image.width, image.height);
  bool is_any = false;
  for (const Instance& instance : *frame.instances)
    for (size_t i = 0; i < claims.values.size(); ++i) {
      if (!instance.mask.values[i]) continue;
      claims.values[i] = std::uint8_t(std::min(2, claims.values[i] + 1));
      is_any |= claims.values[i] > 1;
    }
  if (!is_any) return;
  frame.contested = BinaryMask(image.width, image.height);
  for (size_t i = 0; i < claims.values.size(); ++i)
    frame.contested.values[i] = claims.values[i] > 1;
  for (Instance& instance : *frame.instances)
    for (size_t i = 0; i < claims.values.size(); ++i)
      if (frame.contested.values[i]) instance.mask.values[i] = 0;
}

}  // namespace

void take_network_objects(Frame& frame, const DatasetRequest& request) {
  if (!request.asks_detector()) return;
  const bool gives_boxes = request.boxes == BoxSource::network;
  const bool gives_masks = request.masks == MaskKind::network;
  if (gives_masks) frame.instances.emplace();
  for (FoundObject& found : request.networks->objects(frame.evidence)) {
    if (gives_boxes && found.score < request.minimum_score) continue;
    DetectedObject detected{
        int(frame.objects.size()), -1, {found.category, found.box, found.score}};
    if (gives_masks && !found.mask.empty()) {
      Instance instance;
      instance.category = found.category;
      instance.box = box_around(found.mask);
      instance.mask = std::move(found.mask);
      if (instance.box.area() > 0) {
        detected.instance = int(frame.instances->size());
        frame.instances->push_back(std::move(instance));
      }
    }
    if (gives_boxes) frame.objects.push_back(std::move(detected));
  }
  if (!gives_masks) return;
  if (!gives_boxes) assign_instances(frame);
  part_masks(frame);
  if (frame.depth.empty()) return;
  for (Instance& instance : *frame.instances)
    instance.depth = depth_under(frame.depth, instance.mask);
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
  const GroundRange& ground = frame.evidence.ground;
  const std::string slope = ground.slope == 0 ? "" : fmt::format(" slope {}", ground.slope);
  return sha256(fmt::format("{}x{} {} {} {} {} {} {} {} {} {}{} {} {}",
                            camera.width,
                            camera.height,
                            k.fx,
                            k.fy,
                            k.cx,
                            k.cy,
                            depth.is_sparse,
                            depth.relative_deviation,
                            depth.deviation_per_metre,
                            ground.highest,
                            ground.lowest,
                            slope,
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

namespace {

void read_boxes(const KittiFolder& folder,
                const std::string& id,
                const DatasetRequest& options,
                Frame& frame) {
  frame.boxes_are_labels = options.boxes == BoxSource::labels ||
                           (options.boxes == BoxSource::automatic && !folder.has("detections_2"));
  const BoxFile kind = frame.boxes_are_labels ? BoxFile::labels : BoxFile::detections;
  const std::string boxes =
      folder.path(frame.boxes_are_labels ? "label_2" : "detections_2", id, "txt");
  frame.objects = read_objects(boxes, kind, options.minimum_score);
  if (frame.moment && frame.boxes_are_labels) {
    const std::vector<std::string> tracks =
        read_tracks(folder.path("tracks_2", id, "txt"), read_boxes2d(boxes, kind).size());
    for (DetectedObject& detected : frame.objects)
      detected.track = tracks[static_cast<size_t>(detected.number)];
  }
  leave_out_beyond_picture(frame, boxes);
}

}  // namespace

Frame read_frame(const KittiFolder& folder,
                 const MaskSource& masks,
                 const std::string& id,
                 const DatasetRequest& options) {
  ReadEvidence read = read_evidence(folder, id);
  Frame frame;
  frame.evidence = std::move(read.frame);
  if (options.reads_sequences()) frame.moment = read_moment(folder.path("poses", id, "txt"));
  if (options.boxes != BoxSource::network) read_boxes(folder, id, options, frame);
  frame.depth = options.asks_depth_estimator()
                    ? options.networks->depth(frame.evidence)
                    : load_frame_depth(folder, id, options, read.calibration);
  if (options.is_synthetic() && !options.asks_depth_estimator()) {
    // Made-up depth is exact; what it lacks is put in by the faults.
    frame.depth.is_sparse = false;
    frame.depth.relative_deviation = 0;
    frame.depth.unit_is_assumed = false;
  }
  take_network_objects(frame, options);
  if (options.masks == MaskKind::network) {
    if (options.missing_mask == MissingMask::grabcut && !options.mask_cache.empty())
      frame.digest = digest_of(frame);
    return frame;
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
