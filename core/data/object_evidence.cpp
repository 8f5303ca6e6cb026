// SPDX-License-Identifier: Apache-2.0
#include "data/object_evidence.h"

#include <algorithm>

#include "base/error.h"
#include "data/faults.h"

namespace monodr {
namespace {

constexpr int kFewestDepthPixels = 10;    // of the crop; fewer do not fix an object's range
constexpr double kSmallestMask = 0.01;    // of the crop's pixels
constexpr double kInstanceOverlap = 0.5;  // of a detected box with the box of its instance

const Instance* find_instance(const Frame& frame, const Candidate& candidate) {
  const Instance* best = nullptr;
  double best_overlap = kInstanceOverlap;
  for (const Instance& instance : frame.instances) {
    if (frame.boxes_are_labels) {
      if (instance.id == candidate.number + 1) return &instance;
      continue;
    }
    const double overlap = intersection_over_union(instance.box, candidate.object.box);
    if (overlap > best_overlap) {
      best_overlap = overlap;
      best = &instance;
    }
  }
  return best;
}

bool stands_nearer(const Instance& other, const Instance& own) {
  if (other.depth > 0 && own.depth > 0) return other.depth < own.depth;
  return is_in_front(other.box, own.box);
}

// Where the depth is dense each pixel tells for itself whether it is nearer: one id may stand for
// several things without a label.
BinaryMask hidden_by_instances(const Frame& frame, const Instance& own) {
  const bool by_pixel = !frame.depth.empty() && !frame.depth.is_lidar && own.depth > 0;
  std::vector<std::uint8_t> is_nearer(1 << 16, 0);
  for (const Instance& other : frame.instances)
    is_nearer[size_t(other.id)] = stands_nearer(other, own);
  BinaryMask hidden(frame.ids.width, frame.ids.height);
  for (size_t i = 0; i < hidden.values.size(); ++i) {
    const int id = frame.ids.values[i];
    if (id == 0 || id == own.id) continue;
    const float z = by_pixel ? frame.depth.metres.values[i] : 0;
    hidden.values[i] = z > 0 ? z < own.depth : is_nearer[size_t(id)];
  }
  return hidden;
}

void fill(BinaryMask& mask, const Box2d& box) {
  const Box2d area = box.clipped_to(mask.width, mask.height);
  for (int y = int(area.top + 0.5); y < int(area.bottom + 0.5); ++y)
    for (int x = int(area.left + 0.5); x < int(area.right + 0.5); ++x) mask.at(x, y) = 1;
}

struct Evidence {
  ObjectEvidence object;
  DepthMap noisy;  // empty = the frame's own depth
};

// Labels' boxes take hidden parts in (KITTI's annotators guessed them); the mask does not, so the
// box of what is visible is taken from it. Detectors' boxes are left as they are.
void take_instance(Evidence& evidence, const Frame& frame, const Candidate& candidate) {
  const Instance* instance = find_instance(frame, candidate);
  if (instance == nullptr)
    throw UnusableObject(frame.boxes_are_labels
                             ? fmt::format("instance_2 has no pixel of id {}", candidate.number + 1)
                             : "no instance of instance_2 overlaps the box by half");
  if (frame.boxes_are_labels) evidence.object.box = instance->box;
  evidence.object.mask = instance_mask(frame.ids, instance->id);
  evidence.object.hidden = hidden_by_instances(frame, *instance);
  evidence.object.locus = locate_depth(frame.depth, frame.evidence.camera, evidence.object.box, {});
}

void take_grabcut(Evidence& evidence, const Frame& frame, const Candidate& candidate) {
  ObjectEvidence& object = evidence.object;
  const Camera& camera = frame.evidence.camera;
  std::vector<Box2d> nearer;
  for (const Candidate& other : frame.candidates)
    if (other.number != candidate.number && is_in_front(other.object.box, object.box))
      nearer.push_back(other.object.box);
  object.locus = locate_depth(frame.depth, camera, object.box, nearer);
  object.mask =
      grabcut_mask(frame.evidence.image, object.box, nearer, frame.depth, camera, object.locus);
  object.hidden = depth_occluders(object.box, frame.depth, camera, object.locus);
  for (const Box2d& box : nearer) fill(object.hidden, box);
}

void add_faults(Evidence& evidence, const Frame& frame, const DatasetOptions& options) {
  ObjectEvidence& object = evidence.object;
  const auto stream = [&](const char* purpose) {
    return Random(options.seed, frame.evidence.frame + purpose, std::uint64_t(object.number));
  };
  Random box_random = stream(" box"), mask_random = stream(" mask"),
         depth_random = stream(" depth");
  object.box = jittered_box(object.box, options.box_jitter, box_random);
  const CropWindow window = crop_around(object.box, options.crop_margin, options.image_size);
  evidence.noisy = noisy_depth(
      frame.depth, object.mask, window, {options.depth_noise, options.depth_bias}, depth_random);
  object.mask = ragged_mask(object.mask, window, options.mask_raggedness, mask_random);
}

void check_usable(const Observation& observation, bool has_depth) {
  double covered = 0;
  for (const float share : observation.mask) covered += share;
  if (covered < kSmallestMask * double(observation.mask.size()))
    throw UnusableObject(
        fmt::format("its mask is (nearly) empty: {:.1f} pixels of the crop", covered));
  if (!has_depth) return;
  const auto count = std::count_if(
      observation.depth.begin(), observation.depth.end(), [](float z) { return z > 0; });
  if (count < kFewestDepthPixels)
    throw UnusableObject(
        fmt::format("too few depth values under its mask: {}, at least {} pixels "
                    "of the crop are needed",
                    count,
                    kFewestDepthPixels));
}

}  // namespace

Observation observe(const Frame& frame, const Candidate& candidate, const DatasetOptions& options) {
  const ObjectBox2d& source = candidate.object;
  if (source.box.height() < options.minimum_height)
    throw UnusableObject(fmt::format("its 2-D box is {:.1f} px high, dataset.minimum_height is {}",
                                     source.box.height(),
                                     options.minimum_height));
  Evidence evidence;
  evidence.object.number = candidate.number;
  evidence.object.category = source.category;
  evidence.object.score = source.score;
  evidence.object.box = source.box;
  if (frame.ids.empty())
    take_grabcut(evidence, frame, candidate);
  else
    take_instance(evidence, frame, candidate);
  if (options.is_synthetic) add_faults(evidence, frame, options);
  const DepthMap& depth = evidence.noisy.empty() ? frame.depth : evidence.noisy;
  const Observation observation = build_observation(
      frame.evidence, depth, evidence.object, options.crop_margin, options.image_size);
  check_usable(observation, !depth.empty());
  return observation;
}

}  // namespace monodr
