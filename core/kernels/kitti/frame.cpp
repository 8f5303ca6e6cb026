// SPDX-License-Identifier: Apache-2.0
#include "kernels/kitti/frame.h"

#include <cinttypes>
#include <cmath>
#include <memory>

#include "kernels/overlap.h"
#include "kernels/parallel_items.h"
#include "kernels/strided.h"

namespace monodr::kitti {
namespace {

bool exists(int difficulty) {
  return difficulty >= 0 && difficulty < kDifficulties;
}

/// A line of a file after its class.
struct Object {
  double truncation, occlusion, alpha;
  ImageBox image;
  Box box;

  explicit Object(const double* n)
      : truncation(n[0]), occlusion(n[1]), alpha(n[2]), image(n + 3), box(n + 7) {}
};
constexpr int kScore = MONODR_KITTI_NUMBERS - 1;

/// Labels or detections of all frames.
struct Objects {
  const std::int64_t* first;
  const std::int32_t* role;
  ItemArray<double> numbers;

  Objects(const monodr_kitti_objects* objects, std::int64_t frames, int columns, const char* name) {
    check_pointer(objects, name);
    check_pointer(objects->first, name);
    first = objects->first;
    role = objects->role;
    for (std::int64_t f = 0; f < frames; ++f)
      if (first[f] < 0 || first[f + 1] < first[f])
        fail(MONODR_BAD_SIZE, "%s: first must not fall; it does at frame %" PRId64, name, f);
    const std::int64_t count = frames > 0 ? first[frames] : 0;
    check_size(count, std::int64_t(1) << 31, name);
    if (count == 0) return;
    check_pointer(role, name);
    check_pointer(objects->numbers.data, name);
    numbers = {objects->numbers, count, {1, 1, columns}, 1};
  }
};

std::array<double, kOverlaps> overlaps_of(const Object& detection, const Object& label) {
  const monodr_overlap solid = solid_overlap(detection.box, label.box);
  return {intersection_over_union(detection.image, label.image), solid.bev, solid.volume};
}

/// Intersection over the detection's own size. The 3-D boxes of DontCare regions are taken as the
/// file has them, because the kit does.
std::array<double, kOverlaps> shares_inside(const Object& detection, const Object& region) {
  std::array<double, kOverlaps> shares{};
  const double common = intersection(detection.image, region.image).area();
  if (common > 0) shares[MONODR_IMAGE] = common / detection.image.area();
  const Box& box = detection.box;
  const double footprint = footprint_intersection(box, region.box);
  if (footprint <= 0) return shares;
  shares[MONODR_GROUND] = footprint / (box.length * box.width);
  const double height = common_height(box, region.box);
  if (height > 0) shares[MONODR_VOLUME] = footprint * height / box.volume();
  return shares;
}

Frame::Label make_label(const Object& object, bool of_class, int may_equal) {
  Frame::Label label;
  label.alpha = object.alpha;
  for (int difficulty = 0; difficulty < kDifficulties; ++difficulty)
    label.counts[difficulty] =
        of_class &&
        monodr_kitti_counts(
            difficulty, may_equal, object.image.height(), object.occlusion, object.truncation);
  return label;
}

Frame::Detection make_detection(const Object& object,
                                double score,
                                bool of_class,
                                const std::vector<Object>& dont_care) {
  Frame::Detection detection;
  detection.score = score;
  detection.alpha = object.alpha;
  detection.height = std::abs(object.image.height());
  detection.of_class = of_class;
  if (!of_class) return detection;
  for (const Object& region : dont_care) {
    const std::array<double, kOverlaps> shares = shares_inside(object, region);
    for (int kind = 0; kind < kOverlaps; ++kind)
      detection.dont_care_share[kind] = std::max(detection.dont_care_share[kind], shares[kind]);
  }
  return detection;
}

/// Kept from frame to frame.
struct FrameScratch {
  std::vector<double> copy;
  std::vector<Object> labels, detections, dont_care;
};

Frame make_frame(const Objects& labels,
                 const Objects& detections,
                 std::int64_t number,
                 const std::array<double, kOverlaps>& least_overlap,
                 int may_equal) {
  static thread_local FrameScratch scratch;
  scratch.labels.clear();
  scratch.detections.clear();
  scratch.dont_care.clear();
  Frame frame;
  for (std::int64_t n = labels.first[number]; n < labels.first[number + 1]; ++n) {
    const std::int32_t role = labels.role[n];
    if (role == MONODR_OTHER_CLASS) continue;
    const Object object(labels.numbers.read(n, scratch.copy));
    if (role == MONODR_DONT_CARE) {
      scratch.dont_care.push_back(object);
      continue;
    }
    frame.labels.push_back(make_label(object, role == MONODR_OF_CLASS, may_equal));
    scratch.labels.push_back(object);
  }
  for (std::int64_t n = detections.first[number]; n < detections.first[number + 1]; ++n) {
    const double* numbers = detections.numbers.read(n, scratch.copy);
    const Object object(numbers);
    const bool of_class = detections.role[n] == MONODR_OF_CLASS;
    if (!of_class && !(std::abs(object.image.height()) < kLimits[MONODR_EASY].height)) continue;
    if (std::isnan(numbers[kScore]))
      fail(MONODR_NOT_FINITE, "the score of detection %" PRId64 " is NaN", n);
    frame.detections.push_back(
        make_detection(object, numbers[kScore], of_class, scratch.dont_care));
    scratch.detections.push_back(object);
  }
  for (std::size_t i = 0; i < scratch.labels.size(); ++i)
    for (std::size_t j = 0; j < scratch.detections.size(); ++j) {
      const auto overlaps = overlaps_of(scratch.detections[j], scratch.labels[i]);
      for (int kind = 0; kind < kOverlaps; ++kind)
        if (overlaps[kind] > least_overlap[kind])
          frame.pairs[kind].push_back({static_cast<int>(i), static_cast<int>(j), overlaps[kind]});
    }
  return frame;
}

void check_curve(const monodr_kitti_curve& curve, std::int64_t number) {
  const auto refuse = [&](monodr_status status, const char* what) {
    fail(status, "curve %" PRId64 ": %s", number, what);
  };
  if (curve.frames == nullptr) refuse(MONODR_NULL_POINTER, "frames is NULL");
  if (curve.overlap < 0 || curve.overlap >= kOverlaps)
    refuse(MONODR_BAD_VALUE, "overlap is none of MONODR_IMAGE, _GROUND, _VOLUME");
  if (!exists(curve.difficulty))
    refuse(MONODR_BAD_VALUE, "difficulty is none of MONODR_EASY, _MODERATE, _HARD");
  if (!(curve.minimum_overlap >= curve.frames->least_overlap[curve.overlap]))
    refuse(MONODR_BAD_VALUE, "minimum_overlap is less than the frames' least_overlap");
  if (curve.chosen == nullptr) return;
  if (curve.chosen_count < 0) refuse(MONODR_BAD_SIZE, "chosen_count is negative");
  const auto frames = static_cast<std::int64_t>(curve.frames->frames.size());
  for (std::int64_t i = 0; i < curve.chosen_count; ++i)
    if (curve.chosen[i] < 0 || curve.chosen[i] >= frames)
      refuse(MONODR_BAD_INDEX, "chosen names a frame that does not exist");
}

}  // namespace
}  // namespace monodr::kitti

