// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>

namespace monodr {

/// A regular lattice of sample points in space, as many along each axis as it likes:
///
///     point(i, j, k) = low + (i, j, k) * spacing,  at index (i * counts[1] + j) * counts[2] + k
struct SampleGrid {
  Eigen::Vector3f low = Eigen::Vector3f::Zero();
  Eigen::Vector3f spacing = Eigen::Vector3f::Ones();
  std::array<int, 3> counts{0, 0, 0};

  size_t size() const { return static_cast<size_t>(counts[0]) * counts[1] * counts[2]; }
  size_t index(int i, int j, int k) const {
    return (static_cast<size_t>(i) * counts[1] + j) * counts[2] + k;
  }
  /// Coordinate of the samples number `i` along `axis`.
  float coordinate(int axis, int i) const {
    return low[axis] + static_cast<float>(i) * spacing[axis];
  }
  Eigen::Vector3f point(int i, int j, int k) const {
    return {coordinate(0, i), coordinate(1, j), coordinate(2, k)};
  }
};

/// The centres of counts[0] x counts[1] x counts[2] equal cells that fill the box.
inline SampleGrid cell_centres(const Eigen::Vector3f& low,
                               const Eigen::Vector3f& high,
                               const std::array<int, 3>& counts) {
  SampleGrid grid;
  grid.counts = counts;
  for (int axis = 0; axis < 3; ++axis)
    grid.spacing[axis] = (high[axis] - low[axis]) / static_cast<float>(counts[axis]);
  grid.low = low + grid.spacing / 2;
  return grid;
}

}  // namespace monodr
