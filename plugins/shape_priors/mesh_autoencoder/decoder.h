// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace monodr::mesh_autoencoder {

/// The trained state: all that decoding needs. Row vectors throughout; D, T code dimensions, W
/// hidden units, P and Q components of shape and colour, H half vertices. The 3 H columns of a
/// basis go coordinate by coordinate (all x, all y, all z; all red, ...), left vertices first.
///
///   features(s) = [1, s, tanh(s hidden + hidden_bias)]                           1 + D + W
///   shape       = features(s) shape_mix shape_basis                              3 H
///   colours     = sum_k [1, t]_k (features(s) colour_mix)_k colour_basis         3 H
///
/// Colours are affine in the texture code for a given shape: that is what paint is. The constants
/// of the features carry the mean car.
struct DecoderWeights {
  at::Tensor shape_hidden;        ///< [D,W]
  at::Tensor shape_hidden_bias;   ///< [W]
  at::Tensor shape_mix;           ///< [1+D+W,P]
  at::Tensor shape_mean;          ///< [3H]
  at::Tensor shape_basis;         ///< [P,3H]
  at::Tensor colour_hidden;       ///< [D,W]
  at::Tensor colour_hidden_bias;  ///< [W]
  at::Tensor colour_mix;          ///< [1+D+W,(1+T)Q]
  at::Tensor colour_mean;         ///< [3H]
  at::Tensor colour_basis;        ///< [Q,3H]
  at::Tensor paint_to_texture;    ///< [4,T]: [red, green, blue, 1] -> texture code

  /// Name and tensor of each, as the file has them.
  std::vector<std::pair<std::string, const at::Tensor*>> named() const;

  bool trained() const { return shape_basis.defined(); }
};

/// [1, code, tanh(code hidden + bias)]
at::Tensor features(const at::Tensor& code, const at::Tensor& hidden, const at::Tensor& bias);

/// [N,D] -> [N,V,3]: mirrored in z and scaled to the unit box along each axis. `left` as in
/// TemplateMesh. Differentiable; in the code's own precision.
at::Tensor decode_vertices(const DecoderWeights& weights, const at::Tensor& shape_code, int left);

/// [N,D], [N,T] -> [N,V,3] RGB, clamped to [0,1].
at::Tensor decode_colours(const DecoderWeights& weights,
                          const at::Tensor& shape_code,
                          const at::Tensor& texture_code,
                          int left);

}  // namespace monodr::mesh_autoencoder
