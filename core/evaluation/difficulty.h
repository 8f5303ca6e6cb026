// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "geometry/annotation.h"
#include "settings/category.h"
#include "settings/pipeline.h"

namespace monodr {

/// Difficulty (settings/pipeline.h): which labels count. All others of the class neither help nor harm.
///
///                 2-D height   occlusion   truncation
///     easy        > 40 px      0           <= 0.15
///     moderate    > 25 px      <= 1        <= 0.30
///     hard        > 25 px      <= 2        <= 0.50
inline constexpr std::array<Difficulty, 3> difficulties = {
    Difficulty::easy, Difficulty::moderate, Difficulty::hard};

/// A label of exactly the minimum height: the official kit of today leaves it out, the kit of 2017
/// (and evaluators derived from it) counts it.
enum class HeightRule { must_exceed, may_equal };

/// "easy", "moderate", "hard".
std::string_view to_string(Difficulty difficulty);
/// The inverse. UserError for another word.
Difficulty difficulty_named(std::string_view name);

/// 40, 25, 25 pixels.
double minimum_height(Difficulty difficulty);

/// Height, truncation and occlusion only; the class is the caller's business.
bool counts_at(const Annotation& label,
               Difficulty difficulty,
               HeightRule rule = HeightRule::must_exceed);

/// The easiest difficulty at which the label counts, if any. A label that counts at one difficulty
/// counts at all harder ones.
std::optional<Difficulty> easiest_difficulty(const Annotation& label);

/// The 2-D box in the pixels of KITTI's file (half a pixel less), to the very bits that the file's
/// decimals stand for: labels of exactly 25.00 or 40.00 px occur, and whether bottom - top exceeds
/// the minimum then hangs on the last bit.
Box2d kitti_pixels(const Box2d& box);

}  // namespace monodr
