// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/network.h"

namespace monodr::mesh_autoencoder {

/// The trained state: all that decoding needs. Row vectors throughout; D code dimensions, W
/// hidden units, P components, H half vertices. The 3 H columns of a
/// basis go coordinate by coordinate (all x, all y, all z), left vertices first.
///
///   features(s) = [1, s, tanh(s hidden + hidden_bias)]                           1 + D + W
///   shape       = features(s) shape_mix shape_basis                              3 H
///
/// The constants of the features carry the mean car. Colours: common/texture_field.h, at the
/// template's vertices.
struct Decoder : shape_priors::Network {
  /// Zeros, to be filled in.
  Decoder(std::int64_t dims, std::int64_t hidden, std::int64_t components, std::int64_t columns);

  at::Tensor shape_hidden;       ///< [D,W]
  at::Tensor shape_hidden_bias;  ///< [W]
  at::Tensor shape_mix;          ///< [1+D+W,P]
  at::Tensor shape_mean;         ///< [3H]
  at::Tensor shape_basis;        ///< [P,3H]

  /// [N,D] -> [N,V,3]: mirrored in z and scaled to the unit box along each axis. `left` as in
  /// TemplateMesh. Differentiable; in the code's own precision.
  at::Tensor vertices(const at::Tensor& shape_code, int left) const;
};

/// [1, code, tanh(code hidden + bias)]
at::Tensor features(const at::Tensor& code, const at::Tensor& hidden, const at::Tensor& bias);

/// Colours [N,3,H] of the half template -> [N,V,3] RGB, clamped to [0,1].
at::Tensor whole_colours(const at::Tensor& half, int left);

}  // namespace monodr::mesh_autoencoder
