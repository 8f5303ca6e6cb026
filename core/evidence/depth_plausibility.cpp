// SPDX-License-Identifier: Apache-2.0
#include "evidence/depth_plausibility.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"

namespace monodr {
namespace {

constexpr double kBorder = 2;        // px: a box that ends here may be cut off
constexpr double kLowestBox = 25;    // px: the depth of fewer pixels is a matter of luck
constexpr double kMostOff = 2.5;     // factor for the median of several objects
constexpr double kMostOffFew = 3.5;  // of one or two, which may be hidden or of another kind
constexpr size_t kFew = 3;

bool is_whole(const Box2d& box, const Camera& camera) {
  return box.left > kBorder && box.top > kBorder && box.right < camera.width - kBorder &&
         box.bottom < camera.height - kBorder && box.height() >= kLowestBox;
}

/// Whether the middle one of these ratios is off by more than a factor.
bool is_off(double below, double above, double most) {
  return below > most || above < 1 / most;
}

}  // namespace

void DepthPlausibility::add_ground(const Frame& frame) {
  constexpr double kSteepest = 0.1;    // (v - cy) / fy of the lowest row, at least: 6 degrees
  constexpr double kUpperShare = 0.6;  // of the way down from the horizon
  constexpr size_t kFewest = 100;
  const Camera& camera = frame.evidence.camera;
  const Intrinsics& k = camera.intrinsics;
  if ((camera.height - k.cy) / k.fy < kSteepest) return;
  const GroundRange& ground = frame.evidence.ground;
  const double known = (ground.highest + ground.lowest) / 2;
  std::vector<double> ratios;
  for (int y = std::max(0, int(k.cy + kUpperShare * (camera.height - k.cy))); y < camera.height;
       ++y)
    for (int x = camera.width / 4; x < camera.width * 3 / 4; ++x) {
      const double z = frame.depth.metres.at(x, y);
      const auto shows_it = [&](const DetectedObject& detected) {
        const Box2d& box = detected.object.box;
        return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
      };
      if (z > 0 && std::none_of(frame.objects.begin(), frame.objects.end(), shows_it))
        // z (v - cy) / fy = known + slope z on the road
        ratios.push_back(z * ((y + 0.5 - k.cy) / k.fy - ground.slope) / known);
    }
  if (ratios.size() < kFewest) return;
  const auto middle = ratios.begin() + std::ptrdiff_t(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  if (*middle > 0) ground_.push_back({*middle, *middle * known, known, frame.depth.file});
}

void DepthPlausibility::add(const Frame& frame) {
  const double object_height = category_.size_mean[0];
  if (frame.depth.empty()) return;
  add_ground(frame);
  if (object_height <= 0) return;
  unit_is_assumed_ |= frame.depth.unit_is_assumed;
  const Camera& camera = frame.evidence.camera;
  for (const DetectedObject& detected : frame.objects) {
    const Box2d& box = detected.object.box;
    if (!category_.includes(detected.object.category) || !is_whole(box, camera)) continue;
    std::vector<Box2d> nearer;
    for (const DetectedObject& other : frame.objects)
      if (is_in_front(other.object.box, box)) nearer.push_back(other.object.box);
    const DepthLocus locus = locate_depth(frame.depth, camera, box, nearer);
    if (!locus.known()) continue;
    const double expected = camera.intrinsics.fy * object_height / box.height();
    compared_.push_back({locus.central / expected,
                         locus.central,
                         box.height(),
                         frame.depth.file,
                         fmt::format("{}/{}", frame.evidence.frame, detected.number)});
  }
}

void DepthPlausibility::add(const DepthPlausibility& other) {
  compared_.insert(compared_.end(), other.compared_.begin(), other.compared_.end());
  ground_.insert(ground_.end(), other.ground_.begin(), other.ground_.end());
  unit_is_assumed_ |= other.unit_is_assumed_;
}

std::string DepthPlausibility::Complaint::with_file() const {
  return fmt::format("'{}': {}", file, text);
}

std::optional<DepthPlausibility::Complaint> DepthPlausibility::complaint() const {
  if (compared_.empty()) return std::nullopt;
  std::vector<Compared> sorted = compared_;
  std::sort(sorted.begin(), sorted.end(), [](const Compared& a, const Compared& b) {
    return std::tie(a.ratio, a.object) < std::tie(b.ratio, b.object);
  });
  const double most = sorted.size() < kFew ? kMostOffFew : kMostOff;
  // Of an even number the one that is less off.
  const Compared& below = sorted[(sorted.size() - 1) / 2];
  const Compared& above = sorted[sorted.size() / 2];
  if (!is_off(below.ratio, above.ratio, most)) return std::nullopt;
  const Compared& middle = below.ratio > most ? below : above;
  const std::string text = fmt::format(
      "depth does not fit the boxes: it puts object {} at {:.1f} m, whose box is {:.0f} px "
      "high, as of a {} "
      "at {:.1f} m; so half of the {} objects that can be compared are off by a factor of {:.2g} "
      "or more. {}",
      middle.object,
      middle.depth,
      middle.height,
      category_.name,
      middle.depth / middle.ratio,
      sorted.size(),
      middle.ratio > 1 ? middle.ratio : 1 / middle.ratio,
      unit_is_assumed_ ? "Its numbers were taken as metres x 256, as KITTI's; state "
                         "dataset.depth_unit (0.001 for "
                         "millimetres, 0.00390625 if they are KITTI's all the same)"
                       : "Are unit, calibration and resolution those of these pictures?");
  return Complaint{middle.file, text};
}

std::optional<DepthPlausibility::Complaint> DepthPlausibility::complaint_of_ground() const {
  if (ground_.empty() || complaint()) return std::nullopt;
  std::vector<Ground> sorted = ground_;
  std::sort(sorted.begin(), sorted.end(), [](const Ground& a, const Ground& b) {
    return std::tie(a.ratio, a.file) < std::tie(b.ratio, b.file);
  });
  const Ground& below = sorted[(sorted.size() - 1) / 2];
  const Ground& above = sorted[sorted.size() / 2];
  if (!is_off(below.ratio, above.ratio, kMostOff)) return std::nullopt;
  const Ground& middle = below.ratio > kMostOff ? below : above;
  return Complaint{
      middle.file,
      fmt::format(
          "depth does not fit the road: it puts what lies below the camera {:.2g} m under it, "
          "where {:.2g} m are expected, so in half of {} frames or more. Are the depth's unit, "
          "the calibration and the camera's height those of these pictures?",
          middle.height,
          middle.known,
          sorted.size())};
}

}  // namespace monodr
