// SPDX-License-Identifier: Apache-2.0
#include "naive_protocol.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "geometry/overlap.h"

namespace monodr {
namespace {

const double least_height[] = {40, 25, 25};
const int most_occluded[] = {0, 1, 2};
const double most_truncated[] = {0.15, 0.3, 0.5};

enum class Role { counts, ignored, foreign };

Role role_of_label(const Annotation& label, const std::string& category, int difficulty) {
  const bool neighbour = (category == "Car" && label.category == "Van") ||
                         (category == "Pedestrian" && label.category == "Person_sitting");
  if (neighbour) return Role::ignored;
  if (label.category != category) return Role::foreign;
  const bool too_hard = label.occlusion > most_occluded[difficulty] ||
                        label.truncation > most_truncated[difficulty] ||
                        label.box2d.bottom - label.box2d.top <= least_height[difficulty];
  return too_hard ? Role::ignored : Role::counts;
}

Role role_of_detection(const Annotation& detection, const std::string& category, int difficulty) {
  if (std::abs(detection.box2d.bottom - detection.box2d.top) < least_height[difficulty])
    return Role::ignored;
  return detection.category == category ? Role::counts : Role::foreign;
}

double overlap(int metric, const Annotation& detection, const Annotation& label) {
  if (metric == 0) return intersection_over_union(detection.box2d, label.box2d);
  if (metric == 1) return bev_overlap(detection.box3d, label.box3d);
  return volume_overlap(detection.box3d, label.box3d);
}

/// Share of the detection within the region; the regions of these tests have no 3-D box, so that
/// there is such a share in the image only.
double share_within(int metric, const Annotation& detection, const Annotation& region) {
  if (metric != 0) return 0;
  const double width = std::min(detection.box2d.right, region.box2d.right) -
                       std::max(detection.box2d.left, region.box2d.left);
  const double height = std::min(detection.box2d.bottom, region.box2d.bottom) -
                        std::max(detection.box2d.top, region.box2d.top);
  return width <= 0 || height <= 0 ? 0 : width * height / detection.box2d.area();
}

struct Counts {
  int true_positives = 0, false_positives = 0, misses = 0;
  double similarity = 0;
  std::vector<double> scores;
};

struct Setting {
  std::string category;
  int metric, difficulty;
  double minimum_overlap;
};

/// One frame. `threshold` null: the pass that collects scores.
Counts count_frame(const std::vector<Annotation>& labels,
                   const std::vector<Annotation>& detections,
                   const Setting& s,
                   const double* threshold) {
  std::vector<Role> role;
  std::vector<bool> assigned(detections.size(), false), below(detections.size(), false);
  for (size_t j = 0; j < detections.size(); ++j) {
    role.push_back(role_of_detection(detections[j], s.category, s.difficulty));
    if (threshold != nullptr && detections[j].score < *threshold) below[j] = true;
  }
  Counts counts;
  for (const Annotation& label : labels) {
    const Role label_role = role_of_label(label, s.category, s.difficulty);
    if (label_role == Role::foreign) continue;
    int chosen = -1;
    double best_score = -1e7, best_overlap = 0;
    bool chosen_is_ignored = false;
    for (int j = 0; j < static_cast<int>(detections.size()); ++j) {
      if (role[j] == Role::foreign || assigned[j] || below[j]) continue;
      const double o = overlap(s.metric, detections[j], label);
      if (!(o > s.minimum_overlap)) continue;
      if (threshold == nullptr) {
        if (detections[j].score > best_score) {
          best_score = detections[j].score;
          chosen = j;
        }
      } else if (role[j] == Role::counts && (o > best_overlap || chosen_is_ignored)) {
        best_overlap = o;
        chosen = j;
        chosen_is_ignored = false;
      } else if (role[j] == Role::ignored && chosen < 0) {
        chosen = j;
        chosen_is_ignored = true;
      }
    }
    if (chosen < 0) {
      if (label_role == Role::counts) ++counts.misses;
      continue;
    }
    assigned[chosen] = true;
    if (label_role == Role::ignored || role[chosen] == Role::ignored) continue;
    ++counts.true_positives;
    counts.scores.push_back(detections[chosen].score);
    counts.similarity += (1 + std::cos(label.alpha - detections[chosen].alpha)) / 2;
  }
  if (threshold == nullptr) return counts;
  for (size_t j = 0; j < detections.size(); ++j)
    if (!assigned[j] && role[j] == Role::counts && !below[j]) ++counts.false_positives;
  for (const Annotation& region : labels) {
    if (region.category != "DontCare") continue;
    for (size_t j = 0; j < detections.size(); ++j) {
      if (assigned[j] || role[j] != Role::counts || below[j]) continue;
      if (share_within(s.metric, detections[j], region) > s.minimum_overlap) {
        assigned[j] = true;
        --counts.false_positives;
      }
    }
  }
  return counts;
}

std::vector<double> sample_thresholds(std::vector<double> scores, int labels) {
  std::sort(scores.begin(), scores.end(), std::greater<double>());
  std::vector<double> result;
  double current = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const double left = double(i + 1) / labels;
    const double right = i + 1 < scores.size() ? double(i + 2) / labels : left;
    if (right - current < current - left && i + 1 < scores.size()) continue;
    result.push_back(scores[i]);
    current += 1 / 40.0;
  }
  return result;
}

}  // namespace

NaiveResult naive_evaluation(const std::vector<FrameAnnotations>& labels,
                             const std::vector<FrameAnnotations>& detections,
                             const std::string& category,
                             int metric,
                             int difficulty,
                             double minimum_overlap) {
  const Setting setting{category, metric, difficulty, minimum_overlap};
  NaiveResult result;
  std::vector<double> scores;
  for (size_t i = 0; i < labels.size(); ++i) {
    for (const Annotation& label : labels[i].objects)
      if (role_of_label(label, category, difficulty) == Role::counts) ++result.labels;
    const Counts counts = count_frame(labels[i].objects, detections[i].objects, setting, nullptr);
    scores.insert(scores.end(), counts.scores.begin(), counts.scores.end());
  }
  const std::vector<double> thresholds = sample_thresholds(scores, result.labels);
  std::vector<double> precision(41, 0), orientation(41, 0);
  for (size_t t = 0; t < thresholds.size(); ++t) {
    int true_positives = 0, false_positives = 0;
    double similarity = 0;
    for (size_t i = 0; i < labels.size(); ++i) {
      const Counts counts =
          count_frame(labels[i].objects, detections[i].objects, setting, &thresholds[t]);
      true_positives += counts.true_positives;
      false_positives += counts.false_positives;
      similarity += counts.similarity;
    }
    if (true_positives + false_positives == 0) continue;
    precision[t] = double(true_positives) / (true_positives + false_positives);
    orientation[t] = similarity / (true_positives + false_positives);
  }
  for (size_t t = 0; t < thresholds.size(); ++t) {
    precision[t] = *std::max_element(precision.begin() + t, precision.end());
    orientation[t] = *std::max_element(orientation.begin() + t, orientation.end());
  }
  for (int i = 0; i <= 40; ++i) {
    if (i % 4 == 0) result.ap11 += precision[i] / 11 * 100;
    if (i % 4 == 0) result.aos11 += orientation[i] / 11 * 100;
    if (i > 0) result.ap40 += precision[i] / 40 * 100;
    if (i > 0) result.aos40 += orientation[i] / 40 * 100;
  }
  return result;
}

}  // namespace monodr
