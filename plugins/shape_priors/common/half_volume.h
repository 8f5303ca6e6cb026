// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "geometry/sample_grid.h"

namespace monodr::shape_priors {

/// The lattice on which a mirror-symmetric body in the canonical box (geometry/mesh.h) is given by
/// signed distances: the samples with z > 0, the first of them half a spacing from the plane of
/// symmetry. The outermost samples lie half a spacing beyond the box.
///
/// `whole` is what marching cubes sees: both halves, and one more layer of samples around them that
/// count as outside, so that every surface is closed.
struct HalfVolume {
  SampleGrid half;
  SampleGrid whole;
  std::vector<std::int32_t> half_of_whole;  ///< by sample of `whole`; -1 in the layer around
  float truncation = 0;                     ///< of distances: three times the largest spacing

  std::int64_t samples() const { return static_cast<std::int64_t>(half.size()); }
};

/// `length_samples` samples along x and 3/5 as many in y and z, which is about as fine in metres on
/// a car; all rounded to multiples of 4, so that half volumes can be halved in size.
HalfVolume make_half_volume(int length_samples);

}  // namespace monodr::shape_priors
