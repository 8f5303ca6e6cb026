// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "common/network.h"

namespace monodr::tsdf_autoencoder {

/// Sizes of a small 3-D convolutional auto-encoder over half volumes of X x Y x Z samples, X and Y
/// multiples of 4, Z of 2:
///
///     1 x X x Y x Z -> C/2 x X/2 x Y/2 x Z/2 -> C x X/4 x Y/4 x Z/2 -> code (D) and back,
///
/// by convolutions of 3^3 samples, transposed ones of 4 x 4 x 3 and 4^3, and one hidden layer of H
/// units between the code and the smallest volume.
struct NetworkSize {
  std::array<std::int64_t, 3> samples{};
  std::int64_t dims = 0, channels = 0, hidden = 0;

  std::int64_t smallest() const {
    return channels * samples[0] / 4 * samples[1] / 4 * samples[2] / 2;
  }
};

struct Encoder : shape_priors::Network {
  Encoder(const NetworkSize& size, Random& random);

  at::Tensor first, first_bias;    ///< [C/2,1,3,3,3], [C/2]
  at::Tensor second, second_bias;  ///< [C,C/2,3,3,3], [C]
  at::Tensor code;                 ///< [C X/4 Y/4 Z/2, D]

  /// [N,1,X,Y,Z] -> [N,D]
  at::Tensor operator()(const at::Tensor& volumes) const;
};

struct Decoder : shape_priors::Network {
  /// The last layer begins at 0, so that it begins with the mean volume.
  Decoder(const NetworkSize& size, Random& random);

  NetworkSize size;
  at::Tensor hidden, hidden_bias;      ///< [D,H], [H]
  at::Tensor smallest, smallest_bias;  ///< [H, C X/4 Y/4 Z/2]
  at::Tensor first, first_bias;        ///< [C,C/2,4,4,3], [C/2]
  at::Tensor second;                   ///< [C/2,1,4,4,4]

  /// [N,D] -> [N,XYZ], to be added to the mean volume; in the precision of the codes.
  at::Tensor operator()(const at::Tensor& codes) const;
};

}  // namespace monodr::tsdf_autoencoder
