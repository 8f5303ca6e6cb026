// SPDX-License-Identifier: Apache-2.0
#include "half_volume.h"

#include <algorithm>

namespace monodr::shape_priors {

HalfVolume make_half_volume(int length_samples) {
  const int along = std::max(8, 4 * ((length_samples + 3) / 4));
  const int across = std::max(8, 4 * ((3 * along / 5 + 2) / 4));
  HalfVolume volume;
  volume.whole.counts = {along + 2, across + 2, across + 2};
  for (int axis = 0; axis < 3; ++axis) {
    const auto count = static_cast<float>(volume.whole.counts[axis]);
    volume.whole.spacing[axis] = 1 / (count - 4);
    volume.whole.low[axis] = -(count - 1) / 2 * volume.whole.spacing[axis];
  }
  volume.truncation = 3 * volume.whole.spacing.maxCoeff();

  volume.half = volume.whole;
  volume.half.counts = {along, across, across / 2};
  volume.half.low += volume.whole.spacing;
  volume.half.low.z() = volume.whole.spacing.z() / 2;
  volume.half_of_whole.reserve(volume.whole.size());
  const auto& counts = volume.whole.counts;
  for (int i = 0; i < counts[0]; ++i)
    for (int j = 0; j < counts[1]; ++j)
      for (int k = 0; k < counts[2]; ++k) {
        const bool around = std::min({i, j, k}) == 0 || i == counts[0] - 1 || j == counts[1] - 1 ||
                            k == counts[2] - 1;
        const int middle = counts[2] / 2, from_middle = k >= middle ? k - middle : middle - 1 - k;
        volume.half_of_whole.push_back(
            around ? -1 : static_cast<std::int32_t>(volume.half.index(i - 1, j - 1, from_middle)));
      }
  return volume;
}

}  // namespace monodr::shape_priors
