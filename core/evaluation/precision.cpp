// SPDX-License-Identifier: Apache-2.0
#include "evaluation/precision.h"

#include "base/error.h"
#include "base/parallel.h"

namespace monodr {
namespace {

void check_call(int status) {
  MONODR_CHECK(status == MONODR_OK, "{}", monodr_last_message());
}

std::int32_t role_of(const Annotation& object, const CategoryModel& category) {
  if (category.includes(object.category)) return MONODR_OF_CLASS;
  if (category.is_neighbour(object.category)) return MONODR_NEIGHBOUR;
  if (same_category(object.category, "DontCare")) return MONODR_DONT_CARE;
  return MONODR_OTHER_CLASS;
}

using Numbers = std::array<double, MONODR_KITTI_NUMBERS>;

Numbers numbers_of(const Annotation& object) {
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

/// Labels or detections of all frames as the kernels take them.
class ObjectTable {
 public:
  ObjectTable(const std::vector<FramePair>& frames,
              const std::vector<Annotation>* FramePair::*objects,
              size_t classes) {
    for (const FramePair& frame : frames)
      first_.push_back(first_.back() + static_cast<std::int64_t>((frame.*objects)->size()));
    numbers_ = std::make_unique_for_overwrite<Numbers[]>(first_.back());
    roles_.assign(classes, std::vector<std::int32_t>(first_.back()));
  }
  void fill(size_t frame,
            const std::vector<Annotation>& objects,
            const std::vector<EvaluatedClass>& classes) {
    std::int64_t row = first_[frame];
    for (const Annotation& object : objects) {
      for (size_t n = 0; n < classes.size(); ++n)
        roles_[n][row] = role_of(object, classes[n].category);
      numbers_[row++] = numbers_of(object);
    }
  }
  monodr_kitti_objects of_class(size_t n) {
    return {first_.data(), roles_[n].data(), {numbers_.get(), {MONODR_KITTI_NUMBERS, 1}}};
  }

 private:
  std::vector<std::int64_t> first_{0};
  std::unique_ptr<Numbers[]> numbers_;
  std::vector<std::vector<std::int32_t>> roles_;  ///< by class
};

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

std::vector<ClassFrames> prepare_frames(const std::vector<FramePair>& frames,
                                        const std::vector<EvaluatedClass>& classes,
                                        HeightRule rule,
                                        int threads) {
  ObjectTable labels(frames, &FramePair::labels, classes.size());
  ObjectTable detections(frames, &FramePair::detections, classes.size());
  parallel_for(frames.size(), threads, [&](size_t frame) {
    labels.fill(frame, *frames[frame].labels, classes);
    detections.fill(frame, *frames[frame].detections, classes);
  });
  std::vector<ClassFrames> prepared;
  for (size_t n = 0; n < classes.size(); ++n) {
    const monodr_kitti_objects of_labels = labels.of_class(n), found = detections.of_class(n);
    monodr_kitti_frames* made = nullptr;
    check_call(monodr_kitti_frames_new(static_cast<std::int64_t>(frames.size()),
                                       &of_labels,
                                       &found,
                                       classes[n].least_overlap.data(),
                                       rule == HeightRule::may_equal,
                                       threads,
                                       &made));
    prepared.emplace_back(made);
  }
  return prepared;
}

std::string precision_name(OverlapKind kind) {
  switch (kind) {
    case OverlapKind::image:
      return "2d";
    case OverlapKind::ground:
      return "bev";
    case OverlapKind::volume:
      return "3d";
  }
  MONODR_CHECK(false, "an overlap of no kind");
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
