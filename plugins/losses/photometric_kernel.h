// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace monodr {

/// Constants of the photometric loss; photometric.cpp gives the formulas.
struct PhotometricParameters {
  double intensity_scale = 0.15;  ///< where Charbonnier turns from square to absolute
  double weight_intensity = 0.3;  ///< of the Charbonnier term
  double weight_structure = 0.5;  ///< of 1 - mean structure
  double structure_floor = 0.03;  ///< standard deviation below which contrast counts as noise
  double gain_minimum = 0.6, gain_maximum = 1.6;
};

/// One hypothesis beside its observation; images are side x side, row-major, colour planes apart.
template <typename T>
struct PhotometricView {
  int side;
  const T* rendered;  ///< [3,S,S]
  const T* hit;       ///< [S,S] rendered depth: > 0 where the surface was hit
  const T* observed;  ///< [3,S,S]
  const T* mask;      ///< [S,S]
  const T* known;     ///< [S,S]
};

constexpr int kStructureWindow = 7, kStructureStride = 3;

/// Numbers that `photometric_loss` leaves for the gradient.
std::int64_t photometric_state(int side);

template <typename T>
T photometric_loss(const PhotometricParameters& options, const PhotometricView<T>& view, T* state);

/// out [3,S,S] = scale * d loss / d rendered, exact: the fitted brightness is differentiated too.
template <typename T>
void photometric_gradient(const PhotometricParameters& options,
                          const PhotometricView<T>& view,
                          const T* state,
                          T scale,
                          T* out);

}  // namespace monodr
