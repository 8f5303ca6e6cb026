// SPDX-License-Identifier: Apache-2.0
#include "evaluation/candidates.h"

#include <algorithm>
#include <cmath>

#include "geometry/overlap.h"

namespace monodr {
namespace {

/// An annotation with its 2-D box in the file's pixels.
struct Item {
  const Annotation* annotation = nullptr;
  Box2d box;
};

/// By overlap kind.
std::array<double, 3> overlaps_of(const Item& detection, const Item& label) {
  const SolidOverlap solid = solid_overlap(detection.annotation->box3d, label.annotation->box3d);
  return {intersection_over_union(detection.box, label.box), solid.bev, solid.volume};
}

/// Intersection over the detection's own size. The 3-D boxes of DontCare regions are taken as the
/// file has them, because the kit does.
double share_inside(OverlapKind kind, const Item& detection, const Item& region) {
  if (kind == OverlapKind::image) {
    const Box2d common{std::max(detection.box.left, region.box.left),
                       std::max(detection.box.top, region.box.top),
                       std::min(detection.box.right, region.box.right),
                       std::min(detection.box.bottom, region.box.bottom)};
    return common.area() > 0 ? common.area() / detection.box.area() : 0;
  }
  const Box3d& a = detection.annotation->box3d;
  const Box3d& b = region.annotation->box3d;
  const double footprint = footprint_intersection(a, b);
  if (footprint <= 0) return 0;
  if (kind == OverlapKind::ground) return footprint / (a.length * a.width);
  const double top = std::max(a.location.y() - a.height, b.location.y() - b.height);
  const double common = std::min(a.location.y(), b.location.y()) - top;
  return common > 0 ? footprint * common / a.volume() : 0;
}

FrameCandidates::Label make_label(const Item& item, bool of_category, HeightRule rule) {
  FrameCandidates::Label label;
  label.alpha = item.annotation->alpha;
  for (Difficulty difficulty : difficulties)
    label.counts[static_cast<size_t>(difficulty)] =
        of_category && counts_at(*item.annotation, difficulty, rule);
  return label;
}

FrameCandidates::Detection make_detection(const Item& item,
                                          bool of_category,
                                          const std::vector<Item>& dont_care) {
  FrameCandidates::Detection detection;
  detection.score = item.annotation->score;
  detection.alpha = item.annotation->alpha;
  detection.height = std::abs(item.box.height());
  detection.same_category = of_category;
  if (of_category)
    for (OverlapKind kind : overlap_kinds)
      for (const Item& region : dont_care) {
        double& share = detection.dont_care_share[static_cast<size_t>(kind)];
        share = std::max(share, share_inside(kind, item, region));
      }
  return detection;
}

}  // namespace

FrameCandidates find_candidates(const std::vector<Annotation>& labels,
                                const std::vector<Annotation>& detections,
                                const CategoryModel& category,
                                const std::array<double, 3>& least_overlap,
                                HeightRule rule) {
  FrameCandidates frame;
  std::vector<Item> label_items, detection_items, dont_care;
  for (const Annotation& label : labels) {
    const bool of_category = category.includes(label.category);
    const Item item{&label, kitti_pixels(label.box2d)};
    if (of_category || category.is_neighbour(label.category)) {
      frame.labels.push_back(make_label(item, of_category, rule));
      label_items.push_back(item);
    } else if (same_category(label.category, "DontCare")) {
      dont_care.push_back(item);
    }
  }
  for (const Annotation& annotation : detections) {
    const Item item{&annotation, kitti_pixels(annotation.box2d)};
    const bool of_category = category.includes(annotation.category);
    const bool small = std::abs(item.box.height()) < minimum_height(Difficulty::easy);
    if (!of_category && !small) continue;
    frame.detections.push_back(make_detection(item, of_category, dont_care));
    detection_items.push_back(item);
  }
  for (size_t i = 0; i < label_items.size(); ++i)
    for (size_t j = 0; j < detection_items.size(); ++j) {
      const std::array<double, 3> overlaps = overlaps_of(detection_items[j], label_items[i]);
      for (size_t kind = 0; kind < overlaps.size(); ++kind)
        if (overlaps[kind] > least_overlap[kind])
          frame.pairs[kind].push_back({static_cast<int>(i), static_cast<int>(j), overlaps[kind]});
    }
  return frame;
}

}  // namespace monodr
