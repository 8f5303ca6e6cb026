// SPDX-License-Identifier: Apache-2.0
#include "data/object_evidence.h"

#include <algorithm>
#include <utility>

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
  const bool by_pixel = !frame.depth.empty() && !frame.depth.is_sparse && own.depth > 0;
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
  DepthMap faulty;  // empty = the frame's own depth
};

// The smallest box around the mask's pixels.
Box2d box_of(const BinaryMask& mask) {
  Box2d box{double(mask.width), double(mask.height), 0, 0};
  for (int y = 0; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x) {
      if (!mask.at(x, y)) continue;
      box = {std::min<double>(box.left, x),
             std::min<double>(box.top, y),
             std::max<double>(box.right, x + 1),
             std::max<double>(box.bottom, y + 1)};
    }
  return box;
}

bool is_empty(const BinaryMask& mask) {
  return std::find(mask.values.begin(), mask.values.end(), 1) == mask.values.end();
}

void take_instance(Evidence& evidence, const Frame& frame, const Candidate& candidate) {
  const Instance* instance = find_instance(frame, candidate);
  if (instance == nullptr)
    throw UnusableObject(frame.boxes_are_labels
                             ? fmt::format("instance_2 has no pixel of id {}", candidate.number + 1)
                             : "no instance of instance_2 overlaps the box by half");
  ObjectEvidence& object = evidence.object;
  object.mask = instance_mask(frame.ids, instance->id);
  object.hidden = hidden_by_instances(frame, *instance);
  if (instance->depth > 0)
    object.locus = locus_at(instance->depth, frame.depth, frame.evidence.camera, instance->box);
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

Random fault_stream(const Frame& frame,
                    const ObjectEvidence& object,
                    const DatasetOptions& options,
                    const char* purpose) {
  return Random(options.seed, frame.evidence.frame + purpose, std::uint64_t(object.number));
}

// Comes before the box: that of a modal source ends where the occluder begins.
void add_occluder(ObjectEvidence& object, const Frame& frame, const DatasetOptions& options) {
  const MaskFaults& faults = options.faults.mask;
  Random random = fault_stream(frame, object, options, " occluder");
  if (!random.chance(faults.cut_chance)) return;
  const CropWindow window = crop_around(object.box, options.crop_margin, options.image_size);
  CutMask cut = cut_mask(object.mask, window, faults.cut, random);
  object.mask = std::move(cut.mask);
  if (!faults.cut_known) return;
  for (size_t i = 0; i < object.hidden.values.size(); ++i)
    object.hidden.values[i] |= cut.occluder.values[i];
}

// Labels' boxes take hidden parts in (KITTI's annotators guessed them), detectors' are what their
// makers trained them on; only the mask tells of a label what is visible.
void choose_box(ObjectEvidence& object, const Frame& frame, const DatasetOptions& options) {
  const bool mask_is_given = !frame.ids.empty();
  const bool is_modal = options.box_extent == "modal" ||
                        (options.box_extent == "auto" && frame.boxes_are_labels && mask_is_given);
  object.box_is_amodal = options.box_extent == "amodal";
  if (is_modal && !is_empty(object.mask)) object.box = box_of(object.mask);
}

float median_depth(const DepthMap& depth, const BinaryMask& mask) {
  std::vector<float> values;
  for (size_t i = 0; i < mask.values.size(); ++i)
    if (mask.values[i] && depth.metres.values[i] > 0) values.push_back(depth.metres.values[i]);
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

void add_faults(Evidence& evidence, const Frame& frame, const DatasetOptions& options) {
  ObjectEvidence& object = evidence.object;
  Random box_random = fault_stream(frame, object, options, " box");
  Random mask_random = fault_stream(frame, object, options, " mask");
  Random depth_random = fault_stream(frame, object, options, " depth");
  object.box = jittered_box(object.box, options.faults.box_jitter, box_random);
  const CropWindow window = crop_around(object.box, options.crop_margin, options.image_size);
  if (!frame.depth.empty() && options.faults.depth.any()) {
    evidence.faulty =
        faulty_depth(frame.depth, object.mask, window, options.faults.depth, depth_random);
    // What was read off the depth moves with it.
    const float before = median_depth(frame.depth, object.mask);
    const float after = median_depth(evidence.faulty, object.mask);
    if (before > 0 && after > 0) {
      object.locus.central *= after / before;
      object.locus.ground *= after / before;
    }
  }
  object.mask = moved_border(object.mask, window, options.faults.mask, mask_random);
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
  if (options.adds_faults) add_occluder(evidence.object, frame, options);
  choose_box(evidence.object, frame, options);
  if (options.adds_faults) add_faults(evidence, frame, options);
  const DepthMap& depth = evidence.faulty.empty() ? frame.depth : evidence.faulty;
  const Observation observation = build_observation(
      frame.evidence, depth, evidence.object, options.crop_margin, options.image_size);
  check_usable(observation, !depth.empty());
  return observation;
}

}  // namespace monodr