using namespace monodr;

double monodr_kitti_minimum_height(int difficulty) {
  return kitti::exists(difficulty) ? kitti::kLimits[difficulty].height : 0;
}

int monodr_kitti_counts(
    int difficulty, int may_equal, double height, double occlusion, double truncation) {
  if (!kitti::exists(difficulty)) return 0;
  const kitti::Limits& limit = kitti::kLimits[difficulty];
  const bool high_enough = may_equal != 0 ? height >= limit.height : height > limit.height;
  return high_enough && occlusion <= limit.occlusion && truncation <= limit.truncation;
}

int monodr_kitti_frames_new(std::int64_t frame_count,
                            const monodr_kitti_objects* labels,
                            const monodr_kitti_objects* detections,
                            const double least_overlap[3],
                            int may_equal,
                            int threads,
                            monodr_kitti_frames** frames) {
  return guarded([&] {
    check_pointer(frames, "frames");
    *frames = nullptr;
    check_size(frame_count, std::int64_t(1) << 31, "frame_count");
    check_pointer(least_overlap, "least_overlap");
    check_threads(threads);
    const kitti::Objects label_objects(labels, frame_count, kitti::kScore, "labels");
    const kitti::Objects detection_objects(
        detections, frame_count, MONODR_KITTI_NUMBERS, "detections");
    auto made = std::make_unique<monodr_kitti_frames>();
    std::copy_n(least_overlap, kitti::kOverlaps, made->least_overlap.begin());
    made->frames.resize(frame_count);
    for_each_item_on_new_threads(frame_count, threads, [&](std::int64_t n) {
      made->frames[n] =
          kitti::make_frame(label_objects, detection_objects, n, made->least_overlap, may_equal);
    });
    *frames = made.release();
  });
}

void monodr_kitti_frames_free(monodr_kitti_frames* frames) {
  delete frames;
}

int monodr_kitti_curves(monodr_kitti_curve* curves, std::int64_t count, int threads) {
  return guarded([&] {
    check_size(count, std::int64_t(1) << 31, "count");
    if (count > 0) check_pointer(curves, "curves");
    check_threads(threads);
    for (std::int64_t n = 0; n < count; ++n) kitti::check_curve(curves[n], n);
    for_each_item_on_new_threads(
        count, threads, [&](std::int64_t n) { kitti::compute_curve(curves[n]); });
  });
}
