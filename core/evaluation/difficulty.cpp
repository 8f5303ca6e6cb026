// SPDX-License-Identifier: Apache-2.0
#include "evaluation/difficulty.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/error.h"
#include "kernels/monodr_kernels.h"

namespace monodr {
namespace {

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
  return monodr_kitti_minimum_height(static_cast<int>(difficulty));
}

bool counts_at(const Annotation& label, Difficulty difficulty, HeightRule rule) {
  return monodr_kitti_counts(static_cast<int>(difficulty),
                             rule == HeightRule::may_equal,
                             kitti_pixels(label.box2d).height(),
                             label.occlusion,
                             label.truncation) != 0;
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
