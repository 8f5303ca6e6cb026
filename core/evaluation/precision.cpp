// SPDX-License-Identifier: Apache-2.0
#include "evaluation/precision.h"

#include "base/error.h"
#include "base/parallel.h"

namespace monodr {
namespace {

void check_call(int status) {
  MONODR_CHECK(status == MONODR_OK, "{}", monodr_last_message());
}

bool is_neighbour(const std::string& category, const std::string& label) {
  return (same_category(category, "Car") && same_category(label, "Van")) ||
         (same_category(category, "Pedestrian") && same_category(label, "Person_sitting"));
}

std::int32_t role_of(const Annotation& object, const std::string& category) {
  if (same_category(object.category, category)) return MONODR_OF_CLASS;
  if (is_neighbour(category, object.category)) return MONODR_NEIGHBOUR;
  if (same_category(object.category, "DontCare")) return MONODR_DONT_CARE;
  return MONODR_OTHER_CLASS;
}

std::array<double, MONODR_KITTI_NUMBERS> numbers_of(const Annotation& object) {
  const Box2d image = kitti_pixels(object.box2d);
  const Box3d& box = object.box3d;
  return {object.truncation,
          static_cast<double>(object.occlusion),
          object.alpha,
          image.left,
          image.top,
          image.right,
          image.bottom,
          box.height,
          box.width,
          box.length,
          box.location.x(),
          box.location.y(),
          box.location.z(),
          box.rotation_y,
          object.score};
}

/// `chosen`: numbers of frames; null for all.
PrecisionCurve curve_of(const monodr_kitti_frames* frames,
                        const std::vector<std::int64_t>* chosen,
                        OverlapKind kind,
                        Difficulty difficulty,
                        double minimum_overlap) {
  static constexpr std::int64_t kNone = 0;  // an empty vector may point to nothing
  monodr_kitti_curve curve{};
  curve.frames = frames;
  if (chosen != nullptr) {
    curve.chosen = chosen->empty() ? &kNone : chosen->data();
    curve.chosen_count = static_cast<std::int64_t>(chosen->size());
  }
  curve.overlap = static_cast<std::int32_t>(kind);
  curve.difficulty = static_cast<std::int32_t>(difficulty);
  curve.minimum_overlap = minimum_overlap;
  check_call(monodr_kitti_curves(&curve, 1, 1));
  PrecisionCurve result;
  std::copy_n(curve.precision, recall_samples, result.precision.begin());
  std::copy_n(curve.similarity, recall_samples, result.similarity.begin());
  result.labels = static_cast<int>(curve.labels);
  return result;
}

}  // namespace

FrameTable::FrameTable(std::vector<FramePair> frames, int threads) : frames_(std::move(frames)) {
  const auto fill = [&](Objects& table, const std::vector<Annotation>* FramePair::*objects) {
    for (const FramePair& frame : frames_)
      table.first.push_back(table.first.back() +
                            static_cast<std::int64_t>((frame.*objects)->size()));
    table.numbers.resize(table.first.back());
    parallel_for(frames_.size(), threads, [&](size_t n) {
      std::int64_t row = table.first[n];
      for (const Annotation& object : *(frames_[n].*objects))
        table.numbers[row++] = numbers_of(object);
    });
  };
  fill(labels_, &FramePair::labels);
  fill(detections_, &FramePair::detections);
}

ClassFrames::ClassFrames(const FrameTable& table,
                         const std::string& category,
                         const std::array<double, 3>& least_overlap,
                         HeightRule rule,
                         int threads)
    : frames_(nullptr, monodr_kitti_frames_free) {
  std::vector<std::int32_t> label_roles(table.labels_.numbers.size());
  std::vector<std::int32_t> detection_roles(table.detections_.numbers.size());
  parallel_for(table.frames_.size(), threads, [&](size_t n) {
    const FramePair& frame = table.frames_[n];
    std::int64_t label = table.labels_.first[n], detection = table.detections_.first[n];
    for (const Annotation& object : *frame.labels) label_roles[label++] = role_of(object, category);
    for (const Annotation& object : *frame.detections)
      detection_roles[detection++] = role_of(object, category);
  });
  const auto view = [](const FrameTable::Objects& objects, const std::vector<std::int32_t>& roles) {
    void* numbers = const_cast<double*>(objects.numbers.data()->data());
    return monodr_kitti_objects{
        objects.first.data(), roles.data(), {numbers, {MONODR_KITTI_NUMBERS, 1}}};
  };
  const monodr_kitti_objects labels = view(table.labels_, label_roles);
  const monodr_kitti_objects detections = view(table.detections_, detection_roles);
  monodr_kitti_frames* made = nullptr;
  check_call(monodr_kitti_frames_new(static_cast<std::int64_t>(table.frames_.size()),
                                     &labels,
                                     &detections,
                                     least_overlap.data(),
                                     rule == HeightRule::may_equal,
                                     threads,
                                     &made));
  frames_.reset(made);
}

PrecisionCurve ClassFrames::curve(OverlapKind kind,
                                  Difficulty difficulty,
                                  double minimum_overlap) const {
  return curve_of(frames_.get(), nullptr, kind, difficulty, minimum_overlap);
}

PrecisionCurve ClassFrames::curve(const std::vector<std::int64_t>& chosen,
                                  OverlapKind kind,
                                  Difficulty difficulty,
                                  double minimum_overlap) const {
  return curve_of(frames_.get(), &chosen, kind, difficulty, minimum_overlap);
}

double average_precision(const std::array<double, recall_samples>& samples, int recall_positions) {
  double percent = 0;
  check_call(monodr_kitti_average_precision(samples.data(), recall_positions, &percent));
  return percent;
}

std::vector<double> recall_thresholds(const std::vector<double>& scores, int label_count) {
  std::vector<double> thresholds(recall_samples);
  int count = 0;
  check_call(monodr_kitti_recall_thresholds(scores.data(),
                                            static_cast<std::int64_t>(scores.size()),
                                            label_count,
                                            thresholds.data(),
                                            &count));
  thresholds.resize(count);
  return thresholds;
}

}  // namespace monodr
