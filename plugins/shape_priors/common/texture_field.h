// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <Eigen/Core>

#include "corpus_volumes.h"

namespace monodr::shape_priors {

/// Colours at fixed canonical positions (the samples of a half volume, or the vertices of a
/// template), bilinear in texture code t and shape code s:
///
///     colours(s, t) = sum_ij [1, t]_i [1, s]_j basis_ij           basis [(1+T)(1+D), 3G]
///
/// Affine in t for a given shape, because that is what paint is; affine in s for a given texture,
/// so that windows and lamps move with the body. The first three dimensions of t are the white
/// principal components of the corpus's paints, the others those of what is left of the colours.
struct TextureField {
  at::Tensor basis;             ///< [(1+T)(1+D), 3G]
  at::Tensor paint_to_texture;  ///< [4,T]: [red, green, blue, 1] -> texture code

  /// [N,D], [N,T] -> [N,3,G], not clamped. Differentiable, in the codes' own precision.
  at::Tensor colours(const at::Tensor& shape_code, const at::Tensor& texture_code) const;

  /// [N,3] -> [N,T]
  at::Tensor texture_from_paint(const at::Tensor& paint) const;
};

/// Least squares over the corpus, the basis but its constant held small (ridge). `colours` [S,3G]:
/// all red, all green, all blue of each mesh. `surface_share` [G]: how many of the meshes have
/// their surface at a position; paint is read where most have. `shape_codes` [S,D] are white over
/// the corpus.
TextureField fit_texture_field(const RowMatrix& colours,
                               const Eigen::RowVectorXd& surface_share,
                               const Eigen::MatrixXd& shape_codes,
                               int texture_dims);

}  // namespace monodr::shape_priors
