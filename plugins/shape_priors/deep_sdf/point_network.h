// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "common/half_volume.h"
#include "common/network.h"

namespace monodr::deep_sdf {

using shape_priors::HalfVolume;

/// The distance at a point p of the body with direction u on the sphere, by a multilayer perceptron
/// over both:
///
///     h1 = relu(phi(p) P + u C + b1)    h2 = relu(h1 W2 + b2)    h3 = relu(h2 W3 + b3)
///     distance = truncation tanh(h3 w + b)
///
/// phi(p) = p, sin(k pi p), cos(k pi p) for k = 1, 2, 4: [21]. With |z| for z, bodies are mirror
/// symmetric. Computed in the precision of what goes in.
struct PointNetwork : shape_priors::Network {
  static constexpr std::int64_t kFeatures = 21;

  PointNetwork(std::int64_t dims, std::int64_t hidden, double truncation, Random& random);

  double truncation;
  at::Tensor point;                    ///< [21,H] P
  at::Tensor code, code_bias;          ///< [D,H], [H] C, b1
  at::Tensor second, second_bias;      ///< [H,H], [H]
  at::Tensor third, third_bias;        ///< [H,H], [H]
  at::Tensor distance, distance_bias;  ///< [H,1], [1]

  /// u C + b1: [N,D] -> [N,H].
  at::Tensor code_part(const at::Tensor& directions) const;
  /// From the sums phi P + u C + b1 [R,H] to distances [R].
  at::Tensor distances(const at::Tensor& first) const;
};

/// phi of points [R,3] -> [R,21].
at::Tensor point_features(const at::Tensor& points);

/// The samples of the half volume [G,3], and the centres of its blocks of 2 x 2 x 2 samples
/// [G/8,3].
at::Tensor sample_points(const HalfVolume& volume);
at::Tensor block_points(const HalfVolume& volume);

/// Distances on the half volume, [N,H] code parts -> [N,G]: first at the centres of the blocks,
/// then at the samples of those near which the surface can be, the distance being 1-Lipschitz; the
/// samples of other blocks get the distance of the centre. On the way back only those samples are
/// visited that somebody uses; nothing is kept but the code parts. The weights get no gradient.
class GridDecoder {
 public:
  /// Of a network that is trained: what it makes of the points alone is computed here.
  GridDecoder(std::shared_ptr<const PointNetwork> network, const HalfVolume& volume);
  at::Tensor field(const at::Tensor& code_part) const;

  struct Grid;

 private:
  std::shared_ptr<const Grid> single_, double_;
};

}  // namespace monodr::deep_sdf
