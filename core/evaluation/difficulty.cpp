// SPDX-License-Identifier: Apache-2.0
#include "evaluation/difficulty.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/error.h"

namespace monodr {
namespace {

struct Limits {
  double height;
  int occlusion;
  double truncation;
};
constexpr Limits limits[] = {{40, 0, 0.15}, {25, 1, 0.30}, {25, 2, 0.50}};

const Limits& limits_of(Difficulty difficulty) {
  return limits[static_cast<int>(difficulty)];
}

double kitti_pixel(double value) {
  const double shifted = value - 0.5;
  // Files carry two to four decimals; dividing a whole number by 1e4 gives the double nearest to
  // such a decimal, which is what reading it gave before the half pixel was added.
  const double rounded = std::round(shifted * 1e4) / 1e4;
  return std::abs(rounded - shifted) < 1e-9 ? rounded : shifted;
}

}  // namespace

std::string_view to_string(Difficulty difficulty) {
  constexpr std::string_view names[] = {"easy", "moderate", "hard"};
  return names[static_cast<int>(difficulty)];
}

Difficulty difficulty_named(std::string_view name) {
  for (const Difficulty difficulty : difficulties)
    if (to_string(difficulty) == name) return difficulty;
  throw UserError(fmt::format("'{}' is no difficulty: easy, moderate or hard", name));
}

double minimum_height(Difficulty difficulty) {
  return limits_of(difficulty).height;
}

bool counts_at(const Annotation& label, Difficulty difficulty, HeightRule rule) {
  const Limits& limit = limits_of(difficulty);
  const double height = kitti_pixels(label.box2d).height();
  const bool high_enough =
      rule == HeightRule::must_exceed ? height > limit.height : height >= limit.height;
  return high_enough && label.occlusion <= limit.occlusion && label.truncation <= limit.truncation;
}

std::optional<Difficulty> easiest_difficulty(const Annotation& label) {
  for (Difficulty difficulty : difficulties)
    if (counts_at(label, difficulty)) return difficulty;
  return std::nullopt;
}

Box2d kitti_pixels(const Box2d& box) {
  return {
      kitti_pixel(box.left), kitti_pixel(box.top), kitti_pixel(box.right), kitti_pixel(box.bottom)};
}

}  // namespace monodr
