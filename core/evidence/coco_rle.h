// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/image.h"

namespace monodr {

/// Masks as COCO writes them (Lin et al. 2014, "Microsoft COCO: Common Objects in Context").

/// Run lengths: column after column from the left, each from top to bottom, first the pixels that
/// are 0 (there may be none of them), then those that are 1, and so on in turn.
/// UserError unless they add up to width x height.
BinaryMask mask_of_runs(const std::vector<std::int64_t>& runs, int width, int height);

/// COCO's text of run lengths: from the fourth on the difference to the run before the last is
/// written instead of the run; each number in groups of five bits, the lowest first, one character
/// a group: code 48 + group + 32 if more follow; the highest bit of the last group is the sign.
/// UserError for characters that are not of it and for a number that never ends.
std::vector<std::int64_t> runs_of_text(std::string_view text);

/// The other way round.
std::vector<std::int64_t> runs_of_mask(const BinaryMask& mask);
std::string text_of_runs(const std::vector<std::int64_t>& runs);

/// Union of polygons, each x0 y0 x1 y1 ... in pixels (0 = the image's border): pixels whose centre
/// lies inside, by the even-odd rule for each polygon. COCO's own program moves vertices to a grid
/// of fifths of a pixel, so that single pixels on the border may differ. UserError for a polygon of
/// fewer than three points or an odd number of coordinates.
BinaryMask mask_of_polygons(const std::vector<std::vector<double>>& polygons,
                            int width,
                            int height);

}  // namespace monodr
