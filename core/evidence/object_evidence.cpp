// SPDX-License-Identifier: Apache-2.0
#include "evidence/object_evidence.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "evidence/faults.h"
#include "evidence/mask_cache.h"

namespace monodr {
namespace {

constexpr int kFewestDepthPixels = 3;   // of the crop; fewer may all be strays
constexpr double kLostMask = 0.15;      // of the box: what GrabCut left is no object any more
constexpr double kSmallestMask = 0.01;  // of the crop's pixels

bool stands_nearer(const Instance& other, const Instance& own) {
  if (other.depth > 0 && own.depth > 0) return other.depth < own.depth;
  return is_in_front(other.box, own.box);
}

// Where the depth is dense each pixel tells for itself whether it is nearer: one instance may stand
// for several things without a label.
BinaryMask hidden_by_instances(const Frame& frame, const Instance& own) {
  const bool by_pixel = !frame.depth.empty() && !frame.depth.is_sparse && own.depth > 0;
  BinaryMask hidden(own.mask.width, own.mask.height);
  for (const Instance& other : *frame.instances) {
    if (&other == &own) continue;
    const bool is_nearer = stands_nearer(other, own);
    for (int y = int(other.box.top); y < int(other.box.bottom); ++y)
      for (int x = int(other.box.left); x < int(other.box.right); ++x) {
        if (!other.mask.at(x, y)) continue;
        const float z = by_pixel ? frame.depth.metres.at(x, y) : 0;
        if (z > 0 ? z < own.depth : is_nearer) hidden.at(x, y) = 1;
      }
  }
  return hidden;
}

void fill(BinaryMask& mask, const Box2d& box, std::uint8_t value = 1) {
  const Box2d area = box.clipped_to(mask.width, mask.height);
  for (int y = int(area.top + 0.5); y < int(area.bottom + 0.5); ++y)
    for (int x = int(area.left + 0.5); x < int(area.right + 0.5); ++x) mask.at(x, y) = value;
}

struct Evidence {
  ObjectEvidence object;
  DepthMap faulty;  // empty = the frame's own depth
};

void take_instance(ObjectEvidence& object,
                   const Frame& frame,
                   const DetectedObject& detected,
                   bool is_networks) {
  if (detected.instance < 0)
    throw UnusableObject(
        frame.boxes_are_labels
            ? fmt::format("no mask shows the object of label {} (counted from 0)", detected.number)
        : is_networks
            ? "the detector gives no mask for it (dataset.missing_mask = \"grabcut\" cuts one)"
            : "no mask overlaps the box by half");
  const Instance& instance = frame.instances->at(size_t(detected.instance));
  object.mask = instance.mask;
  object.hidden = hidden_by_instances(frame, instance);
  for (size_t i = 0; i < frame.contested.values.size(); ++i)
    object.hidden.values[i] |= frame.contested.values[i];
  if (instance.depth > 0)
    object.locus = locus_at(
        instance.depth, frame.depth, frame.evidence.camera, instance.box, frame.evidence.ground);
}

double area_of(const BinaryMask& mask) {
  return double(std::count(mask.values.begin(), mask.values.end(), std::uint8_t(1)));
}

// Where colours did not part the object from what is around it: a car fills most of its box.
void take_box_as_mask(ObjectEvidence& object, const std::vector<Box2d>& nearer) {
  fill(object.mask, object.box, 1);
  for (const Box2d& other : nearer) fill(object.mask, other, 0);
}

std::string key_of(const Frame& frame, const Box2d& box, const std::vector<Box2d>& nearer) {
  std::string text = fmt::format("grabcut {} {}", grabcut_version, frame.digest);
  const auto add = [&](const Box2d& b) {
    text += fmt::format(" {} {} {} {}", b.left, b.top, b.right, b.bottom);
  };
  add(box);
  for (const Box2d& other : nearer) add(other);
  return sha256(text).substr(0, 32);
}

void take_grabcut(ObjectEvidence& object,
                  const Frame& frame,
                  const DetectedObject& detected,
                  const MaskCache& cache) {
  const Camera& camera = frame.evidence.camera;
  std::vector<Box2d> nearer;
  for (const DetectedObject& other : frame.objects)
    if (other.number != detected.number && is_in_front(other.object.box, object.box))
      nearer.push_back(other.object.box);
  object.locus = locate_depth(frame.depth, camera, object.box, nearer, frame.evidence.ground);
  const std::string key = cache.is_on() ? key_of(frame, object.box, nearer) : "";
  if (auto kept = cache.find(key)) {
    object.mask = std::move(*kept);
  } else {
    try {
      object.mask =
          grabcut_mask(frame.evidence.image, object.box, nearer, frame.depth, camera, object.locus);
    } catch (const cv::Exception&) {  // its words are of the library's insides
      throw UnusableObject("no mask can be cut from the picture within its 2-D box");
    }
    cache.store(key, object.mask);
  }
  object.hidden = depth_occluders(object.box, frame.depth, camera, object.locus);
  for (const Box2d& box : nearer) fill(object.hidden, box);
  if (area_of(object.mask) < kLostMask * object.box.area()) take_box_as_mask(object, nearer);
}

Random fault_stream(const Frame& frame,
                    const ObjectEvidence& object,
                    const DatasetRequest& options,
                    const char* purpose) {
  return Random(options.seed, frame.evidence.frame + purpose, std::uint64_t(object.number));
}

// Comes before the box: that of a modal source ends where the occluder begins.
void add_occluder(ObjectEvidence& object, const Frame& frame, const DatasetRequest& options) {
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
void choose_box(ObjectEvidence& object, const Frame& frame, const DatasetRequest& options) {
  object.box_is_amodal = options.box_extent == BoxExtent::amodal;
  if (!boxes_are_modal(frame, options)) return;
  const Box2d seen = box_around(object.mask);
  if (seen.area() > 0) object.box = seen;
}

/// What of the error of depth a track keeps: one number of deviation 1 for all its frames.
std::optional<double> error_of_track(const Frame& frame,
                                     const DetectedObject& detected,
                                     const DatasetRequest& options) {
  if (!frame.moment || detected.track.empty()) return std::nullopt;
  const std::string stream =
      fmt::format("{} track {} depth", frame.moment->sequence, detected.track);
  return Random(options.seed, stream, 0).normal(0, 1);
}

void add_faults(Evidence& evidence,
                const Frame& frame,
                const DetectedObject& detected,
                const DatasetRequest& options) {
  ObjectEvidence& object = evidence.object;
  Random box_random = fault_stream(frame, object, options, " box");
  Random mask_random = fault_stream(frame, object, options, " mask");
  Random depth_random = fault_stream(frame, object, options, " depth");
  object.box = jittered_box(object.box, options.faults.box_jitter, box_random);
  const CropWindow window = crop_around(object.box, options.crop_margin, options.image_size);
  if (!frame.depth.empty() && options.faults.depth.any()) {
    evidence.faulty = faulty_depth(frame.depth,
                                   object.mask,
                                   window,
                                   options.faults.depth,
                                   depth_random,
                                   error_of_track(frame, detected, options));
    // What was read off the depth moves with it.
    const double before = depth_under(frame.depth, object.mask);
    const double after = depth_under(evidence.faulty, object.mask);
    if (before > 0 && after > 0) {
      object.locus.central *= after / before;
      object.locus.ground *= after / before;
    }
  }
  object.mask = moved_border(object.mask, window, options.faults.mask, mask_random);
}

void check_usable(const Observation& observation) {
  double covered = 0;
  for (const float share : observation.mask) covered += share;
  if (covered < kSmallestMask * double(observation.mask.size()))
    throw UnusableObject(
        fmt::format("its mask is (nearly) empty: {:.1f} pixels of the crop", covered));
}

// A far or dark car may send back no LiDAR point, and stereo finds none on a smooth one. It is
// fitted from its box, its mask and the size of its class, like an object of a frame without depth.
void drop_scant_depth(Observation& observation) {
  const auto count = std::count_if(
      observation.depth.begin(), observation.depth.end(), [](float z) { return z > 0; });
  if (count >= kFewestDepthPixels) return;
  std::fill(observation.depth.begin(), observation.depth.end(), 0.0f);
}

}  // namespace

ObjectEvidence gather_evidence(const Frame& frame,
                               const DetectedObject& detected,
                               const DatasetRequest& options) {
  ObjectEvidence object;
  object.number = detected.number;
  object.category = detected.object.category;
  object.score = detected.object.score;
  object.box = detected.object.box;
  const bool is_networks = options.masks == MaskKind::network;
  const bool is_cut = !frame.instances || (is_networks && detected.instance < 0 &&
                                           options.missing_mask == MissingMask::grabcut);
  if (!is_cut)
    take_instance(object, frame, detected, is_networks);
  else
    take_grabcut(object, frame, detected, MaskCache(options.mask_cache));
  return object;
}

bool boxes_are_modal(const Frame& frame, const DatasetRequest& options) {
  const bool mask_is_given = frame.instances.has_value();
  return options.box_extent == BoxExtent::modal ||
         (options.box_extent == BoxExtent::automatic && frame.boxes_are_labels && mask_is_given);
}

bool boxes_are_whole(const Frame& frame, const DatasetRequest& options) {
  if (options.box_extent == BoxExtent::amodal) return true;
  return frame.boxes_are_labels && !boxes_are_modal(frame, options);
}

Observation observe(const Frame& frame,
                    const DetectedObject& detected,
                    const DatasetRequest& options) {
  const double height = detected.object.box.height();
  const double lowest = options.lowest_box(frame.boxes_are_labels);
  if (height < lowest)
    throw UnusableObject(
        fmt::format("its 2-D box is {:.1f} px high, dataset.minimum_height is {}", height, lowest));
  Evidence evidence{gather_evidence(frame, detected, options), {}};
  if (options.adds_faults()) add_occluder(evidence.object, frame, options);
  choose_box(evidence.object, frame, options);
  if (options.adds_faults()) add_faults(evidence, frame, detected, options);
  const DepthMap& depth = evidence.faulty.empty() ? frame.depth : evidence.faulty;
  Observation observation = build_observation(
      frame.evidence, depth, evidence.object, options.crop_margin, options.image_size);
  check_usable(observation);
  drop_scant_depth(observation);
  return observation;
}

}  // namespace monodr
